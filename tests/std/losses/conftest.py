from __future__ import annotations

from collections.abc import Callable, Iterator
from math import exp
from typing import NamedTuple

import pytest
import torch
from torch import Tensor


class Counts(NamedTuple):
    """Soft counts of one class over the valid pixels."""

    tp: float
    fp: float
    fn: float
    valid: int

    @property
    def absent(self) -> bool:
        return self.tp + self.fn == 0

    @property
    def mean_probability(self) -> float:
        return (self.tp + self.fp) / self.valid


def valid_pixels(logits: Tensor, target: Tensor) -> Iterator[tuple[list[float], int]]:
    """Softmax probabilities and label of each pixel that is not ignored, in Python floats."""
    for n, r, c in torch.cartesian_prod(*map(torch.arange, target.shape)).tolist():
        if (y := int(target[n, r, c])) != 255:
            scores = [exp(v) for v in logits[n, :, r, c].tolist()]
            yield [s / sum(scores) for s in scores], y


def soft_counts(logits: Tensor, target: Tensor, k: int) -> Counts:
    pixels = [(p[k], y == k) for p, y in valid_pixels(logits, target)]
    return Counts(
        sum(p for p, true in pixels if true),
        sum(p for p, true in pixels if not true),
        sum(1 - p for p, true in pixels if true),
        len(pixels),
    )


@pytest.fixture
def counts() -> Callable[[Tensor, Tensor, int], Counts]:
    return soft_counts


@pytest.fixture
def pixels() -> Callable[[Tensor, Tensor], Iterator[tuple[list[float], int]]]:
    return valid_pixels


@pytest.fixture
def batch() -> tuple[Tensor, Tensor]:
    """Two images of three classes, a row of one of them ignored."""
    generator = torch.Generator().manual_seed(0)
    target = torch.randint(0, 3, (2, 4, 3), generator=generator)
    target[1, 2] = 255
    return torch.randn(2, 3, 4, 3, dtype=torch.float64, generator=generator), target


@pytest.fixture
def hard() -> tuple[Tensor, Tensor]:
    """A certain prediction of two classes: class 1 has 3 true positives, 1 false positive, 2 false negatives, 4 not."""
    z = torch.tensor([[[[1.0, 1, 1, 1, -1], [-1, -1, -1, -1, -1]]]], dtype=torch.float64) * 1e3
    return z, torch.tensor([[[1, 1, 1, 0, 1], [1, 0, 0, 0, 0]]])


@pytest.fixture
def speck() -> tuple[Tensor, Tensor]:
    """One pixel of class 1 among 8 x 256 x 256, half of it found, the rest nearly right; float32."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(8, 1, 256, 256, generator=generator) - 12
    target = torch.zeros(8, 256, 256, dtype=torch.long)
    target[3, 100, 200] = 1
    logits[3, 0, 100, 200] = 0.0
    return logits, target

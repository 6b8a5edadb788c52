"""Windows over a frame, and their probabilities put together without seams."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

import torch
from torch import Tensor

Size = tuple[int, int]


def corners(size: Size, window: Size, overlap: float) -> list[Size]:
    """Give the upper left corners (y, x) of windows: the fewest that cover a frame and overlap enough, evenly spread.

    Args:
        size: Height and width of the frame.
        window: Those of a window, no larger.
        overlap: The least part of a window's side that it shares with its neighbor, 0 or more and below 1.
    """
    return list(product(_starts(size[0], window[0], overlap), _starts(size[1], window[1], overlap)))


def _starts(length: int, window: int, overlap: float) -> list[int]:
    step = max(int(window * (1 - overlap)), 1)
    gaps = -(-(length - window) // step)
    return [round(n * (length - window) / gaps) for n in range(gaps)] + [length - window]


def blend(windows: Iterable[Tensor], places: Sequence[Size], size: Size) -> Tensor:
    """Probabilities of windows, each (K, h, w), -> of the frame (K, H, W).

    Each pixel is the mean over the windows that it lies in, weighted by the square of a sine arch over each side: a
    window counts most in its middle, where the network sees what is around, and next to nothing at its edges.

    Args:
        windows: One after another, all of one size.
        places: The corner (y, x) of each.
        size: Height and width of the frame, which the windows cover.
    """
    total = weights = weight = torch.empty(0)
    for window, (y, x) in zip(windows, places, strict=True):
        if not len(weight):
            weight = _arch(window.shape[1], window)[:, None] * _arch(window.shape[2], window)
            total, weights = window.new_zeros(window.shape[0], *size), window.new_zeros(size)
        part = (..., slice(y, y + window.shape[1]), slice(x, x + window.shape[2]))
        total[part] += weight * window
        weights[part] += weight
    return total.div_(weights)


def _arch(length: int, like: Tensor) -> Tensor:
    centers = torch.arange(length, device=like.device, dtype=like.dtype) + 0.5
    return (centers * (torch.pi / length)).sin().square()

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log
from typing import Any

import pytest
import torch
from torch import Tensor

from segkit_std.losses.cross_entropy import CrossEntropyLoss
from segkit_std.losses.ohem import OHEMLoss

THREE = ("sky", "sea", "land")
Batch = tuple[Tensor, Tensor]


@pytest.mark.parametrize("threshold", [0.05, 0.3, 0.7, 1.0])
@pytest.mark.parametrize("keep", [0.01, 0.25, 0.6, 1.0])
def test_agrees_with_the_definition(batch: Batch, pixels: Callable[..., Any], threshold: float, keep: float) -> None:
    """The costs in descending order: those of pixels below the threshold, but no fewer than the share to keep."""
    costs = sorted((-log(p[y]) for p, y in pixels(*batch)), reverse=True)
    hard = sum(cost > -log(threshold) for cost in costs)
    kept = costs[: max(hard, ceil(keep * len(costs)))]
    assert OHEMLoss(threshold, keep)(*batch).item() == pytest.approx(sum(kept) / len(kept), rel=1e-12)


def at(probabilities: list[float]) -> Tensor:
    """Logits (1, 1, 1, n) that give class 1 these probabilities."""
    return torch.tensor([[[[log(p / (1 - p)) for p in probabilities]]]], dtype=torch.float64)


def test_hand_worked_threshold() -> None:
    """Of the true classes' 0.9, 0.6, 0.2 and 0.95 two lie below 0.7; an ignored pixel counts nowhere."""
    logits, target = at([0.9, 0.6, 0.8, 0.05, 0.001]), torch.tensor([[[1, 1, 0, 0, 255]]])
    expected = -(log(0.6) + log(0.2)) / 2
    assert OHEMLoss(0.7, 0.25)(logits, target).item() == pytest.approx(expected, rel=1e-12)


def test_hand_worked_share() -> None:
    """None lies below 0.5; half of four are the two worst."""
    logits, target = at([0.9, 0.6, 0.8, 0.95]), torch.ones(1, 1, 4, dtype=torch.long)
    expected = -(log(0.6) + log(0.8)) / 2
    assert OHEMLoss(0.5, 0.5)(logits, target).item() == pytest.approx(expected, rel=1e-12)


def test_only_hard_pixels_pull() -> None:
    logits, target = at([0.9, 0.6, 0.2, 0.95]).requires_grad_(), torch.ones(1, 1, 4, dtype=torch.long)
    OHEMLoss(0.7, 0.25)(logits, target).backward()
    assert logits.grad is not None
    expected = torch.tensor([0, 0.6 - 1, 0.2 - 1, 0], dtype=torch.float64) / 2
    torch.testing.assert_close(logits.grad.flatten(), expected)


def test_pixels_that_cost_as_much_as_the_last_are_kept_too() -> None:
    logits, target = at([0.8] * 10), torch.ones(1, 1, 10, dtype=torch.long)
    logits.requires_grad_()
    OHEMLoss(0.5, 0.3)(logits, target).backward()
    assert logits.grad is not None
    torch.testing.assert_close(logits.grad, torch.full_like(logits, -0.2 / 10))


def test_to_keep_all_is_the_cross_entropy(batch: Batch) -> None:
    expected = CrossEntropyLoss(classes=THREE)(*batch).item()
    assert OHEMLoss(keep=1)(*batch).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", ["threshold", "keep"])
@pytest.mark.parametrize("value", [0.0, -0.1, 1.1])
def test_an_option_outside_its_range_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"{name} must lie in \(0, 1\], not {value}"):
        OHEMLoss(**{name: value})

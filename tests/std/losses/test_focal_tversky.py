from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import pytest
import torch
from torch import Tensor

from segkit_std.losses.focal_tversky import FocalTverskyLoss
from segkit_std.losses.tversky import TverskyLoss

THREE = ("sky", "sea", "land")
Batch = tuple[Tensor, Tensor]


@pytest.mark.parametrize("gamma", [0.5, 4 / 3, 3.0])
@pytest.mark.parametrize("absent", [None, 0])
def test_agrees_with_the_definition(batch: Batch, counts: Callable[..., Any], gamma: float, absent: int | None) -> None:
    """The power of each class's Tversky loss, before the mean."""
    logits, target = batch
    target[target == absent] = 1
    costs = []
    for k in range(3):
        m = counts(logits, target, k)
        tversky = 1 - m.tp / (m.tp + 0.4 * m.fp + 0.6 * m.fn) if not m.absent else 0
        costs.append(m.mean_probability if m.absent else tversky ** (1 / gamma))
    loss = FocalTverskyLoss(classes=THREE, gamma=gamma, alpha=0.4, beta=0.6)
    assert loss(logits, target).item() == pytest.approx(sum(costs) / 3, rel=1e-12)


def test_hand_worked_hard_masks(hard: Batch) -> None:
    """Class 1: Tversky 3 / (3 + 0.5 * 1 + 0.5 * 2) = 2 / 3, so the loss is the square root of 1 / 3."""
    loss = FocalTverskyLoss(gamma=2, alpha=0.5, beta=0.5, include=["foreground"])
    assert loss(*hard).item() == pytest.approx((1 / 3) ** 0.5, rel=1e-12)


def test_gamma_of_one_is_the_tversky_loss(batch: Batch) -> None:
    expected = TverskyLoss(classes=THREE)(*batch).item()
    assert FocalTverskyLoss(classes=THREE, gamma=1)(*batch).item() == pytest.approx(expected, rel=1e-12)


def test_with_gamma_above_one_the_pull_grows_as_the_overlap_improves() -> None:
    target = torch.ones(1, 8, 8, dtype=torch.long)
    target[:, :4] = 0

    def pull_of_a_pixel(height: float, gamma: float) -> float:
        """Slope of the loss along the soft area, which takes the slope of the sigmoid out."""
        logits = ((2 * target - 1) * height).double().unsqueeze(1).requires_grad_()
        FocalTverskyLoss(gamma=gamma)(logits, target).backward()
        assert logits.grad is not None
        p = logits.detach().sigmoid()
        return (logits.grad / (p * (1 - p))).abs().mean().item()

    assert pull_of_a_pixel(6, 3.0) > 10 * pull_of_a_pixel(1, 3.0)
    assert pull_of_a_pixel(6, 0.5) < 0.1 * pull_of_a_pixel(1, 0.5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gamma": 0.0}, "gamma must be a number above 0, not 0.0"),
        ({"gamma": inf}, "gamma must be a number above 0, not inf"),
        ({"alpha": 0.0}, "alpha and beta must be numbers above 0, not 0.0 and 0.7"),
    ],
)
def test_an_option_outside_its_range_is_refused(options: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FocalTverskyLoss(**options)

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any

import pytest
from torch import Tensor

from segkit_std.losses.dice import DiceLoss
from segkit_std.losses.jaccard import JaccardLoss
from segkit_std.losses.tversky import TverskyLoss

THREE = ("sky", "sea", "land")
Batch = tuple[Tensor, Tensor]


@pytest.mark.parametrize(("alpha", "beta"), [(0.3, 0.7), (0.7, 0.3), (2.0, 0.1)])
@pytest.mark.parametrize("absent", [None, 2])
def test_agrees_with_the_definition(
    batch: Batch, counts: Callable[..., Any], alpha: float, beta: float, absent: int | None
) -> None:
    logits, target = batch
    target[target == absent] = 0
    costs = []
    for k in range(3):
        m = counts(logits, target, k)
        costs.append(m.mean_probability if m.absent else 1 - m.tp / (m.tp + alpha * m.fp + beta * m.fn))
    loss = TverskyLoss(classes=THREE, alpha=alpha, beta=beta)
    assert loss(logits, target).item() == pytest.approx(sum(costs) / 3, rel=1e-12)


def test_hand_worked_hard_masks(hard: Batch) -> None:
    """Class 1: 3 / (3 + 0.3 * 1 + 0.7 * 2) = 3 / 4.7; class 0 has them swapped: 4 / (4 + 0.3 * 2 + 0.7 * 1)."""
    assert TverskyLoss(include=["foreground"])(*hard).item() == pytest.approx(1 - 3 / 4.7, rel=1e-12)
    assert TverskyLoss(include=["background"])(*hard).item() == pytest.approx(1 - 4 / 5.3, rel=1e-12)


def test_a_heavier_beta_punishes_what_is_missed(hard: Batch) -> None:
    """Two pixels of class 1 are missed, one is in excess."""
    recall, precision = (
        TverskyLoss(alpha=0.1, beta=0.9, include=["foreground"]),
        TverskyLoss(alpha=0.9, beta=0.1, include=["foreground"]),
    )
    assert recall(*hard).item() == pytest.approx(1 - 3 / 4.9, rel=1e-12)
    assert precision(*hard).item() == pytest.approx(1 - 3 / 4.1, rel=1e-12)


@pytest.mark.parametrize("per_image", [False, True])
def test_halves_give_dice_and_ones_give_jaccard(batch: Batch, per_image: bool) -> None:
    halves = TverskyLoss(classes=THREE, alpha=0.5, beta=0.5, per_image=per_image)
    ones = TverskyLoss(classes=THREE, alpha=1, beta=1, per_image=per_image)
    dice, jaccard = DiceLoss(classes=THREE, per_image=per_image), JaccardLoss(classes=THREE, per_image=per_image)
    assert halves(*batch).item() == pytest.approx(dice(*batch).item(), rel=1e-12)
    assert ones(*batch).item() == pytest.approx(jaccard(*batch).item(), rel=1e-12)


@pytest.mark.parametrize("options", [{"alpha": 0.0}, {"beta": 0.0}, {"alpha": -1.0}, {"beta": inf}, {"alpha": nan}])
def test_a_factor_outside_its_range_is_refused(options: dict[str, float]) -> None:
    value = next(iter(options.values()))
    with pytest.raises(ValueError, match=f"alpha and beta must be numbers above 0, not .*{value}"):
        TverskyLoss(**options)

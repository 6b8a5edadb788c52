from __future__ import annotations

from collections.abc import Callable
from math import cosh, exp, log
from typing import Any

import pytest
import torch
from torch import Tensor

from segkit_std.losses.log_cosh_dice import LogCoshDiceLoss

THREE = ("sky", "sea", "land")
Batch = tuple[Tensor, Tensor]


@pytest.mark.parametrize("absent", [None, 1])
def test_agrees_with_the_definition(batch: Batch, counts: Callable[..., Any], absent: int | None) -> None:
    logits, target = batch
    target[target == absent] = 0
    costs = []
    for k in range(3):
        m = counts(logits, target, k)
        dice = 1 - 2 * m.tp / (2 * m.tp + m.fp + m.fn) if not m.absent else 0
        costs.append(m.mean_probability if m.absent else log(cosh(dice)))
    assert LogCoshDiceLoss(classes=THREE)(logits, target).item() == pytest.approx(sum(costs) / 3, rel=1e-12)


def test_hand_worked_hard_masks(hard: Batch) -> None:
    """Class 1: Dice 6 / 9, loss 1 / 3; cosh(1/3) = (e^(1/3) + e^(-1/3)) / 2."""
    expected = log((exp(1 / 3) + exp(-1 / 3)) / 2)
    assert LogCoshDiceLoss(include=["foreground"])(*hard).item() == pytest.approx(expected, rel=1e-12)


def test_near_perfection_it_is_half_the_square_of_the_dice_loss() -> None:
    """With the probability 1 - e of the true class everywhere the Dice loss of both is e."""
    target = torch.tensor([[[0, 1], [1, 0]]])
    for e in (1e-2, 1e-3):
        logits = ((2 * target - 1) * log((1 - e) / e)).double().unsqueeze(1)
        assert LogCoshDiceLoss()(logits, target).item() == pytest.approx(e * e / 2, rel=e * e)


def test_a_missed_class_costs_log_cosh_one_and_no_more() -> None:
    loss = LogCoshDiceLoss()(torch.full((1, 1, 1, 2), 1e3) * torch.tensor([1, -1]), torch.tensor([[[0, 1]]]))
    assert loss.item() == pytest.approx(log(cosh(1)), rel=1e-6)

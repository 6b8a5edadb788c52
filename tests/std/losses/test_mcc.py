from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

import pytest
import torch
from torch import Tensor

from segkit_std.losses.mcc import MCCLoss

THREE = ("sky", "sea", "land")
PSEUDO = 1e-4
Batch = tuple[Tensor, Tensor]


def correlation(tp: float, fp: float, fn: float, tn: float) -> float:
    return (tp * tn - fp * fn) / sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))


@pytest.mark.parametrize("absent", [None, 1])
def test_agrees_with_the_definition_with_a_pseudo_count_in_each_cell(
    batch: Batch, counts: Callable[..., Any], absent: int | None
) -> None:
    logits, target = batch
    target[target == absent] = 0
    costs = []
    for k in range(3):
        m = counts(logits, target, k)
        cells = (m.tp, m.fp, m.fn, m.valid - m.tp - m.fp - m.fn)
        costs.append(1 - correlation(*(cell / m.valid + PSEUDO for cell in cells)))
    assert MCCLoss(classes=THREE)(logits, target).item() == pytest.approx(sum(costs) / 3, rel=1e-10)


def test_of_hard_masks_it_is_the_correlation_of_truth_and_prediction(hard: Batch) -> None:
    """MCC is Pearson's correlation of the two 0/1 maps; the pseudo-counts move it by less than 1e-3."""
    logits, target = hard
    both = torch.stack([(logits > 0).double().flatten(), target.double().flatten()])
    expected = 1 - torch.corrcoef(both)[0, 1].item()
    assert expected == pytest.approx(1 - correlation(3, 1, 2, 4), rel=1e-12)
    assert MCCLoss()(*hard).item() == pytest.approx(expected, abs=1e-3)


def test_both_of_two_classes_have_the_same(hard: Batch) -> None:
    one, other = MCCLoss(include=["background"])(*hard), MCCLoss(include=["foreground"])(*hard)
    assert one.item() == pytest.approx(other.item(), rel=1e-12)


def test_from_perfect_to_opposite_it_runs_from_zero_to_two() -> None:
    target = (torch.arange(64).view(1, 8, 8) % 2).long()
    right = ((2 * target - 1) * 1e3).double().unsqueeze(1)
    assert MCCLoss()(right, target).item() == pytest.approx(0, abs=1e-3)
    assert MCCLoss()(-right, target).item() == pytest.approx(2, abs=1e-3)
    assert MCCLoss()(0 * right, target).item() == pytest.approx(1, abs=1e-12)


def test_a_class_that_is_absent_and_predicted_nowhere_costs_a_half() -> None:
    """Cells of 1e-4 but one: r = (e (1 + e) - e e) / sqrt(2e (1 + 2e) 2e (1 + 2e)) = 1 / (2 + 4e)."""
    loss = MCCLoss()(torch.full((1, 1, 4, 4), -1e3, dtype=torch.float64), torch.zeros(1, 4, 4, dtype=torch.long))
    assert loss.item() == pytest.approx(1 - 1 / (2 + 4 * PSEUDO), rel=1e-10)


def test_an_unknown_class_is_refused() -> None:
    with pytest.raises(ValueError, match=r"include must be .*\['sky', 'sea', 'land'\].*not \['ocean'\]"):
        MCCLoss(classes=THREE, include=["ocean"])

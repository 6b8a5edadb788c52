"""The Brier score on cases that are worked by hand."""

from __future__ import annotations

import math

import pytest
import torch

from example_loss.brier import BrierLoss


def test_probabilities_of_a_quarter_and_three_quarters() -> None:
    logits = torch.full((1, 1, 1, 3), math.log(3))  # the probabilities are 1/4 and 3/4
    target = torch.tensor([[[1, 0, 255]]])
    right, wrong = 2 * (1 / 4) ** 2, 2 * (3 / 4) ** 2
    assert BrierLoss()(logits, target).item() == pytest.approx((right + wrong) / 2)


def test_smoothing_moves_the_best_answer() -> None:
    logits = torch.full((1, 1, 1, 1), math.log(3))
    target = torch.ones(1, 1, 1, dtype=torch.long)
    assert BrierLoss(smoothing=0.5)(logits, target).item() == pytest.approx(0, abs=1e-7)  # the target is 1/4 and 3/4


def test_smoothing_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match="smoothing must lie in"):
        BrierLoss(smoothing=1.0)

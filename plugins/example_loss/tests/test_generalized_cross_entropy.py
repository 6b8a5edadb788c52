"""The generalized cross-entropy against its formula, its two limits and the slope that the paper states."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from example_loss.generalized_cross_entropy import GeneralizedCrossEntropyLoss


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    target = torch.randint(0, 3, (2, 5, 6), generator=generator)
    return torch.randn(2, 3, 5, 6, generator=generator, dtype=torch.float64), target


def test_a_probability_of_one_quarter() -> None:
    logits = torch.tensor([math.log(3), -math.log(3), 0.0]).view(1, 1, 1, 3)
    target = torch.tensor([[[0, 1, 255]]])  # both valid pixels give their true class 1/4
    expected = (1 - 0.25**0.7) / 0.7
    assert GeneralizedCrossEntropyLoss()(logits, target).item() == pytest.approx(expected)


def test_q_of_one_is_the_mean_absolute_error() -> None:
    logits, target = batch()
    error = (logits.softmax(dim=1) - F.one_hot(target, 3).movedim(-1, 1)).abs().sum(dim=1).mean() / 2
    torch.testing.assert_close(GeneralizedCrossEntropyLoss(q=1.0)(logits, target), error)


def test_a_q_of_almost_zero_is_the_cross_entropy() -> None:
    logits, target = batch()
    torch.testing.assert_close(
        GeneralizedCrossEntropyLoss(q=1e-6)(logits, target), F.cross_entropy(logits, target), rtol=1e-5, atol=0
    )


def test_its_slope_is_that_of_the_cross_entropy_times_p_to_the_q() -> None:
    logits, target = batch()
    leaf, other = logits.clone().requires_grad_(), logits.clone().requires_grad_()
    torch.autograd.backward(GeneralizedCrossEntropyLoss(q=0.4)(leaf, target))
    torch.autograd.backward(F.cross_entropy(other, target))
    assert leaf.grad is not None
    assert other.grad is not None
    p = logits.softmax(dim=1).gather(1, target.unsqueeze(1))
    torch.testing.assert_close(leaf.grad, other.grad * p**0.4)


@pytest.mark.parametrize("q", [0.0, 1.5, math.nan])
def test_a_q_outside_its_range_is_refused(q: float) -> None:
    with pytest.raises(ValueError, match="q must lie in"):
        GeneralizedCrossEntropyLoss(q=q)

from __future__ import annotations

from collections.abc import Callable
from math import inf, log
from typing import Any

import pytest
import torch
from torch import Tensor

from segkit_std.losses.cross_entropy import CrossEntropyLoss
from segkit_std.losses.poly1 import Poly1Loss

THREE = ("sky", "sea", "land")
Batch = tuple[Tensor, Tensor]


@pytest.mark.parametrize("epsilon", [-1.0, 0.5, 2.0])
def test_agrees_with_the_definition(batch: Batch, pixels: Callable[..., Any], epsilon: float) -> None:
    costs = [-log(p[y]) + epsilon * (1 - p[y]) for p, y in pixels(*batch)]
    assert Poly1Loss(epsilon)(*batch).item() == pytest.approx(sum(costs) / len(costs), rel=1e-12)


def test_hand_worked_pixels_of_one_logit() -> None:
    """Log odds of log 3: the true classes have 3/4 and 1/4; the third pixel is ignored."""
    logits = torch.tensor([[[[log(3), log(3), -9.0]]]], dtype=torch.float64)
    expected = (log(4 / 3) + 1 / 4 + log(4) + 3 / 4) / 2
    assert Poly1Loss()(logits, torch.tensor([[[1, 0, 255]]])).item() == pytest.approx(expected, rel=1e-12)


def test_epsilon_of_zero_is_the_cross_entropy(batch: Batch) -> None:
    expected = CrossEntropyLoss(classes=THREE)(*batch).item()
    assert Poly1Loss(0)(*batch).item() == pytest.approx(expected, rel=1e-12)


def test_epsilon_of_minus_one_leaves_the_series_without_its_first_term() -> None:
    """At 1 - p = 0.1 the series of -log p is 0.1 + 0.1^2 / 2 + 0.1^3 / 3 + ..."""
    given = torch.full((1, 1, 1, 1), log(9), dtype=torch.float64), torch.ones(1, 1, 1, dtype=torch.long)
    series = sum(0.1**n / n for n in range(2, 20))
    assert Poly1Loss(-1)(*given).item() == pytest.approx(series, rel=1e-12)


@pytest.mark.parametrize("epsilon", [-1.1, inf])
def test_an_epsilon_outside_its_range_is_refused(epsilon: float) -> None:
    with pytest.raises(ValueError, match=f"epsilon must be a number of at least -1, not {epsilon}"):
        Poly1Loss(epsilon)

from __future__ import annotations

from collections.abc import Callable
from math import inf, log, nan
from typing import Any

import pytest
import torch
from torch import Tensor

from segkit_std.losses.bce import BinaryCrossEntropyLoss
from segkit_std.losses.cross_entropy import CrossEntropyLoss
from segkit_std.losses.focal import FocalLoss

THREE = ("sky", "sea", "land")
Batch = tuple[Tensor, Tensor]


@pytest.mark.parametrize("gamma", [0.0, 1.0, 2.0, 3.5])
@pytest.mark.parametrize("alpha", [None, [0.25, 1.0, 3.0], [0.0, 0.0, 1.0]])
def test_agrees_with_the_definition(
    batch: Batch, pixels: Callable[..., Any], gamma: float, alpha: list[float] | None
) -> None:
    weights = alpha or [1.0] * 3
    costs = [-weights[y] * (1 - p[y]) ** gamma * log(p[y]) for p, y in pixels(*batch)]
    loss = FocalLoss(classes=THREE, gamma=gamma, alpha=alpha)
    assert loss(*batch).item() == pytest.approx(sum(costs) / len(costs), rel=1e-12)


def test_hand_worked_pixels_of_one_logit() -> None:
    """Logits log 3 and -log 3: the true classes have 3/4 and, of the wrong one, 1/4; the third pixel is ignored."""
    logits = torch.tensor([[[[log(3), log(3), 9.0]]]], dtype=torch.float64)
    target = torch.tensor([[[1, 0, 255]]])
    expected = (0.25 * (1 / 4) ** 2 * log(4 / 3) + 0.75 * (3 / 4) ** 2 * log(4)) / 2
    assert FocalLoss(alpha=[0.75, 0.25])(logits, target).item() == pytest.approx(expected, rel=1e-12)


def test_without_focus_it_is_the_cross_entropy(batch: Batch) -> None:
    expected = CrossEntropyLoss(classes=THREE)(*batch).item()
    assert FocalLoss(classes=THREE, gamma=0)(*batch).item() == pytest.approx(expected, rel=1e-12)


def test_without_focus_one_logit_is_the_binary_cross_entropy(batch: Batch) -> None:
    logits, target = batch
    target[target == 2] = 1
    expected = BinaryCrossEntropyLoss()(logits[:, :1], target).item()
    assert FocalLoss(gamma=0)(logits[:, :1], target).item() == pytest.approx(expected, rel=1e-12)


def test_what_is_right_already_fades_against_what_is_wrong() -> None:
    """With gamma 2 the cost of a pixel at 0.9 falls by a factor of 100, at 0.1 by only 1 / 0.81."""
    for p, factor in ((0.9, 0.01), (0.1, 0.81)):
        given = torch.full((1, 1, 1, 1), log(p / (1 - p)), dtype=torch.float64), torch.ones(1, 1, 1, dtype=torch.long)
        assert FocalLoss()(*given).item() == pytest.approx(-factor * log(p), rel=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gamma": 0.5}, "gamma must be 0 or a number of at least 1, not 0.5"),
        ({"gamma": -1.0}, "gamma must be .*not -1.0"),
        ({"gamma": inf}, "gamma must be .*not inf"),
        ({"gamma": nan}, "gamma must be .*not nan"),
        ({"alpha": [1.0]}, r"alpha must be a number >= 0 for each of \['background', 'foreground'\], not \[1.0\]"),
        ({"alpha": [1.0, -1.0]}, r"alpha must be .*not \[1.0, -1.0\]"),
        ({"alpha": [1.0, nan]}, r"alpha must be .*not \[1.0, nan\]"),
    ],
)
def test_an_option_outside_its_range_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FocalLoss(**options)

from __future__ import annotations

from math import exp, inf, log, log1p

import pytest
import torch

from segkit_std.losses.bce import BinaryCrossEntropyLoss


def cost(z: float, y: float) -> float:
    """-y log s(z) - (1 - y) log(1 - s(z)), straight from the definition."""
    s = 1 / (1 + exp(-z))
    return -y * log(s) - (1 - y) * log(1 - s)


def test_hand_worked_mean_leaves_ignored_pixels_out() -> None:
    logits = torch.tensor([[[[0.0, 2.0], [-1.0, 5.0]]]], dtype=torch.float64)
    target = torch.tensor([[[1, 0], [1, 255]]])
    expected = (cost(0, 1) + cost(2, 0) + cost(-1, 1)) / 3
    assert BinaryCrossEntropyLoss()(logits, target).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("label", "sign", "limit"), [(1, 1, 0.0), (1, -1, inf), (0, -1, 0.0), (0, 1, inf)])
def test_four_limits(label: int, sign: int, limit: float) -> None:
    """Certain and right tends to 0; certain and wrong grows without bound, as the logit itself."""
    target = torch.full((1, 1, 1), label)
    costs = [BinaryCrossEntropyLoss()(torch.full((1, 1, 1, 1), sign * z), target).item() for z in (10.0, 40.0, 1e4)]
    if limit == 0:
        assert costs == pytest.approx([log1p(exp(-10)), exp(-40), 0.0], abs=1e-6)
    else:
        assert costs == pytest.approx([10 + log1p(exp(-10)), 40.0, 1e4], rel=1e-6)


def test_three_classes_are_one_vs_rest() -> None:
    torch.manual_seed(0)
    logits, target = torch.randn(2, 3, 3, 2, dtype=torch.float64), torch.randint(0, 3, (2, 3, 2))
    target[0, 0] = 255
    costs = [
        cost(logits[n, k, r, c].item(), float(target[n, r, c] == k))
        for n in range(2)
        for r in range(3)
        for c in range(2)
        for k in range(3)
        if target[n, r, c] != 255
    ]
    assert BinaryCrossEntropyLoss()(logits, target).item() == pytest.approx(sum(costs) / len(costs), rel=1e-12)


def test_pos_weight_multiplies_the_cost_of_true_pixels() -> None:
    logits, target = torch.tensor([[[[0.5, -1.0, 3.0]]]], dtype=torch.float64), torch.tensor([[[1, 0, 255]]])
    expected = (2.5 * cost(0.5, 1) + cost(-1, 0)) / 2
    assert BinaryCrossEntropyLoss(pos_weight=2.5)(logits, target).item() == pytest.approx(expected, rel=1e-12)


def test_label_smoothing_moves_the_target() -> None:
    logits, target = torch.tensor([[[[0.5, -1.0, 3.0]]]], dtype=torch.float64), torch.tensor([[[1, 0, 255]]])
    expected = (cost(0.5, 0.9) + cost(-1, 0.1)) / 2
    assert BinaryCrossEntropyLoss(label_smoothing=0.2)(logits, target).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("options", [{"pos_weight": 0.0}, {"pos_weight": inf}, {"label_smoothing": 1.0}])
def test_an_option_outside_its_range_is_refused(options: dict[str, float]) -> None:
    name, value = next(iter(options.items()))
    with pytest.raises(ValueError, match=f"{name} must .*not {value}"):
        BinaryCrossEntropyLoss(**options)

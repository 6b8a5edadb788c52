from __future__ import annotations

from math import exp

import pytest
import torch
from torch import Tensor

from segkit_std.losses.dice import DiceLoss

THREE = ("sky", "sea", "land")


def reference(logits: Tensor, target: Tensor, include: list[int]) -> float:
    """The definition over the whole batch, pixel by pixel in Python floats."""
    costs = []
    for k in include:
        both = predicted = true = valid = 0.0
        for n, r, c in torch.cartesian_prod(*map(torch.arange, target.shape)).tolist():
            y = int(target[n, r, c])
            if y == 255:
                continue
            scores = [exp(v) for v in logits[n, :, r, c].tolist()]
            p = scores[k] / sum(scores)
            both, predicted, true, valid = both + p * (y == k), predicted + p, true + (y == k), valid + 1
        costs.append(1 - 2 * both / (predicted + true) if true else predicted / max(1, valid))
    return sum(costs) / len(costs)


def batch() -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    target = torch.randint(0, 3, (2, 4, 3))
    target[1, 2] = 255
    return torch.randn(2, 3, 4, 3, dtype=torch.float64), target


@pytest.mark.parametrize("include", [None, ["sea"], ["land", "sky"]])
def test_agrees_with_the_definition(include: list[str] | None) -> None:
    indices = [THREE.index(name) for name in include or THREE]
    loss = DiceLoss(classes=THREE, include=include)
    assert loss(*batch()).item() == pytest.approx(reference(*batch(), indices), rel=1e-12)


def test_agrees_with_the_definition_where_a_class_is_absent() -> None:
    logits, target = batch()
    target[target == 1] = 0
    assert DiceLoss(classes=THREE)(logits, target).item() == pytest.approx(reference(logits, target, [0, 1, 2]))


def test_per_image_averages_over_the_images() -> None:
    logits, target = batch()
    expected = sum(reference(logits[n : n + 1], target[n : n + 1], [0, 1, 2]) for n in range(2)) / 2
    assert DiceLoss(classes=THREE, per_image=True)(logits, target).item() == pytest.approx(expected, rel=1e-12)
    assert DiceLoss(classes=THREE)(logits, target).item() != pytest.approx(expected, rel=1e-3)


def test_hand_worked_hard_masks() -> None:
    """Predicted 3 pixels, true 2, 2 in common: 2*2/5 = 0.8 for class 1; for class 0, 1 of 1 and 2: 2/3."""
    logits = torch.tensor([[[[1.0, 1.0, 1.0, -1.0]]]]) * 1e4
    target = torch.tensor([[[1, 1, 0, 0]]])
    assert DiceLoss(include=["foreground"])(logits, target).item() == pytest.approx(0.2, rel=1e-6)
    assert DiceLoss(include=["background"])(logits, target).item() == pytest.approx(1 / 3, rel=1e-6)
    assert DiceLoss()(logits, target).item() == pytest.approx((0.2 + 1 / 3) / 2, rel=1e-6)


def test_an_included_class_that_is_absent_costs_its_mean_probability_and_pulls() -> None:
    logits = torch.full((2, 1, 256, 256), 2.0, requires_grad=True)
    target = torch.zeros(2, 256, 256, dtype=torch.long)
    target[:, :100] = 255
    loss = DiceLoss(include=["foreground"])(logits, target)
    loss.backward()
    p = 1 / (1 + exp(-2))
    assert loss.item() == pytest.approx(p, rel=1e-5)
    assert logits.grad is not None
    assert logits.grad.sum().item() == pytest.approx(p * (1 - p), rel=1e-4)


@pytest.mark.parametrize("include", [[], ["sea", "sea"], ["ocean"]])
def test_an_include_that_cannot_be_is_refused(include: list[str]) -> None:
    with pytest.raises(ValueError, match=r"include must be one or more of the classes \['sky', 'sea', 'land'\]"):
        DiceLoss(classes=THREE, include=include)

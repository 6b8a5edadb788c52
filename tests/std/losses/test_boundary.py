from __future__ import annotations

from math import hypot

import numpy as np
import pytest
import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from segkit_std.losses.boundary import BoundaryLoss, signed_distances

THREE = ("sky", "sea", "land")
DOUBLE = torch.float64


def distance(mask: np.ndarray) -> np.ndarray:
    """To the nearest true pixel, in diagonals."""
    diagonal = hypot(*mask.shape)
    return distance_transform_edt(~mask) / diagonal if mask.any() else np.ones(mask.shape)


def reference(logits: Tensor, target: Tensor, include: list[int]) -> float:
    """The definition, image by image with scipy."""
    probabilities = logits.softmax(dim=1).numpy()
    costs: list[float] = []
    for k in include:
        total = 0.0
        for p, y in zip(probabilities, target.numpy(), strict=True):
            signed = distance(y == k) - distance((y != k) & (y != 255))
            total += float((p[k] * signed)[y != 255].sum())
        costs.append(total / int((target != 255).sum()))
    return sum(costs) / len(costs)


def batch() -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    target = torch.randint(0, 3, (2, 9, 13))
    target[0, :5] = 0
    target[1, :, 6:9] = 255
    return torch.randn(2, 3, 9, 13, dtype=DOUBLE), target


@pytest.mark.parametrize("include", [None, ["sea"], ["land", "sky"]])
@pytest.mark.parametrize("absent", [None, 1, 2])
def test_agrees_with_the_definition(include: list[str] | None, absent: int | None) -> None:
    logits, target = batch()
    if absent is not None:
        target[target == absent] = 0
    indices = [THREE.index(name) for name in include or THREE]
    loss = BoundaryLoss(classes=THREE, include=include)
    assert loss(logits, target).item() == pytest.approx(reference(logits, target, indices), rel=1e-12)


@pytest.mark.parametrize(("include", "indices"), [(None, [0, 1]), (["foreground"], [1]), (["background"], [0])])
def test_two_classes_agree_with_the_definition(include: list[str] | None, indices: list[int]) -> None:
    logits, target = batch()
    target[target == 2] = 1
    expected = reference(torch.cat([torch.zeros_like(logits[:, :1]), logits[:, :1]], dim=1), target, indices)
    assert BoundaryLoss(include=include)(logits[:, :1], target).item() == pytest.approx(expected, rel=1e-12)


def test_hand_worked_row() -> None:
    """Signed distances of class 1 in pixels: -2, -1, 1, 2, in a frame with a diagonal of sqrt(17)."""
    logits = torch.tensor([[[[3.0, 0.0, 0.0, -1.0]]]], dtype=DOUBLE)
    target = torch.tensor([[[1, 1, 0, 0]]])
    p = [1 / (1 + np.exp(-z)) for z in (3.0, 0.0, 0.0, -1.0)]
    expected = (-2 * p[0] - p[1] + p[2] + 2 * p[3]) / 4 / 17**0.5
    assert BoundaryLoss(include=["foreground"])(logits, target).item() == pytest.approx(expected, rel=1e-12)


def test_of_two_classes_one_map_is_minus_the_other() -> None:
    target = batch()[1].clamp(max=1)
    target[1, :, 6:9] = 255
    first, second = signed_distances(target, 2, torch.float32)
    assert first.equal(-second)
    valid = target != 255
    assert (second < 0)[valid].equal((target == 1)[valid])


@pytest.mark.parametrize("channels", [2, 3])
@pytest.mark.parametrize("label", [0, 1])
def test_a_boundary_that_does_not_exist_is_a_diagonal_away(channels: int, label: int) -> None:
    target = torch.full((1, 6, 8), label)
    target[:, 0, :3] = 255
    for k, signed in enumerate(signed_distances(target, channels, torch.float32)):
        assert signed[target != 255].eq(-1 if k == label else 1).all()


def test_a_class_that_is_absent_costs_its_mean_probability_and_one_alone_earns_it() -> None:
    logits = batch()[0][:, :1]
    target = torch.zeros(2, 9, 13, dtype=torch.long)
    target[1, 4:] = 255
    mean = logits.sigmoid()[:, 0][target == 0].mean().item()
    assert BoundaryLoss(include=["foreground"])(logits, target).item() == pytest.approx(mean, rel=1e-12)
    assert BoundaryLoss(include=["background"])(logits, target).item() == pytest.approx(mean - 1, rel=1e-12)


def test_an_ignored_region_makes_no_boundary() -> None:
    """Whatever lies between, the distance is that to the nearest pixel of the other class."""
    target = torch.tensor([[[1, 1, 255, 255, 255, 0]]])
    signed = signed_distances(target, 2, DOUBLE)[1][0, 0] * 37**0.5
    assert signed[[0, 1, 5]].tolist() == pytest.approx([-5, -4, 4], rel=1e-12)


def test_what_is_wrong_costs_more_the_farther_it_lies_from_the_boundary() -> None:
    target = torch.zeros(1, 40, 40, dtype=torch.long)
    target[:, 20:] = 1
    costs = []
    for row in (21, 25, 35):
        logits = torch.where(target == 1, 20.0, -20.0).unsqueeze(1)
        logits[:, :, row] *= -1
        costs.append(BoundaryLoss()(logits, target).item())
    assert costs == sorted(costs)
    assert costs[2] - costs[0] == pytest.approx((35 - 21) * 40 / 1600 / hypot(40, 40), rel=1e-3)


def test_the_value_does_not_depend_on_the_resolution() -> None:
    def value(size: int) -> float:
        target = torch.zeros(1, size, size, dtype=torch.long)
        target[:, size // 4 :] = 1
        return float(BoundaryLoss()(torch.where(target == 1, 1.0, -1.0).unsqueeze(1), target))

    assert value(256) == pytest.approx(value(64), rel=0.05)


@pytest.mark.parametrize("include", [[], ["sea", "sea"], ["ocean"]])
def test_an_include_that_cannot_be_is_refused(include: list[str]) -> None:
    with pytest.raises(ValueError, match=r"include must be one or more of the classes \['sky', 'sea', 'land'\]"):
        BoundaryLoss(classes=THREE, include=include)

from __future__ import annotations

from math import exp, hypot, inf, nan

import numpy as np
import pytest
import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from segkit_std.losses.hausdorff import HausdorffLoss

THREE = ("sky", "sea", "land")
DOUBLE = torch.float64


def to_the_other_side(mask: np.ndarray) -> np.ndarray:
    """Distance from each pixel to the nearest one on the other side of the mask's boundary, in diagonals."""
    if mask.all() or not mask.any():
        return np.ones(mask.shape)
    return (distance_transform_edt(mask) + distance_transform_edt(~mask)) / hypot(*mask.shape)


def reference(probabilities: Tensor, target: Tensor, include: list[int], alpha: float) -> float:
    """The definition, image by image with scipy."""
    total = 0.0
    for p, y in zip(probabilities.numpy(), target.numpy(), strict=True):
        valid = y != 255
        for k in include:
            weight = to_the_other_side((p[k] > 0.5) & valid) ** alpha + to_the_other_side(y == k) ** alpha
            total += float((weight * (p[k] - (y == k)) ** 2)[valid].sum())
    return total / len(include) / int((target != 255).sum())


def batch() -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    target = torch.randint(0, 3, (2, 9, 13))
    target[0, :5] = 0
    target[1, :, 6:9] = 255
    return 2 * torch.randn(2, 3, 9, 13, dtype=DOUBLE), target


@pytest.mark.parametrize("include", [None, ["sea"], ["land", "sky"]])
@pytest.mark.parametrize("absent", [None, 1])
@pytest.mark.parametrize("alpha", [1.0, 2.0])
def test_agrees_with_the_definition(include: list[str] | None, absent: int | None, alpha: float) -> None:
    logits, target = batch()
    if absent is not None:
        target[target == absent] = 0
    indices = [THREE.index(name) for name in include or THREE]
    loss = HausdorffLoss(classes=THREE, alpha=alpha, include=include)
    expected = reference(logits.softmax(dim=1), target, indices, alpha)
    assert loss(logits, target).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("include", [None, ["foreground"], ["background"]])
def test_two_classes_share_the_boundary_of_class_1(include: list[str] | None) -> None:
    logits, target = batch()
    target[target == 2] = 1
    p = logits[:, :1].sigmoid()
    expected = reference(torch.cat([1 - p, p], dim=1), target, [1], 2.0)
    assert HausdorffLoss(include=include)(logits[:, :1], target).item() == pytest.approx(expected, rel=1e-12)


def test_hand_worked_row() -> None:
    """Truth 1 1 0 0 is 2, 1, 1, 2 from its other side; prediction 1 0 0 0 is 1, 1, 2, 3; the diagonal squared is 17."""
    z = (1.0, -1.0, -2.0, -3.0)
    p = [1 / (1 + exp(-v)) for v in z]
    weights = [(4 + 1) / 17, (1 + 1) / 17, (1 + 4) / 17, (4 + 9) / 17]
    errors = [1 - p[0], 1 - p[1], p[2], p[3]]
    expected = sum(w * e**2 for w, e in zip(weights, errors, strict=True)) / 4
    logits = torch.tensor(z, dtype=DOUBLE).view(1, 1, 1, 4)
    assert HausdorffLoss()(logits, torch.tensor([[[1, 1, 0, 0]]])).item() == pytest.approx(expected, rel=1e-12)


def test_boundaries_that_do_not_exist_are_a_diagonal_away() -> None:
    """All is sea, and all is predicted sky: both weights are 1, whatever alpha."""
    logits = torch.full((1, 1, 6, 8), -3.0, dtype=DOUBLE)
    target = torch.ones(1, 6, 8, dtype=torch.long)
    p = 1 / (1 + exp(3))
    for alpha in (0.5, 2.0):
        assert HausdorffLoss(alpha=alpha)(logits, target).item() == pytest.approx(2 * (1 - p) ** 2, rel=1e-12)


def test_the_prediction_at_ignored_pixels_is_background_before_distances_are_taken() -> None:
    """Sea is predicted in the ignored column only: the prediction has no boundary, and so a weight of 1."""
    target = torch.tensor([[[0, 0, 255, 0]]])
    logits = torch.tensor([-2.0, -2.0, 9.0, -2.0], dtype=DOUBLE).view(1, 1, 1, 4)
    p = 1 / (1 + exp(2))
    assert HausdorffLoss()(logits, target).item() == pytest.approx(2 * p**2, rel=1e-12)


def test_the_gradient_leaves_the_distances_alone() -> None:
    logits, target = batch()
    p = logits[:, :1].requires_grad_().sigmoid()
    weight = torch.from_numpy(
        np.stack(
            [
                to_the_other_side((q[0] > 0.5) & (y != 255)) ** 2 + to_the_other_side(y == 1) ** 2
                for q, y in zip(p.detach().numpy(), target.numpy(), strict=True)
            ]
        )
    ).unsqueeze(1)
    valid = (target != 255).unsqueeze(1)
    expected = 2 * (p - (target == 1).unsqueeze(1).double()) * p * (1 - p) * weight * valid / valid.sum()
    leaf = logits[:, :1].detach().clone().requires_grad_()
    HausdorffLoss()(leaf, target).backward()
    torch.testing.assert_close(leaf.grad, expected.detach())


@pytest.mark.parametrize("alpha", [0.0, -1.0, inf, nan])
def test_an_alpha_that_cannot_be_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match=f"alpha must be a finite number above 0, not {alpha}"):
        HausdorffLoss(alpha=alpha)


@pytest.mark.parametrize("include", [[], ["sea", "sea"], ["ocean"]])
def test_an_include_that_cannot_be_is_refused(include: list[str]) -> None:
    with pytest.raises(ValueError, match=r"include must be one or more of the classes \['sky', 'sea', 'land'\]"):
        HausdorffLoss(classes=THREE, include=include)

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import binary_erosion
from torch import Tensor

from segkit_std.losses.boundary_dou import BoundaryDoULoss, boundary_pixels
from segkit_std.losses.jaccard import JaccardLoss

THREE = ("sky", "sea", "land")
DOUBLE = torch.float64


def reference(logits: Tensor, target: Tensor, include: list[int]) -> float:
    """The definition for targets without ignored pixels: an erosion finds the boundary, sums the rest."""
    probabilities = logits.softmax(dim=1).numpy()
    costs = []
    for k in include:
        mask, p = (target == k).numpy(), probabilities[:, k]
        if not mask.any():
            costs.append(p.mean())
            continue
        inner = np.stack([binary_erosion(image, border_value=1) for image in mask])
        alpha = min(max(1 - 2 * (mask & ~inner).sum() / mask.sum(), 0.0), 0.8)
        both = (p * mask).sum()
        union = p.sum() + mask.sum() - both
        costs.append((union - both) / (union - alpha * both))
    return float(sum(costs) / len(costs))


def batch() -> tuple[Tensor, Tensor]:
    """Bands of three classes, wide enough that alpha is inside its range, with a few grains in them."""
    torch.manual_seed(0)
    target = (torch.arange(30) // 11).view(1, -1, 1).repeat(2, 1, 40)
    target[1, 12:18, 5:9] = 2
    target[0, 3, 3] = 1
    return torch.randn(2, 3, 30, 40, dtype=DOUBLE), target


@pytest.mark.parametrize("include", [None, ["sea"], ["land", "sky"]])
@pytest.mark.parametrize("absent", [None, 1])
def test_agrees_with_the_definition(include: list[str] | None, absent: int | None) -> None:
    logits, target = batch()
    if absent is not None:
        target[target == absent] = 0
    indices = [THREE.index(name) for name in include or THREE]
    loss = BoundaryDoULoss(classes=THREE, include=include)
    assert loss(logits, target).item() == pytest.approx(reference(logits, target, indices), rel=1e-12)


def test_two_classes_agree_with_the_definition() -> None:
    logits, target = batch()
    target[target == 2] = 1
    expected = reference(torch.cat([torch.zeros_like(logits[:, :1]), logits[:, :1]], dim=1), target, [0, 1])
    assert BoundaryDoULoss()(logits[:, :1], target).item() == pytest.approx(expected, rel=1e-12)


def test_hand_worked_square() -> None:
    """A 5 x 5 square has 16 of its 25 pixels on its boundary: alpha is cut to 0. A 20 x 20 one has 76: 1 - 152 / 400.

    Predicted hard with one column too many, U is S + side and I is S.
    """
    for side, alpha in ((5, 0.0), (20, 1 - 152 / 400)):
        target = torch.zeros(1, 30, 30, dtype=torch.long)
        target[:, 5 : 5 + side, 5 : 5 + side] = 1
        logits = torch.full((1, 1, 30, 30), -1e4)
        logits[..., 5 : 5 + side, 5 : 6 + side] = 1e4
        area = side**2
        expected = side / (area + side - alpha * area)
        assert BoundaryDoULoss(include=["foreground"])(logits, target).item() == pytest.approx(expected, rel=1e-6)


def test_the_whole_frame_has_no_boundary_and_leaves_out_most_of_the_intersection() -> None:
    """Probability p everywhere, all pixels true: U = S, I = p S."""
    logits = torch.full((1, 1, 6, 6), 1.0, dtype=DOUBLE)
    p = torch.sigmoid(logits[0, 0, 0, 0]).item()
    expected = (1 - p) / (1 - 0.8 * p)
    loss = BoundaryDoULoss(include=["foreground"])
    assert loss(logits, torch.ones(1, 6, 6, dtype=torch.long)).item() == pytest.approx(expected, rel=1e-12)


def test_a_class_that_is_all_boundary_costs_the_jaccard_loss() -> None:
    logits, target = batch()[0][:, :1], torch.zeros(2, 30, 40, dtype=torch.long)
    target[:, 7] = 1
    dou, jaccard = BoundaryDoULoss(include=["foreground"]), JaccardLoss(include=["foreground"])
    assert dou(logits, target).item() == pytest.approx(jaccard(logits, target).item(), rel=1e-12)


def test_what_is_left_out_weighs_boundary_errors_more_than_jaccard_does() -> None:
    target = torch.zeros(1, 64, 64, dtype=torch.long)
    target[:, 32:] = 1
    logits = torch.where(target == 1, 20.0, -20.0).unsqueeze(1)
    logits[:, :, 31] = 20.0
    assert BoundaryDoULoss()(logits, target) > 2 * JaccardLoss()(logits, target)


def test_neither_the_edge_of_the_frame_nor_ignored_pixels_make_a_boundary() -> None:
    """Of the 0s, four adjoin a 1; of the 1s, two a 0; the 2 in the corner adjoins only what is ignored."""
    target = torch.tensor([[[0, 0, 0, 255, 2], [0, 1, 1, 255, 255], [0, 0, 255, 0, 0]]])
    assert boundary_pixels(target, 3, torch.float32).tolist() == [4, 2, 0]


@pytest.mark.parametrize("include", [[], ["sea", "sea"], ["ocean"]])
def test_an_include_that_cannot_be_is_refused(include: list[str]) -> None:
    with pytest.raises(ValueError, match=r"include must be one or more of the classes \['sky', 'sea', 'land'\]"):
        BoundaryDoULoss(classes=THREE, include=include)

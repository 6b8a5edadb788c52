"""L9: losses that look at regions, at hard pixels, at boundaries.

The Dice coefficient is ``2 |A n B| / (|A| + |B|)``: below stands the sum of the areas, not the union as the assignment
has it. Dice and Jaccard are scores, and what is minimized is one minus the score. For one class each loss follows from
the other, ``L_J = 2 L_D / (1 + L_D)``; for means over classes it does not.
"""

from __future__ import annotations

from math import cosh, log
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import segkit

CERTAIN = 1e4
TRUE, PREDICTED = [1, 1, 1, 0, 0, 0, 0, 0], [1, 1, 0, 1, 1, 0, 0, 0]  # 2 pixels in common, 3 and 4 large, union 5


def loss(name: str, **options: Any) -> Any:
    return segkit.build("loss", name, options, classes=("background", "foreground"))


def hard(labels: list[int]) -> Tensor:
    return torch.tensor([CERTAIN * (2 * label - 1) for label in labels], dtype=torch.float64).reshape(1, 1, 1, -1)


def target(labels: list[int]) -> Tensor:
    return torch.tensor(labels).reshape(1, 1, -1)


def of(name: str, predicted: list[int] = PREDICTED, true: list[int] = TRUE, **options: Any) -> float:
    return float(loss(name, **options)(hard(predicted), target(true)))


def soft_batch() -> tuple[Tensor, Tensor]:
    return torch.randn(3, 1, 8, 9, dtype=torch.float64), (torch.rand(3, 8, 9) < 0.3).long()


def test_dice_and_jaccard_by_hand() -> None:
    """Foreground: Dice 2*2 / (3 + 4) = 4/7, Jaccard 2/5. Background: 3 in common, 5 and 4 large: 6/9 and 3/6."""
    assert of("dice", include=["foreground"]) == pytest.approx(1 - 4 / 7)
    assert of("jaccard", include=["foreground"]) == pytest.approx(1 - 2 / 5)
    assert of("dice") == pytest.approx(1 - (4 / 7 + 6 / 9) / 2)
    assert of("jaccard") == pytest.approx(1 - (2 / 5 + 3 / 6) / 2)


def test_the_formula_with_the_union_below_is_no_dice() -> None:
    """It would give a perfect prediction the score 2, that is the loss -1, and PREDICTED the score 4/5, not 4/7."""

    def one_minus_union_below(predicted: list[int]) -> float:
        a, b = ({pixel for pixel, label in enumerate(labels) if label} for labels in (predicted, TRUE))
        return 1 - 2 * len(a & b) / len(a | b)

    assert one_minus_union_below(TRUE) == -1
    assert of("dice", TRUE, include=["foreground"]) == pytest.approx(0, abs=1e-9)
    assert one_minus_union_below(PREDICTED) == pytest.approx(1 - 4 / 5)
    assert of("dice", PREDICTED, include=["foreground"]) == pytest.approx(1 - 4 / 7)


@pytest.mark.parametrize("name", ["dice", "jaccard", "lovasz", "tversky", "log_cosh_dice", "focal", "boundary"])
def test_a_loss_falls_where_a_score_rises(name: str) -> None:
    nothing = [1 - label for label in TRUE]
    assert of(name, TRUE) < of(name, PREDICTED) < of(name, nothing)


@pytest.mark.parametrize("name", ["foreground", "background"])
def test_jaccard_follows_from_dice_for_each_class(name: str) -> None:
    logits, truth = soft_batch()
    dice, jaccard = (float(loss(kind, include=[name])(logits, truth)) for kind in ("dice", "jaccard"))
    assert jaccard == pytest.approx(2 * dice / (1 + dice), rel=1e-9)


def test_jaccard_does_not_follow_from_dice_in_the_mean_over_classes() -> None:
    logits, truth = soft_batch()
    dice, jaccard = (float(loss(kind)(logits, truth)) for kind in ("dice", "jaccard"))
    assert abs(jaccard - 2 * dice / (1 + dice)) > 1e-3


def test_focal_without_its_two_parameters_is_binary_cross_entropy() -> None:
    logits, truth = soft_batch()
    truth[0, :3] = 255
    expected = float(loss("bce")(logits, truth))
    assert float(loss("focal", gamma=0.0)(logits, truth)) == pytest.approx(expected, rel=1e-9)
    assert float(loss("focal", gamma=2.0)(logits, truth)) < 0.9 * expected


@pytest.mark.parametrize(("p", "label"), [(0.9, 1), (0.9, 0), (0.3, 1)])
def test_focal_by_hand(p: float, label: int) -> None:
    """``-alpha (1 - p_t)^gamma log p_t``: at p_t = 0.9 and gamma 2 a hundredth of the cross-entropy is left."""
    z = torch.tensor(log(p / (1 - p)), dtype=torch.float64).reshape(1, 1, 1, 1)
    p_t, alpha = (p, 0.25) if label else (1 - p, 0.75)
    focal = loss("focal", gamma=2.0, alpha=[0.75, 0.25])
    assert float(focal(z, target([label]))) == pytest.approx(-alpha * (1 - p_t) ** 2 * log(p_t), rel=1e-9)


@pytest.mark.parametrize("name", ["foreground", "background"])
def test_lovasz_of_hard_errors_is_the_jaccard_loss(name: str) -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        true, predicted = (rng.integers(0, 2, 30).tolist() for _ in range(2))
        areas = [{i for i, label in enumerate(m) if (label == 1) == (name == "foreground")} for m in (true, predicted)]
        expected = 1 - len(areas[0] & areas[1]) / len(areas[0] | areas[1])
        assert of("lovasz", predicted, true, include=[name]) == pytest.approx(expected, rel=1e-9)


def test_the_lovasz_hinge_of_logits_of_one_is_twice_the_jaccard_loss() -> None:
    """``max(0, 1 - m)`` is 0 for a margin of 1 and 2 for one of -1."""
    hinge = loss("lovasz", form="hinge", include=["foreground"])
    assert float(hinge(hard(PREDICTED) / CERTAIN, target(TRUE))) == pytest.approx(2 * (1 - 2 / 5), rel=1e-9)


def test_lovasz_between_hard_errors_is_not_the_soft_jaccard_loss() -> None:
    """Errors 0.4 on the one true pixel and 0.1 on the other: 0.4 * 1 + 0.1 * 0; soft Jaccard is 1 - 0.6 / 1.1."""
    logits = torch.tensor([log(0.6 / 0.4), log(0.1 / 0.9)], dtype=torch.float64).reshape(1, 1, 1, 2)
    assert float(loss("lovasz", include=["foreground"])(logits, target([1, 0]))) == pytest.approx(0.4)
    assert float(loss("jaccard", include=["foreground"])(logits, target([1, 0]))) == pytest.approx(1 - 0.6 / 1.1)


def test_tversky_holds_dice_and_jaccard_as_special_cases() -> None:
    logits, truth = soft_batch()
    for factor, name in ((0.5, "dice"), (1.0, "jaccard")):
        tversky = loss("tversky", alpha=factor, beta=factor)(logits, truth)
        torch.testing.assert_close(tversky, loss(name)(logits, truth))
    # 2 hits, 2 false alarms, 1 miss
    assert of("tversky", alpha=0.2, beta=0.8, include=["foreground"]) == pytest.approx(1 - 2 / (2 + 0.2 * 2 + 0.8 * 1))


def test_log_cosh_dice_is_the_logarithm_of_the_hyperbolic_cosine() -> None:
    assert of("log_cosh_dice", include=["foreground"]) == pytest.approx(log(cosh(3 / 7)), rel=1e-9)


def test_an_overlap_counts_wrong_pixels_and_a_boundary_loss_sees_how_far_off_they_are() -> None:
    true = [0] * 16 + [1] * 16
    near, far = (list(true) for _ in range(2))
    near[15] = far[0] = 1  # one pixel too many, at the boundary or at the other end
    assert of("dice", near, true) == pytest.approx(of("dice", far, true))
    assert of("boundary", true, true) < of("boundary", near, true) < of("boundary", far, true)


def test_the_classes_of_a_rare_object_weigh_alike_in_dice_and_not_in_cross_entropy() -> None:
    """One pixel of a hundred is missed: cross-entropy averages it away, the Dice loss of its class is total."""
    true, nothing = [1] + [0] * 99, torch.full((1, 1, 1, 100), -3.0, dtype=torch.float64)
    assert float(loss("bce")(nothing, target(true))) < 0.1
    assert float(loss("dice", include=["foreground"])(nothing, target(true))) > 0.9

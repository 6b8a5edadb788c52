from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from torch import Tensor

from segkit_std.losses.dice import DiceLoss
from segkit_std.losses.jaccard import JaccardLoss

THREE = ("sky", "sea", "land")
Batch = tuple[Tensor, Tensor]


def reference(counts: Callable[..., Any], logits: Tensor, target: Tensor) -> float:
    """Per class: one minus intersection over union, or the mean probability where the class is absent."""
    measured = [counts(logits, target, k) for k in range(3)]
    return sum(m.mean_probability if m.absent else 1 - m.tp / (m.tp + m.fp + m.fn) for m in measured) / 3


def test_agrees_with_the_definition(batch: Batch, counts: Callable[..., Any]) -> None:
    expected = reference(counts, *batch)
    assert JaccardLoss(classes=THREE)(*batch).item() == pytest.approx(expected, rel=1e-12)


def test_agrees_with_the_definition_where_a_class_is_absent(batch: Batch, counts: Callable[..., Any]) -> None:
    logits, target = batch
    target[target == 1] = 0
    expected = reference(counts, logits, target)
    assert JaccardLoss(classes=THREE)(logits, target).item() == pytest.approx(expected, rel=1e-12)


def test_per_image_averages_over_the_images(batch: Batch, counts: Callable[..., Any]) -> None:
    logits, target = batch
    expected = sum(reference(counts, logits[n : n + 1], target[n : n + 1]) for n in range(2)) / 2
    assert JaccardLoss(classes=THREE, per_image=True)(*batch).item() == pytest.approx(expected, rel=1e-12)
    assert JaccardLoss(classes=THREE)(*batch).item() != pytest.approx(expected, rel=1e-4)


def test_hand_worked_hard_masks(hard: Batch) -> None:
    """Class 1: 3 of a union of 6; class 0: 4 of a union of 7."""
    assert JaccardLoss(include=["foreground"])(*hard).item() == pytest.approx(1 / 2, rel=1e-12)
    assert JaccardLoss(include=["background"])(*hard).item() == pytest.approx(3 / 7, rel=1e-12)
    assert JaccardLoss()(*hard).item() == pytest.approx((1 / 2 + 3 / 7) / 2, rel=1e-12)


@pytest.mark.parametrize("name", THREE)
def test_of_one_class_it_is_two_dice_losses_over_one_plus_dice(batch: Batch, name: str) -> None:
    dice = DiceLoss(classes=THREE, include=[name])(*batch).item()
    assert JaccardLoss(classes=THREE, include=[name])(*batch).item() == pytest.approx(2 * dice / (1 + dice), rel=1e-12)


@pytest.mark.parametrize("loss", [DiceLoss, JaccardLoss])
@pytest.mark.parametrize("name", ["background", "foreground"])
def test_one_pixel_of_a_class_among_half_a_million_keeps_its_digits_in_float32(
    speck: Batch, loss: Callable[..., Any], name: str
) -> None:
    logits, target = speck
    measure = loss(include=[name])
    assert measure(logits, target).item() == pytest.approx(measure(logits.double(), target).item(), rel=1e-4)


def test_an_unknown_class_is_refused() -> None:
    with pytest.raises(ValueError, match=r"include must be .*\['sky', 'sea', 'land'\].*not \['ocean'\]"):
        JaccardLoss(classes=THREE, include=["ocean"])

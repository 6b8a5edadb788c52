from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import log
from typing import Any

import pytest
import torch
from torch import Tensor

from segkit_std.losses.jaccard import JaccardLoss
from segkit_std.losses.lovasz import LovaszLoss

THREE = ("sky", "sea", "land")
Batch = tuple[Tensor, Tensor]
Pixels = Callable[..., Any]


def jaccard_of_errors(wrong: set[int], true: set[int]) -> Fraction:
    """The Jaccard loss of a class when exactly these pixels are wrong."""
    predicted = true ^ wrong
    return 1 - Fraction(len(true & predicted), len(true | predicted))


def extension(errors: list[float], true: set[int]) -> float:
    """The Lovasz extension: errors in descending order, each times the growth of the set function it extends."""
    order = sorted(range(len(errors)), key=lambda i: -errors[i])
    total = 0.0
    for step, i in enumerate(order):
        growth = jaccard_of_errors(set(order[: step + 1]), true) - jaccard_of_errors(set(order[:step]), true)
        total += errors[i] * float(growth)
    return total


def softmax_cost(pixels: Pixels, logits: Tensor, target: Tensor, k: int) -> float:
    given = list(pixels(logits, target))
    true = {i for i, (_, y) in enumerate(given) if y == k}
    if not true:
        return sum(p[k] for p, _ in given) / len(given)
    return extension([abs((y == k) - p[k]) for p, y in given], true)


def hinge_cost(pixels: Pixels, logits: Tensor, target: Tensor, k: int) -> float:
    given = list(pixels(logits, target))
    true = {i for i, (_, y) in enumerate(given) if y == k}
    odds = [log(p[k] / (1 - p[k])) for p, _ in given]
    return extension([max(0.0, 1 - (m if i in true else -m)) for i, m in enumerate(odds)], true)


@pytest.mark.parametrize("absent", [None, 1])
def test_softmax_agrees_with_the_extension_by_its_definition(batch: Batch, pixels: Pixels, absent: int | None) -> None:
    logits, target = batch
    target[target == absent] = 0
    expected = sum(softmax_cost(pixels, logits, target, k) for k in range(3)) / 3
    assert LovaszLoss(classes=THREE)(logits, target).item() == pytest.approx(expected, rel=1e-12)


def test_hinge_agrees_with_the_extension_by_its_definition(batch: Batch, pixels: Pixels) -> None:
    expected = sum(hinge_cost(pixels, *batch, k) for k in range(3)) / 3
    assert LovaszLoss(classes=THREE, form="hinge")(*batch).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("form", ["softmax", "hinge"])
@pytest.mark.parametrize(("name", "k"), [("background", 0), ("foreground", 1)])
def test_one_logit_stands_for_two(batch: Batch, pixels: Pixels, form: Any, name: str, k: int) -> None:
    logits, target = batch
    target[target == 2] = 1
    two = torch.cat([torch.zeros_like(logits[:, :1]), logits[:, :1]], dim=1)
    expected = (softmax_cost if form == "softmax" else hinge_cost)(pixels, two, target, k)
    loss = LovaszLoss(form=form, include=[name])
    assert loss(logits[:, :1], target).item() == pytest.approx(expected, rel=1e-12)
    assert loss(two, target).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("form", ["softmax", "hinge"])
def test_per_image_averages_over_the_images(batch: Batch, pixels: Pixels, form: Any) -> None:
    logits, target = batch
    cost = softmax_cost if form == "softmax" else hinge_cost
    images = [(logits[n : n + 1], target[n : n + 1]) for n in range(2)]
    expected = sum(cost(pixels, *image, k) for image in images for k in range(3)) / 6
    loss = LovaszLoss(classes=THREE, form=form, per_image=True)
    assert loss(*batch).item() == pytest.approx(expected, rel=1e-12)
    assert LovaszLoss(classes=THREE, form=form)(*batch).item() != pytest.approx(expected, rel=1e-3)


def test_hard_errors_give_the_jaccard_loss(hard: Batch) -> None:
    """Class 1: 3 of a union of 6; class 0: 4 of a union of 7; and so for random hard masks of three classes."""
    assert LovaszLoss(include=["foreground"])(*hard).item() == pytest.approx(1 / 2, rel=1e-12)
    assert LovaszLoss(include=["background"])(*hard).item() == pytest.approx(3 / 7, rel=1e-12)
    generator = torch.Generator().manual_seed(1)
    target = torch.randint(0, 3, (2, 9, 9), generator=generator)
    predicted = torch.randint(0, 3, (2, 9, 9), generator=generator)
    logits = torch.stack([(predicted == k) * 1e3 for k in range(3)], dim=1).double()
    iou = [((predicted == k) & (target == k)).sum() / ((predicted == k) | (target == k)).sum() for k in range(3)]
    assert LovaszLoss(classes=THREE)(logits, target).item() == pytest.approx(1 - sum(iou).item() / 3, rel=1e-6)
    expected = JaccardLoss(classes=THREE)(logits, target).item()
    assert LovaszLoss(classes=THREE)(logits, target).item() == pytest.approx(expected, rel=1e-12)


def test_hand_worked_errors_of_two_pixels() -> None:
    """Class 1 has the first pixel alone, at 0.6; the other is at 0.3: errors 0.4 and 0.3, growths 1 and 0."""
    logits = torch.tensor([[[[log(0.6 / 0.4), log(0.3 / 0.7)]]]], dtype=torch.float64)
    loss = LovaszLoss(include=["foreground"])
    assert loss(logits, torch.tensor([[[1, 0]]])).item() == pytest.approx(0.4 * 1 + 0.3 * 0, rel=1e-12)
    swapped = torch.tensor([[[0, 1]]])  # errors 0.6 (outside: growth 1 / 2) and 0.7 (inside: growth 1, and comes first)
    assert loss(logits, swapped).item() == pytest.approx(0.7 * 1 + 0.6 * 0, rel=1e-12)


def test_hand_worked_growth_of_false_positives() -> None:
    """One true pixel that is right, two others at 0.5 and 0.25: unions of 2 and 3, growths 1/2 and 2/3 - 1/2."""
    logits = torch.tensor([[[[1e3, 0.0, -log(3)]]]], dtype=torch.float64)
    loss = LovaszLoss(include=["foreground"])(logits, torch.tensor([[[1, 0, 0]]]))
    assert loss.item() == pytest.approx(0.5 / 2 + 0.25 / 6, rel=1e-12)


def test_a_margin_of_one_is_enough_for_the_hinge() -> None:
    target = torch.tensor([[[0, 1, 1, 0]]])
    logits = (2.0 * target - 1).unsqueeze(1).requires_grad_()
    loss = LovaszLoss(form="hinge")(logits * 1.001, target)
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert logits.grad.eq(0).all()


@pytest.mark.parametrize("form", ["softmax", "hinge"])
@pytest.mark.parametrize("name", ["background", "foreground"])
def test_one_pixel_of_a_class_among_half_a_million_keeps_its_digits_in_float32(
    speck: Batch, form: Any, name: str
) -> None:
    logits, target = speck
    loss = LovaszLoss(form=form, include=[name])
    narrow, wide = logits.clone().requires_grad_(), logits.double().requires_grad_()
    values = [loss(given, target) for given in (narrow, wide)]
    for value in values:
        value.backward()
    assert values[0].item() == pytest.approx(values[1].item(), rel=1e-4)
    assert narrow.grad is not None
    assert wide.grad is not None
    torch.testing.assert_close(narrow.grad.double(), wide.grad, rtol=1e-3, atol=1e-3 * wide.grad.abs().max().item())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"form": "sigmoid"}, "form must be softmax or hinge, not 'sigmoid'"),
        ({"include": []}, r"include must be one or more of the classes \['background', 'foreground'\]"),
    ],
)
def test_an_option_that_cannot_be_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LovaszLoss(**options)

"""The same losses in segmentation-models-pytorch, MONAI, kornia and torchvision, in settings where these are right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import cosh, log
from typing import Any

import kornia.losses as kornia
import monai.losses as monai
import pytest
import segmentation_models_pytorch.losses as smp
import torch
import torch.nn.functional as F
import torchvision.ops
from torch import Tensor

from segkit_std.losses.bce import BinaryCrossEntropyLoss
from segkit_std.losses.cross_entropy import CrossEntropyLoss
from segkit_std.losses.dice import DiceLoss
from segkit_std.losses.focal import FocalLoss
from segkit_std.losses.focal_tversky import FocalTverskyLoss
from segkit_std.losses.jaccard import JaccardLoss
from segkit_std.losses.log_cosh_dice import LogCoshDiceLoss
from segkit_std.losses.lovasz import LovaszLoss
from segkit_std.losses.mcc import MCCLoss
from segkit_std.losses.tversky import TverskyLoss

Loss = Callable[[Tensor, Tensor], Tensor]

CLASSES = ("sky", "sea", "land")
each_channels = pytest.mark.parametrize("channels", [1, 2, 3])
several_channels = pytest.mark.parametrize("channels", [2, 3])
each_ignored = pytest.mark.parametrize("ignored", [False, True], ids=["all-valid", "some-ignored"])


def classes(channels: int) -> Sequence[str]:
    return CLASSES[: max(channels, 2)]


def made(channels: int, ignored: bool) -> tuple[Tensor, Tensor]:
    """Two images of random logits, float64, and labels; every class is in each image."""
    generator = torch.Generator().manual_seed(channels)
    target = torch.randint(0, max(channels, 2), (2, 8, 9), generator=generator)
    if ignored:
        target[:, 2] = target[0, :, 5] = 255
    return 2 * torch.randn(2, channels, 8, 9, dtype=torch.float64, generator=generator), target


def slope(loss: Loss, logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    leaf = logits.detach().clone().requires_grad_()
    value = loss(leaf, target)
    torch.autograd.backward(value)
    assert leaf.grad is not None
    return value.detach(), leaf.grad


def agree(ours: Loss, theirs: Loss, logits: Tensor, target: Tensor, rtol: float = 1e-6) -> None:
    value, gradient = slope(ours, logits, target)
    expected, expected_gradient = slope(theirs, logits, target)
    torch.testing.assert_close(value, expected, rtol=rtol, atol=0, check_dtype=False)
    torch.testing.assert_close(gradient, expected_gradient, rtol=rtol, atol=rtol * gradient.abs().max().item())


def on_maps(loss: Loss) -> Loss:
    """Give the target as (N, 1, H, W) in the logits' dtype, as most peers want it."""
    return lambda logits, target: loss(logits, target.unsqueeze(1).to(logits.dtype))


def smp_region(kind: Callable[..., Loss], channels: int, **options: Any) -> Loss:
    return kind(mode="binary" if channels == 1 else "multiclass", ignore_index=255, eps=0, **options)


def monai_region(kind: Callable[..., Loss], channels: int, **options: Any) -> Loss:
    """One logit is measured for the foreground alone; two logits and more through softmax for each class."""
    activation = {"sigmoid": True} if channels == 1 else {"softmax": True, "to_onehot_y": True}
    return on_maps(kind(ignore_index=255, smooth_nr=0, smooth_dr=0, **activation, **options))


def include(channels: int) -> Sequence[str] | None:
    """The peers measure only the foreground of one logit."""
    return ["sea"] if channels == 1 else None


# Pixels


@pytest.mark.parametrize(("pos_weight", "smoothing"), [(1.0, 0.0), (2.5, 0.0), (1.0, 0.2)])
def test_bce_is_that_of_smp(pos_weight: float, smoothing: float) -> None:
    """Theirs moves both targets by the factor, ours by half of it."""
    theirs = smp.SoftBCEWithLogitsLoss(smooth_factor=smoothing / 2, pos_weight=torch.tensor(pos_weight))
    agree(BinaryCrossEntropyLoss(pos_weight, smoothing), on_maps(theirs), *made(1, ignored=False))


@several_channels
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_cross_entropy_is_that_of_smp(channels: int, smoothing: float) -> None:
    ours = CrossEntropyLoss(classes=classes(channels), label_smoothing=smoothing)
    agree(ours, smp.SoftCrossEntropyLoss(smooth_factor=smoothing), *made(channels, ignored=False))


@each_ignored
@pytest.mark.parametrize("gamma", [1.0, 2.0])
def test_focal_of_one_logit_is_that_of_smp_and_monai(ignored: bool, gamma: float) -> None:
    given = made(1, ignored)
    for alpha, weights in ((None, None), (0.25, [0.75, 0.25])):
        ours = FocalLoss(gamma=gamma, alpha=weights)
        agree(ours, smp.FocalLoss("binary", alpha=alpha, gamma=gamma, ignore_index=255), *given)
        # Theirs is computed in float32 always.
        theirs = monai.FocalLoss(gamma=gamma, alpha=alpha, ignore_index=255)
        agree(ours, on_maps(theirs), *given, rtol=1e-4)


@pytest.mark.parametrize("gamma", [1.0, 2.0])
def test_focal_of_one_logit_is_that_of_torchvision_and_kornia(gamma: float) -> None:
    given, ours = made(1, ignored=False), FocalLoss(gamma=gamma, alpha=[0.75, 0.25])
    for function in (torchvision.ops.sigmoid_focal_loss, kornia.binary_focal_loss_with_logits):
        agree(ours, on_maps(partial(function, alpha=0.25, gamma=gamma, reduction="mean")), *given)


@several_channels
@each_ignored
def test_focal_of_several_logits_is_the_sum_of_kornia_over_the_valid_pixels(channels: int, ignored: bool) -> None:
    def theirs(logits: Tensor, target: Tensor) -> Tensor:
        total = kornia.focal_loss(logits, target, alpha=0.3, gamma=2.0, reduction="sum", ignore_index=255)
        return total / (target != 255).sum()

    weights = [0.7, *[0.3] * (channels - 1)]
    agree(FocalLoss(classes=classes(channels), alpha=weights), theirs, *made(channels, ignored))


# Regions


@each_channels
@each_ignored
def test_dice_is_that_of_smp_and_monai(channels: int, ignored: bool) -> None:
    given, ours = made(channels, ignored), DiceLoss(classes=classes(channels), include=include(channels))
    agree(ours, smp_region(smp.DiceLoss, channels), *given)
    agree(ours, monai_region(monai.DiceLoss, channels, batch=True), *given)


@each_channels
@each_ignored
def test_jaccard_is_that_of_smp_and_monai(channels: int, ignored: bool) -> None:
    given, ours = made(channels, ignored), JaccardLoss(classes=classes(channels), include=include(channels))
    agree(ours, smp_region(smp.JaccardLoss, channels), *given)
    agree(ours, monai_region(monai.DiceLoss, channels, batch=True, jaccard=True), *given)


@each_channels
@each_ignored
def test_tversky_is_that_of_smp_and_monai(channels: int, ignored: bool) -> None:
    given, ours = made(channels, ignored), TverskyLoss(classes=classes(channels), include=include(channels))
    agree(ours, smp_region(smp.TverskyLoss, channels, alpha=0.3, beta=0.7), *given)
    agree(ours, monai_region(monai.TverskyLoss, channels, batch=True, alpha=0.3, beta=0.7), *given)


@several_channels
@each_ignored
def test_per_image_regions_are_those_of_monai_and_kornia(channels: int, ignored: bool) -> None:
    given, options = made(channels, ignored), {"classes": classes(channels), "per_image": True}
    weights = {"alpha": 0.3, "beta": 0.7}
    agree(DiceLoss(**options), monai_region(monai.DiceLoss, channels), *given)
    agree(DiceLoss(**options), partial(kornia.dice_loss, average="macro", ignore_index=255), *given)
    agree(JaccardLoss(**options), monai_region(monai.DiceLoss, channels, jaccard=True), *given)
    agree(TverskyLoss(**options, **weights), monai_region(monai.TverskyLoss, channels, **weights), *given)
    agree(TverskyLoss(**options, **weights), partial(kornia.tversky_loss, ignore_index=255, **weights), *given)


@each_ignored
def test_focal_tversky_of_one_class_is_that_of_smp(ignored: bool) -> None:
    """Their gamma is one over ours."""
    theirs = smp_region(smp.TverskyLoss, 1, alpha=0.3, beta=0.7, gamma=0.75)
    agree(FocalTverskyLoss(include=["foreground"], gamma=4 / 3), theirs, *made(1, ignored))


@pytest.mark.parametrize(("k", "name"), enumerate(CLASSES))
def test_log_cosh_dice_is_made_of_the_dice_of_smp(k: int, name: str) -> None:
    given = made(3, ignored=True)
    dice = smp_region(smp.DiceLoss, 3, classes=[k])(*given).item()
    ours = LogCoshDiceLoss(classes=CLASSES, include=[name])(*given).item()
    assert ours == pytest.approx(log(cosh(dice)), rel=1e-9)


@pytest.mark.parametrize("channels", [1, 3])
def test_mcc_is_that_of_smp_given_probabilities_and_the_same_pseudo_count(channels: int) -> None:
    logits, target = made(channels, ignored=False)
    theirs = smp.MCCLoss(eps=1e-4 * target.numel())

    def of_each_class(logits: Tensor, target: Tensor) -> Tensor:
        if channels == 1:
            return theirs(logits.sigmoid(), target)
        probability = logits.softmax(dim=1)
        return torch.stack([theirs(probability[:, k], (target == k).double()) for k in range(channels)]).mean()

    agree(MCCLoss(classes=classes(channels)), of_each_class, logits, target)


@each_channels
def test_mcc_is_that_of_monai_but_for_the_pseudo_count(channels: int) -> None:
    logits, target = made(channels, ignored=False)
    activation = {"sigmoid": True} if channels == 1 else {"softmax": True, "to_onehot_y": True}
    theirs = on_maps(monai.MCCLoss(batch=True, **activation))(logits, target).item()
    assert MCCLoss(classes=classes(channels))(logits, target).item() == pytest.approx(theirs, abs=1e-3)


# Lovasz; theirs counts in float32


@several_channels
@each_ignored
@pytest.mark.parametrize("per_image", [False, True])
def test_lovasz_softmax_is_that_of_smp(channels: int, ignored: bool, per_image: bool) -> None:
    logits, target = made(channels, ignored)
    ours = LovaszLoss(classes=classes(channels), per_image=per_image)
    theirs = smp.LovaszLoss("multiclass", per_image=per_image, ignore_index=255)
    agree(ours, theirs, logits.float(), target, rtol=1e-4)


@several_channels
def test_lovasz_softmax_per_image_is_that_of_kornia(channels: int) -> None:
    ours = LovaszLoss(classes=classes(channels), per_image=True)
    agree(ours, kornia.lovasz_softmax_loss, *made(channels, ignored=False))


@each_ignored
@pytest.mark.parametrize("per_image", [False, True])
def test_lovasz_hinge_of_the_foreground_is_that_of_smp(ignored: bool, per_image: bool) -> None:
    logits, target = made(1, ignored)
    ours = LovaszLoss(form="hinge", include=["foreground"], per_image=per_image)
    agree(ours, smp.LovaszLoss("binary", per_image=per_image, ignore_index=255), logits.float(), target, rtol=1e-4)


def test_lovasz_hinge_per_image_is_that_of_kornia() -> None:
    ours = LovaszLoss(form="hinge", include=["foreground"], per_image=True)
    agree(ours, kornia.lovasz_hinge_loss, *made(1, ignored=False))


def test_with_three_logits_bce_is_the_one_vs_rest_of_torch() -> None:
    def theirs(logits: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(logits, F.one_hot(target, 3).permute(0, 3, 1, 2).double())

    agree(BinaryCrossEntropyLoss(), theirs, *made(3, ignored=False))

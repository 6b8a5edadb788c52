"""Where other libraries' losses are wrong or mean something else: their value, and ours on the same case.

A test that fails here may bring good news: the peer has been repaired.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log

import kornia.losses as kornia
import monai.losses as monai
import pytest
import segmentation_models_pytorch.losses as smp
import torch
from torch import Tensor

from segkit_std.losses.bce import BinaryCrossEntropyLoss
from segkit_std.losses.cross_entropy import CrossEntropyLoss
from segkit_std.losses.dice import DiceLoss
from segkit_std.losses.focal import FocalLoss
from segkit_std.losses.focal_tversky import FocalTverskyLoss
from segkit_std.losses.jaccard import JaccardLoss
from segkit_std.losses.lovasz import LovaszLoss
from segkit_std.losses.mcc import MCCLoss
from segkit_std.losses.tversky import TverskyLoss

Loss = Callable[[Tensor, Tensor], Tensor]

THREE = ("sky", "sea", "land")
P = 1 / (1 + exp(-2))  # the probability of the foreground in what follows


@pytest.fixture
def no_foreground() -> tuple[Tensor, Tensor]:
    """All is background, and predicted as foreground."""
    return torch.full((2, 1, 64, 64), 2.0), torch.zeros(2, 64, 64, dtype=torch.long)


@pytest.fixture
def half_ignored() -> tuple[Tensor, Tensor]:
    """Every pixel is background; half of them are ignored."""
    target = torch.zeros(1, 8, 8, dtype=torch.long)
    target[:, :4] = 255
    return torch.full((1, 1, 8, 8), 2.0), target


def slope(loss: Loss, logits: Tensor, target: Tensor) -> tuple[float, Tensor]:
    leaf = logits.detach().clone().requires_grad_()
    value = loss(leaf, target)
    torch.autograd.backward(value)
    assert leaf.grad is not None
    return value.item(), leaf.grad


def maps(loss: Loss) -> Loss:
    return lambda logits, target: loss(logits, target.unsqueeze(1).float())


@pytest.mark.parametrize(
    ("peer", "ours"),
    [(smp.DiceLoss, DiceLoss), (smp.JaccardLoss, JaccardLoss), (smp.TverskyLoss, TverskyLoss)],
)
def test_smp_regions_teach_nothing_without_foreground(
    no_foreground: tuple[Tensor, Tensor], peer: Callable[..., Loss], ours: Callable[..., Loss]
) -> None:
    value, gradient = slope(peer("binary"), *no_foreground)
    assert value == 0
    assert gradient.eq(0).all()
    value, gradient = slope(ours(include=["foreground"]), *no_foreground)
    assert value == pytest.approx(P, rel=1e-5)
    assert gradient.sum().item() == pytest.approx(P * (1 - P), rel=1e-4)


@pytest.mark.parametrize(
    ("peer", "ours"),
    [
        (monai.DiceLoss(sigmoid=True, batch=True), DiceLoss),
        (monai.DiceLoss(sigmoid=True, batch=True, jaccard=True), JaccardLoss),
        (monai.TverskyLoss(sigmoid=True, batch=True), TverskyLoss),
    ],
)
def test_monai_regions_leave_the_pull_of_an_absent_class_to_a_smoothing_term(
    no_foreground: tuple[Tensor, Tensor], peer: Loss, ours: Callable[..., Loss]
) -> None:
    value, gradient = slope(maps(peer), *no_foreground)
    assert value == pytest.approx(1, abs=1e-6)
    assert gradient.abs().sum() < 1e-8
    value, gradient = slope(ours(include=["foreground"]), *no_foreground)
    assert value == pytest.approx(P, rel=1e-5)
    assert gradient.sum().item() == pytest.approx(P * (1 - P), rel=1e-4)


@pytest.mark.parametrize("peer", [smp.DiceLoss, smp.JaccardLoss])
def test_smp_regions_forget_an_absent_class_of_several(peer: Callable[..., Loss]) -> None:
    """Half of the picture is predicted land where there is none: theirs asks for sky and sea only, a third less."""
    target = torch.zeros(1, 8, 8, dtype=torch.long)
    target[:, 4:] = 1
    logits = torch.zeros(1, 3, 8, 8)
    logits[:, 2] = 4.0
    loss = peer("multiclass")(logits, target).item()
    without_land = peer("multiclass", classes=[0, 1])(logits, target).item()
    assert loss == pytest.approx(without_land * 2 / 3, rel=1e-6)
    land = exp(4) / (exp(4) + 2)
    assert DiceLoss(classes=THREE, include=["land"])(logits, target).item() == pytest.approx(land, rel=1e-5)


def test_smp_bce_halves_when_half_of_the_pixels_are_ignored(half_ignored: tuple[Tensor, Tensor]) -> None:
    logits, target = half_ignored
    cost = log(1 + exp(2))  # of each pixel that counts
    assert maps(smp.SoftBCEWithLogitsLoss(ignore_index=255))(logits, target).item() == pytest.approx(cost / 2)
    assert BinaryCrossEntropyLoss()(logits, target).item() == pytest.approx(cost)


def test_smp_bce_weights_the_smoothed_share_of_a_pixel_where_ours_weights_the_pixel() -> None:
    """A pixel of the foreground at a logit of 0, whose target is smoothed to 0.9."""
    given = torch.zeros(1, 1, 1, 1), torch.ones(1, 1, 1, dtype=torch.long)
    theirs = maps(smp.SoftBCEWithLogitsLoss(smooth_factor=0.1, pos_weight=torch.tensor(2.5)))
    assert theirs(*given).item() == pytest.approx((2.5 * 0.9 + 0.1) * log(2))
    assert BinaryCrossEntropyLoss(pos_weight=2.5, label_smoothing=0.2)(*given).item() == pytest.approx(2.5 * log(2))


def test_smp_cross_entropy_halves_when_half_of_the_pixels_are_ignored(half_ignored: tuple[Tensor, Tensor]) -> None:
    logits, target = half_ignored
    two = torch.cat([torch.zeros_like(logits), logits], dim=1)
    cost = log(1 + exp(2))
    theirs = smp.SoftCrossEntropyLoss(smooth_factor=0.0, ignore_index=255)(two, target).item()
    assert theirs == pytest.approx(cost / 2)
    assert CrossEntropyLoss()(two, target).item() == pytest.approx(cost)


def test_smp_cross_entropy_cannot_be_used_with_its_own_defaults() -> None:
    given = torch.zeros(1, 3, 2, 2), torch.zeros(1, 2, 2, dtype=torch.long)
    with pytest.raises(TypeError):
        smp.SoftCrossEntropyLoss()(*given)
    assert CrossEntropyLoss(classes=THREE)(*given).item() == pytest.approx(log(3))


def test_smp_focal_is_nan_when_all_is_ignored() -> None:
    logits, target = torch.zeros(1, 1, 2, 2), torch.full((1, 2, 2), 255)
    assert smp.FocalLoss("binary", ignore_index=255)(logits, target).isnan()
    assert FocalLoss()(logits, target).item() == 0


def test_smp_focal_of_several_classes_is_one_vs_rest_and_no_softmax() -> None:
    """At logits of 0 the true class of three has 1/3 under softmax; their three sigmoids have 1/2 each."""
    given = torch.zeros(1, 3, 2, 2), torch.zeros(1, 2, 2, dtype=torch.long)
    assert smp.FocalLoss("multiclass")(*given).item() == pytest.approx(0.25 * log(2))
    assert FocalLoss(classes=THREE)(*given).item() == pytest.approx((2 / 3) ** 2 * log(3))


def test_monai_focal_is_as_many_times_larger_as_there_are_classes_once_ignoring_is_allowed() -> None:
    given = torch.zeros(1, 3, 2, 2), torch.zeros(1, 2, 2, dtype=torch.long)
    expected = (2 / 3) ** 2 * log(3)
    options = {"use_softmax": True, "to_onehot_y": True}
    assert maps(monai.FocalLoss(**options))(*given).item() == pytest.approx(expected / 3)
    assert maps(monai.FocalLoss(**options, ignore_index=255))(*given).item() == pytest.approx(expected)
    assert FocalLoss(classes=THREE)(*given).item() == pytest.approx(expected)


def test_kornia_focal_averages_over_ignored_pixels_and_over_classes() -> None:
    target = torch.zeros(1, 2, 2, dtype=torch.long)
    target[:, 0] = 255
    logits, expected = torch.zeros(1, 3, 2, 2), (2 / 3) ** 2 * log(3)
    theirs = kornia.focal_loss(logits, target, alpha=None, gamma=2.0, reduction="mean", ignore_index=255)
    assert theirs.item() == pytest.approx(expected / 2 / 3)
    assert FocalLoss(classes=THREE)(logits, target).item() == pytest.approx(expected)


def test_smp_focal_tversky_takes_the_power_of_the_mean_and_not_of_each_class() -> None:
    """Hard masks: sky and sea each have one pixel right and one wrong, land its only pixel right."""
    predicted, target = torch.tensor([[[0, 1, 1, 0, 2]]]), torch.tensor([[[0, 0, 1, 1, 2]]])
    logits = torch.stack([(predicted == k) * 1e3 for k in range(3)], dim=1)
    theirs = smp.TverskyLoss("multiclass", alpha=0.5, beta=0.5, gamma=0.5)(logits, target).item()
    assert theirs == pytest.approx(((0.5 + 0.5 + 0) / 3) ** 0.5, rel=1e-5)
    ours = FocalTverskyLoss(classes=THREE, gamma=2, alpha=0.5, beta=0.5)(logits, target).item()
    assert ours == pytest.approx((0.5**0.5 + 0.5**0.5) / 3, abs=1e-3)  # the last class costs its floor, 0.001


def test_smp_lovasz_gives_a_wrong_shape_when_all_is_ignored() -> None:
    logits, target = torch.zeros(1, 3, 2, 2), torch.full((1, 2, 2), 255)
    assert smp.LovaszLoss("multiclass", ignore_index=255)(logits, target).shape == (0, 3)
    loss = LovaszLoss(classes=THREE)(logits, target)
    assert loss.shape == ()
    assert loss.item() == 0


@pytest.mark.parametrize("peer", [smp.LovaszLoss("binary"), kornia.lovasz_hinge_loss], ids=["smp", "kornia"])
def test_lovasz_hinges_of_peers_pull_at_one_pixel_where_there_is_no_foreground(peer: Loss) -> None:
    torch.manual_seed(0)
    logits, target = 2 + torch.rand(1, 1, 16, 16), torch.zeros(1, 16, 16, dtype=torch.long)
    _, gradient = slope(peer, logits, target)
    assert gradient.ne(0).sum() == 1
    _, gradient = slope(LovaszLoss(form="hinge", include=["foreground"]), logits, target)
    assert gradient.gt(0).all()


def test_kornia_lovasz_charges_an_absent_class_by_its_worst_pixel() -> None:
    """Of 16 pixels of sky one has a probability of 0.5 for sea, the others next to none: ours charges the mean."""
    logits = torch.tensor([20.0, -20.0]).view(1, 2, 1, 1).repeat(1, 1, 4, 4)
    logits[..., 0, 0] = 0
    target = torch.zeros(1, 4, 4, dtype=torch.long)
    of_sky = 0.5 / 16  # the Jaccard loss's share of one wrong pixel in 16, half wrong
    assert kornia.lovasz_softmax_loss(logits, target).item() == pytest.approx((of_sky + 0.5) / 2, rel=1e-5)
    assert LovaszLoss()(logits, target).item() == pytest.approx((of_sky + 0.5 / 16) / 2, rel=1e-5)


def test_smp_mcc_takes_probabilities_where_its_other_losses_take_logits() -> None:
    """A perfect prediction in logits of +-20 costs nothing, but theirs takes them for probabilities of +-2000 %."""
    target = torch.tensor([[[0, 1, 1, 0]]])
    logits = (40.0 * target - 20).unsqueeze(1)
    assert smp.MCCLoss()(logits.sigmoid(), target).item() == pytest.approx(0, abs=1e-4)
    assert smp.MCCLoss()(logits, target).item() != pytest.approx(0, abs=0.01)
    assert MCCLoss()(logits, target).item() == pytest.approx(0, abs=1e-3)


def test_mcc_of_peers_has_no_living_gradient_without_foreground(no_foreground: tuple[Tensor, Tensor]) -> None:
    _, of_monai = slope(maps(monai.MCCLoss(sigmoid=True, batch=True)), *no_foreground)
    _, of_smp = slope(lambda logits, target: smp.MCCLoss()(logits.sigmoid(), target), *no_foreground)
    _, ours = slope(MCCLoss(), *no_foreground)
    assert of_monai.abs().sum() < 1e-6
    assert of_smp.abs().sum() < 1e-4
    assert ours.sum() > 1e-2

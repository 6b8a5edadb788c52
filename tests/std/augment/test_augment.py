from __future__ import annotations

from importlib import import_module
from math import sqrt
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from segkit_std.augment.affine import Affine
from segkit_std.augment.blur import Blur
from segkit_std.augment.brightness_contrast import BrightnessContrast
from segkit_std.augment.hflip import HorizontalFlip
from segkit_std.augment.noise import Noise
from segkit_std.augment.rotate import Rotate
from segkit_std.augment.specs import SPECS
from segkit_std.augment.vflip import VerticalFlip

COLORS = (BrightnessContrast, Blur, Noise)
WARPS = (Rotate, Affine)
ALL = (HorizontalFlip, VerticalFlip, *WARPS, *COLORS)
each_augment = pytest.mark.parametrize("augment", ALL)


def blobs(images: int, classes: int, height: int = 48, width: int = 80) -> Tensor:
    """Masks with a few smooth regions of every class, as float scores' argmax."""
    torch.manual_seed(3)
    coarse = torch.rand(images, classes, 4, 6)
    return F.interpolate(coarse, size=(height, width), mode="bilinear").argmax(dim=1)


def batch(images: int = 6, channels: int = 3) -> tuple[Tensor, Tensor]:
    masks = blobs(images, 3)
    masks[:, 10:14, 20:40] = 255
    return torch.rand(images, channels, 48, 80), masks


@each_augment
@pytest.mark.parametrize("channels", [1, 3])
def test_gives_a_batch_of_the_same_form_within_range(augment: Any, channels: int) -> None:
    images, masks = batch(channels=channels)
    before = images.clone(), masks.clone()
    new_images, new_masks = augment(p=1.0)(images, masks)
    assert (new_images.shape, new_images.dtype) == (images.shape, images.dtype)
    assert (new_masks.shape, new_masks.dtype) == (masks.shape, torch.int64)
    assert 0 <= new_images.min() <= new_images.max() <= 1
    assert set(new_masks.unique().tolist()) == {0, 1, 2, 255}
    assert not torch.equal(new_images, images)
    assert torch.equal(images, before[0])
    assert torch.equal(masks, before[1])


@each_augment
def test_one_seed_gives_one_result(augment: Any) -> None:
    images, masks = batch()
    results = []
    for seed in (5, 5, 6):
        made = augment(p=0.7)
        torch.manual_seed(seed)
        results.append(made(images, masks))
    assert torch.equal(results[0][0], results[1][0])
    assert torch.equal(results[0][1], results[1][1])
    assert not torch.equal(results[0][0], results[2][0])


@each_augment
def test_p_is_the_share_of_images_that_change(augment: Any) -> None:
    images, masks = torch.rand(400, 1, 8, 8), torch.zeros(400, 8, 8, dtype=torch.long)
    torch.manual_seed(0)
    new_images, _ = augment(p=0.3)(images, masks)
    share = (new_images != images).flatten(1).any(dim=1).double().mean().item()
    assert share == pytest.approx(0.3, abs=4 * sqrt(0.3 * 0.7 / 400))
    assert augment(p=0.0)(images, masks)[0] is images


@pytest.mark.parametrize("augment", COLORS)
def test_colors_leave_masks_alone(augment: Any) -> None:
    images, masks = batch()
    assert torch.equal(augment(p=1.0)(images, masks)[1], masks)


@pytest.mark.parametrize(("augment", "axis"), [(HorizontalFlip, 2), (VerticalFlip, 1)])
def test_flips_mirror_image_and_mask(augment: Any, axis: int) -> None:
    images, masks = batch()
    new_images, new_masks = augment(p=1.0)(images, masks)
    assert torch.equal(new_images, images.flip(axis + 1))
    assert torch.equal(new_masks, masks.flip(axis))


@pytest.mark.parametrize("augment", [HorizontalFlip, VerticalFlip, *WARPS])
def test_a_mask_moves_as_a_picture_of_it(augment: Any) -> None:
    masks = blobs(8, 2, 128, 192)
    torch.manual_seed(1)
    picture, moved = augment(p=1.0)(masks.unsqueeze(1).float(), masks)
    inside = moved != 255
    agree = ((picture[:, 0] > 0.5).long() == moved)[inside].double().mean().item()
    assert agree > 0.99
    assert (moved != masks)[inside].double().mean().item() > 0.01


@pytest.mark.parametrize("augment", WARPS)
def test_what_left_the_picture_left_the_mask(augment: Any) -> None:
    torch.manual_seed(1)
    picture, moved = augment(p=1.0)(torch.ones(8, 1, 128, 192), torch.zeros(8, 128, 192, dtype=torch.long))
    outside = moved == 255
    assert 0.01 < outside.double().mean().item() < 0.5
    assert ((picture[:, 0] < 0.5) == outside).double().mean().item() > 0.9999
    assert picture[:, 0][outside].max() <= 0.5


@pytest.mark.parametrize(
    "augment", [Rotate, lambda **options: Affine(translate=(0, 0), scale=(1, 1), shear=0, **options)]
)
def test_positive_degrees_turn_clockwise_by_that_angle(augment: Any) -> None:
    """A dot right of the center, turned by 90 degrees clockwise, lies below it; by 30, at cos 30 and sin 30."""
    masks = torch.zeros(1, 101, 101, dtype=torch.long)
    masks[:, 48:53, 88:93] = 1  # centered 40 to the right of (50, 50)
    for degrees, (x, y) in {90: (0, 40), 30: (40 * sqrt(3) / 2, 20), -30: (40 * sqrt(3) / 2, -20)}.items():
        _, moved = augment(degrees=(degrees, degrees), p=1.0)(torch.zeros(1, 1, 101, 101), masks)
        center = (moved[0] == 1).nonzero().double().mean(dim=0) - 50
        assert center.tolist() == pytest.approx([y, x], abs=0.5)


def test_rotation_stays_within_its_degrees() -> None:
    masks = torch.zeros(200, 101, 101, dtype=torch.long)
    masks[:, 48:53, 88:93] = 1
    _, moved = Rotate(degrees=20.0, p=1.0)(torch.zeros(200, 1, 101, 101), masks)
    angles = []
    for mask in moved:
        y, x = ((mask == 1).nonzero().double().mean(dim=0) - 50).tolist()
        angles.append(torch.atan2(torch.tensor(y), torch.tensor(x)).rad2deg().item())
    assert -21 < min(angles) < -15
    assert 15 < max(angles) < 21


def test_affine_shifts_by_shares_of_width_and_height() -> None:
    masks = torch.zeros(200, 51, 101, dtype=torch.long)
    masks[:, 24:27, 49:52] = 1
    plain = Affine(degrees=0.0, translate=(0.3, 0.1), scale=(1.0, 1.0), shear=0.0, p=1.0)
    _, moved = plain(torch.zeros(200, 1, 51, 101), masks)
    shifts = torch.stack([(mask == 1).nonzero().double().mean(dim=0) for mask in moved]) - torch.tensor([25.0, 50.0])
    down, right = shifts.abs().max(dim=0).values.tolist()
    assert 0.08 * 51 < down < 0.1 * 51 + 0.6
    assert 0.25 * 101 < right < 0.3 * 101 + 0.6


def test_affine_scales_widths_and_heights_alike_or_each_by_itself() -> None:
    masks = torch.zeros(200, 101, 101, dtype=torch.long)
    masks[:, 40:61, 40:61] = 1

    def sizes(*scale: float) -> torch.Tensor:
        only = Affine(degrees=0.0, translate=(0.0, 0.0), scale=scale, shear=0.0, p=1.0)  # type: ignore[arg-type]
        _, moved = only(torch.zeros(200, 1, 101, 101), masks)
        inside = moved == 1
        return torch.stack([inside.any(dim=1).sum(dim=1), inside.any(dim=2).sum(dim=1)], dim=1).double() / 21

    alike, apart = sizes(0.5, 2.0), sizes(0.5, 1.0, 1.0, 2.0)
    assert (alike[:, 0] - alike[:, 1]).abs().max() < 0.1
    assert alike.amin() < 0.6
    assert alike.amax() > 1.9
    assert apart.amin(dim=0).tolist() == pytest.approx([0.5, 1.0], abs=0.1)
    assert apart.amax(dim=0).tolist() == pytest.approx([1.0, 2.0], abs=0.1)


def test_affine_of_nothing_changes_nothing() -> None:
    images, masks = batch()
    still = Affine(degrees=0.0, translate=(0.0, 0.0), scale=(1.0, 1.0), shear=0.0, p=1.0)
    new_images, new_masks = still(images, masks)
    torch.testing.assert_close(new_images, images, rtol=0, atol=1e-4)
    assert torch.equal(new_masks, masks)


def test_brightness_multiplies() -> None:
    images, masks = torch.full((50, 3, 4, 4), 0.5), torch.zeros(50, 4, 4, dtype=torch.long)
    new_images, _ = BrightnessContrast(brightness=0.2, contrast=0.0, p=1.0)(images, masks)
    factors = new_images.mean(dim=(1, 2, 3)) / 0.5
    assert 0.8 <= factors.min() < 0.85
    assert 1.15 < factors.max() <= 1.2


def test_contrast_stretches_about_the_mean() -> None:
    images = torch.tensor([0.4, 0.6]).view(1, 1, 1, 2).repeat(50, 1, 1, 1)
    new_images, _ = BrightnessContrast(brightness=0.0, contrast=0.5, p=1.0)(images, torch.zeros(50, 1, 2).long())
    torch.testing.assert_close(new_images.mean(dim=3), torch.full((50, 1, 1), 0.5))
    spread = (new_images[..., 1] - new_images[..., 0]) / 0.2
    assert 0.5 <= spread.min() < 0.7
    assert 1.3 < spread.max() <= 1.5001


def test_blur_spreads_a_dot_as_its_gaussian() -> None:
    images = torch.zeros(1, 1, 41, 41)
    images[..., 20, 20] = 1
    new_images, _ = Blur(sigma=(2.0, 2.0), p=1.0)(images, torch.zeros(1, 41, 41).long())
    offsets = torch.arange(41) - 20
    weights = torch.exp(-(offsets**2) / 8.0)
    expected = weights[:, None] * weights / weights.sum() ** 2
    torch.testing.assert_close(new_images[0, 0], expected, rtol=0, atol=1e-4)


def test_blur_works_on_pictures_smaller_than_its_kernel() -> None:
    new_images, _ = Blur(sigma=(5.0, 5.0), p=1.0)(torch.full((1, 3, 1, 2), 0.25), torch.zeros(1, 1, 2).long())
    torch.testing.assert_close(new_images, torch.full((1, 3, 1, 2), 0.25))


def test_noise_has_its_deviation() -> None:
    images = torch.full((4, 3, 100, 100), 0.5)
    new_images, _ = Noise(std=0.05, p=1.0)(images, torch.zeros(4, 100, 100).long())
    assert (new_images - images).std().item() == pytest.approx(0.05, rel=0.02)
    assert (new_images - images).mean().item() == pytest.approx(0, abs=0.001)


@each_augment
def test_autocast_does_not_reach_inside(augment: Any) -> None:
    images, masks = batch()
    torch.manual_seed(0)
    expected = augment(p=1.0)(images, masks)
    torch.manual_seed(0)
    with torch.autocast("cpu", torch.bfloat16):
        under = augment(p=1.0)(images, masks)
    assert torch.equal(under[0], expected[0])
    assert torch.equal(under[1], expected[1])


@pytest.mark.parametrize(
    ("augment", "options", "message"),
    [
        (HorizontalFlip, {"p": 1.5}, "p must be a probability"),
        (Rotate, {"degrees": (20.0, 10.0)}, r"degrees must be .* not \(20.0, 10.0\)"),
        (Rotate, {"degrees": 400.0}, "degrees must be .* not 400.0"),
        (Rotate, {"degrees": -5.0}, "degrees must be .* not -5.0"),
        (Affine, {"translate": (0.1, 2.0)}, "translate must be two shares"),
        (Affine, {"scale": (0.0, 1.0)}, "scale must be one or two ranges"),
        (Affine, {"scale": (0.9, 1.1, 1.1, 0.9)}, "scale must be one or two ranges"),
        (Affine, {"scale": (0.9, 1.0, 1.1)}, "scale must be one or two ranges"),
        (Affine, {"shear": 90.0}, "shear must be"),
        (BrightnessContrast, {"contrast": 1.5}, r"contrast must lie in \[0, 1\], not 1.5"),
        (Blur, {"sigma": (0.0, 1.0)}, "sigma must be a range"),
        (Noise, {"std": -1.0}, "std must be 0 or more, not -1.0"),
    ],
)
def test_an_option_outside_its_range_is_refused(augment: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        augment(**options)


def test_specs_name_these_augmentations() -> None:
    found = {getattr(import_module(spec.path.split(":")[0]), spec.path.split(":")[1]) for spec in SPECS}
    assert found == set(ALL)

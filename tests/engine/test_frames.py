"""Pixels in, classes out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from segkit.engine.frames import at_size, labels, resize_image, resize_mask, to_uint8
from segkit.engine.intake import Intake

RNG = np.random.default_rng(0)


def test_sixteen_bits_of_a_small_frame_are_stretched_from_its_darkest_to_its_brightest() -> None:
    image = np.array([[1000, 1001], [1510, 1255]], np.uint16)[..., None]
    assert to_uint8(image, 1)[..., 0].tolist() == [[0, 0], [255, 128]]  # 255/510 a count: 0, 0.5 to even, 255, 127.5
    colored = to_uint8(image, 3)
    assert colored.shape == (2, 2, 3)
    assert (colored == to_uint8(image, 1)).all()


@pytest.mark.parametrize("value", [0, 7, 65535])
def test_a_flat_frame_of_sixteen_bits_is_black(value: int) -> None:
    assert to_uint8(np.full((3, 4, 1), value, np.uint16), 1).tolist() == np.zeros((3, 4, 1), int).tolist()


def test_the_outermost_thousandth_at_each_end_is_clipped() -> None:
    image = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1)
    expected = [min(max(round((v - 65) * 255 / (65470 - 65)), 0), 255) for v in range(65536)]  # 65 = 65536 // 1000
    assert to_uint8(image, 1).ravel().tolist() == expected


def infrared(rng: np.random.Generator) -> np.ndarray:
    """A scene of 300 counts around 7,500 of 65,536, as an infrared camera gives it."""
    return np.round(7500 + 150 * np.sin(np.linspace(0, 9, 64))[:, None] + rng.normal(0, 5, (64, 80)))[..., None]


def test_a_film_neither_flickers_with_hot_spots_and_dead_pixels_nor_drifts_with_the_camera() -> None:
    scene = infrared(np.random.default_rng(1))
    calm = to_uint8(scene.astype(np.uint16), 1)
    assert len(np.unique(calm)) > 200
    assert (to_uint8((scene + 640).astype(np.uint16), 1) == calm).all()
    disturbed = scene.copy()
    disturbed[10, 20:23], disturbed[50, 7] = 60000, 0
    there = disturbed == scene
    changed = to_uint8(disturbed.astype(np.uint16), 1)
    assert np.abs(changed.astype(int) - calm)[there].max() <= 3  # by the range's ends they would differ by 200
    assert changed[10, 20:23].min() == 255
    assert changed[50, 7] == 0


def test_color_of_sixteen_bits_keeps_its_hue() -> None:
    image = RNG.integers(0, 60000, (9, 9, 3), dtype=np.uint16)
    low, high = int(image.min()), int(image.max())
    expected = (image.astype(float) - low) * 255 / (high - low)  # one scale for all three
    assert np.abs(to_uint8(image, 3) - expected).max() <= 0.5 + 1e-3


def test_color_becomes_grey_by_its_luma() -> None:
    image = RNG.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    grey = to_uint8(image, 1)
    assert grey.shape == (20, 30, 1)
    for row, column in ((0, 0), (7, 11), (19, 29)):
        red, green, blue = (int(v) for v in image[row, column])
        assert grey[row, column, 0] == round(0.299 * red + 0.587 * green + 0.114 * blue)
    pillow = np.asarray(Image.fromarray(image).convert("L")).astype(int)
    assert np.abs(grey[..., 0] - pillow).max() <= 1
    white = np.full((2, 2, 3), 255, np.uint8)
    assert (to_uint8(white, 1) == 255).all()


def test_eight_bits_of_the_right_channels_stay_as_they_are() -> None:
    image = RNG.integers(0, 256, (4, 5, 3), dtype=np.uint8)
    assert to_uint8(image, 3) is image
    grey = image[..., :1]
    assert (to_uint8(grey, 3) == np.concatenate([grey] * 3, axis=2)).all()


@pytest.mark.parametrize("size", [(32, 64), (40, 72), (128, 256), (33, 200)])
@pytest.mark.parametrize("channels", [1, 3])
def test_frames_are_resized_as_pillow_does(size: tuple[int, int], channels: int) -> None:
    image = RNG.integers(0, 256, (71, 133, channels), dtype=np.uint8)
    ours = resize_image(image, size)
    assert ours.shape == (*size, channels)
    assert ours.dtype == np.uint8
    for channel in range(channels):
        pillow = Image.fromarray(image[..., channel]).resize((size[1], size[0]), Image.Resampling.BILINEAR)
        assert np.abs(ours[..., channel].astype(int) - np.asarray(pillow)).max() <= 1


def test_a_frame_that_shrinks_is_averaged_and_not_picked() -> None:
    checkers = np.indices((64, 64)).sum(axis=0) % 2 * 255
    small = resize_image(checkers.astype(np.uint8)[..., None], (16, 16))
    assert np.abs(small.astype(int) - 127.5).max() < 5


def test_masks_are_resized_by_the_nearest_pixel_of_each_center() -> None:
    mask = RNG.choice(np.array([0, 1, 2, 255], np.uint8), (37, 53))
    small = resize_mask(mask, (20, 90))
    for row in range(20):
        for column in range(90):
            assert small[row, column] == mask[int((row + 0.5) * 37 / 20), int((column + 0.5) * 53 / 90)]


def test_what_has_its_size_already_is_not_copied() -> None:
    image, mask = np.zeros((8, 9, 3), np.uint8), np.zeros((8, 9), np.uint8)
    assert resize_image(image, (8, 9)) is image
    assert resize_mask(mask, (8, 9)) is mask
    logits = torch.zeros(1, 1, 8, 9)
    assert at_size(logits, (8, 9)) is logits


def test_a_data_set_may_give_arrays_that_are_read_only_or_reversed() -> None:
    image = RNG.integers(0, 256, (8, 9, 3), dtype=np.uint8)
    locked = image.copy()
    locked.flags.writeable = False
    assert (resize_image(locked, (4, 6)) == resize_image(image, (4, 6))).all()
    assert (resize_image(image[:, ::-1], (4, 6)) == resize_image(image[:, ::-1].copy(), (4, 6))).all()
    assert (resize_mask(locked[..., 0], (4, 6)) == resize_mask(image[..., 0].copy(), (4, 6))).all()


def test_logits_are_brought_to_a_frames_size_bilinearly() -> None:
    logits = torch.tensor([[[[0.0, 4.0]]]])
    assert at_size(logits, (1, 4)).flatten().tolist() == [0.0, 1.0, 3.0, 4.0]  # centers at 0.25, 0.75, ...
    assert at_size(logits.bfloat16(), (2, 4)).dtype == torch.float32


def test_one_logit_says_class_one_above_zero() -> None:
    logits = torch.tensor([-1.0, -0.0, 0.0, 1e-6, 9.0]).view(1, 1, 1, 5)
    assert labels(logits).tolist() == [[[0, 0, 0, 1, 1]]]
    assert labels(logits).dtype == torch.uint8


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_more_logits_say_the_largest(classes: int) -> None:
    logits = torch.randn(2, classes, 5, 6, generator=torch.Generator().manual_seed(classes))
    expected = np.argmax(logits.numpy(), axis=1)
    assert labels(logits).tolist() == expected.tolist()
    assert labels(logits).dtype == torch.uint8


def test_batches_are_normalized_channel_by_channel() -> None:
    images = torch.from_numpy(RNG.integers(0, 256, (2, 3, 4, 5), dtype=np.uint8))
    masks = torch.full((2, 4, 5), 255, dtype=torch.uint8)
    pixels, targets = Intake([0.1, 0.2, 0.3], [0.5, 0.25, 2.0])(images, masks)
    expected = (images.double() / 255 - torch.tensor([0.1, 0.2, 0.3]).view(3, 1, 1)) / torch.tensor(
        [0.5, 0.25, 2.0]
    ).view(3, 1, 1)
    torch.testing.assert_close(pixels.double(), expected, rtol=1e-5, atol=1e-6)
    assert pixels.is_contiguous(memory_format=torch.channels_last)
    assert (targets.dtype, targets.unique().tolist()) == (torch.int64, [255])
    assert Intake([0.0] * 3, [1.0] * 3, channels_last=False)(images, masks)[0].is_contiguous()


def test_augmentation_comes_before_normalization_in_its_order_and_only_when_asked_for() -> None:
    def add(images: torch.Tensor, masks: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return images + 0.5, masks

    def double(images: torch.Tensor, masks: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return images * 2, masks + 1

    intake = Intake([1.0], [2.0], [add, double])
    images, masks = torch.zeros(1, 1, 2, 2, dtype=torch.uint8), torch.zeros(1, 2, 2, dtype=torch.uint8)
    assert [part.unique().tolist() for part in intake(images, masks, augment=True)] == [[0.0], [1]]  # (0.5*2 - 1) / 2
    assert [part.unique().tolist() for part in intake(images, masks)] == [[-0.5], [0]]

"""What every augmentation promises (``segkit.kinds.Augment``)."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from segkit.kinds import IGNORE
from segkit.testing.subject import Subject

SIZES = ((96, 144), (41, 33))
SEEDS = range(4)


@pytest.fixture(params=SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    chosen: tuple[int, int] = request.param
    return chosen


def applied(subject: Subject, images: Tensor, masks: Tensor, seed: int = 0) -> tuple[Tensor, Tensor]:
    """What a fresh one makes of a batch at a seed."""
    augment = subject()
    torch.manual_seed(seed)
    new_images, new_masks = augment(images, masks)
    return new_images, new_masks


def blobs(size: tuple[int, int], classes: int, count: int = 8) -> Tensor:
    """Masks (count, H, W) of a few smooth regions of every class, other ones in each."""
    coarse = torch.rand(count, classes, 4, 5, generator=torch.Generator().manual_seed(3))
    return F.interpolate(coarse, size=size, mode="bicubic").argmax(dim=1)


def batch(size: tuple[int, int], channels: int = 3, count: int = 8) -> tuple[Tensor, Tensor]:
    """Random images, and masks of three classes with ignored pixels."""
    masks = blobs(size, 3, count)
    masks[:, 8:14, 5:20] = IGNORE
    return torch.rand(count, channels, *size, generator=torch.Generator().manual_seed(4)), masks


def labels_in(masks: Tensor) -> set[int]:
    return set(masks.flatten().tolist())


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("count", [1, 8])
def test_it_gives_a_batch_of_the_same_form_within_range(
    subject: Subject, size: tuple[int, int], channels: int, count: int
) -> None:
    images, masks = batch(size, channels, count)
    for seed in SEEDS:
        new_images, new_masks = applied(subject, images, masks, seed)
        assert (new_images.shape, new_images.dtype) == (images.shape, images.dtype)
        assert (new_masks.shape, new_masks.dtype) == (masks.shape, masks.dtype)
        assert new_images.isfinite().all()
        assert 0 <= new_images.min() <= new_images.max() <= 1


def test_black_and_white_stay_within_range(subject: Subject, size: tuple[int, int]) -> None:
    images, masks = batch(size)
    for seed in SEEDS:
        new_images, _ = applied(subject, images.round(), masks, seed)
        assert 0 <= new_images.min() <= new_images.max() <= 1


def test_labels_stay_labels(subject: Subject, size: tuple[int, int]) -> None:
    images, masks = batch(size)
    for labels in ({0: 0, 1: 1, 2: 2}, {0: 3, 1: 200, 2: 254}):
        given = masks.clone()
        for old, new in labels.items():
            given[masks == old] = new
        for seed in SEEDS:
            assert labels_in(applied(subject, images, given, seed)[1]) <= {*labels.values(), IGNORE}


@pytest.mark.parametrize("label", [0, 1, IGNORE])
def test_what_left_the_frame_is_ignored_and_no_class(subject: Subject, size: tuple[int, int], label: int) -> None:
    images, masks = batch(size)
    for seed in SEEDS:
        _, new_masks = applied(subject, images, torch.full_like(masks, label), seed)
        assert labels_in(new_masks) <= {label, IGNORE}


@pytest.mark.parametrize("channels", [1, 3])
def test_a_mask_moves_as_a_picture_of_it(subject: Subject, size: tuple[int, int], channels: int) -> None:
    """Behind the edges of the regions, brightness tells which of two the picture shows, and the mask says the same.

    The picture's own levels are looked up in it, since colors may change as well, and each pixel is seen with its eight
    neighbors, which takes out noise.
    """
    masks = blobs(size, 2)
    picture = (0.1 + 0.8 * masks.unsqueeze(1).float()).expand(-1, channels, -1, -1)
    shares = []
    for seed in SEEDS:
        images, moved = applied(subject, picture.clone(), masks, seed)
        seen = F.avg_pool2d(images.mean(dim=1), 3, stride=1, padding=1, count_include_pad=False)
        for image, mask in zip(seen, moved, strict=True):
            inner = [behind_edges(mask == label) for label in (0, 1)]
            if not all(region.any() for region in inner):
                continue
            dark, bright = (image[region].median() for region in inner)
            right = [(image - level).abs() < (image - other).abs() for level, other in ((dark, bright), (bright, dark))]
            shares += [right[label][inner[label]].float().mean().item() for label in (0, 1)]
    assert shares
    assert sum(shares) / len(shares) > 0.985


def behind_edges(region: Tensor) -> Tensor:
    """The pixels (H, W) of a region whose eight neighbors are in it too; beyond the frame there is nothing else."""
    outside = (~region).float()[None, None]
    return F.max_pool2d(outside, 3, stride=1, padding=1)[0, 0] == 0


def test_one_seed_gives_one_result(subject: Subject, size: tuple[int, int]) -> None:
    given = batch(size)
    for seed in SEEDS:
        torch.testing.assert_close(applied(subject, *given, seed), applied(subject, *given, seed), rtol=0, atol=0)


def test_what_came_before_is_forgotten(subject: Subject, size: tuple[int, int]) -> None:
    augment, given = subject(), batch(size)
    augment(*batch(size, count=3))
    torch.manual_seed(0)
    torch.testing.assert_close(augment(*given), applied(subject, *given), rtol=0, atol=0)


def test_other_generators_than_that_of_torch_are_left_alone(subject: Subject, size: tuple[int, int]) -> None:
    def states() -> str:
        kind, key, position, *_ = np.random.get_state()  # noqa: NPY002 - it is the one that must stay
        return f"{random.getstate()} {kind} {list(key)} {position}"

    before = states()
    for seed in SEEDS:
        applied(subject, *batch(size), seed)
    assert states() == before


def test_it_leaves_its_inputs_as_they_are(subject: Subject, size: tuple[int, int]) -> None:
    given = batch(size)
    for seed in SEEDS:
        applied(subject, *given, seed)
    torch.testing.assert_close(given, batch(size), rtol=0, atol=0)

from __future__ import annotations

from math import hypot

import numpy as np
import pytest
import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from segkit_std.losses._distance import distance_maps

DOUBLE = torch.float64


def reference(masks: Tensor) -> Tensor:
    """scipy's transform of each mask that has a true pixel, and the diagonal for each that has none."""
    flat = masks.reshape(-1, *masks.shape[-2:]).numpy()
    maps = [distance_transform_edt(~mask) if mask.any() else np.full(mask.shape, hypot(*mask.shape)) for mask in flat]
    return torch.from_numpy(np.stack(maps)).view(masks.shape)


def scattered(share: float, *shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(0)) < share


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (2, 2), (5, 7), (64, 33), (3, 300), (300, 3), (130, 170)])
@pytest.mark.parametrize("share", [0.0, 0.0005, 0.01, 0.1, 0.5, 0.9, 1.0])
def test_it_agrees_with_scipy_on_scattered_pixels(size: tuple[int, int], share: float) -> None:
    masks = scattered(share, 6, *size)
    torch.testing.assert_close(distance_maps(masks, DOUBLE), reference(masks), rtol=1e-14, atol=0)


def test_it_agrees_with_scipy_on_shapes_of_all_sizes_in_one_batch() -> None:
    """Rows of one batch are done after few steps, after many and after none at all."""
    rows, columns = torch.meshgrid(torch.arange(90), torch.arange(140), indexing="ij")
    shapes = [
        rows > 40 + 0.2 * columns,
        rows > 50 + 8 * torch.sin(columns / 7),
        columns > 70,
        columns == 0,
        columns == 139,
        (rows == 89) & (columns == 0),
        torch.hypot(rows - 20.0, columns - 100.0) < 15,
        torch.hypot(rows - 45.0, columns - 70.0) > 40,
        (rows // 9 + columns // 9) % 2 == 0,
    ]
    masks = torch.stack([torch.stack([shape, ~shape]) for shape in shapes])
    torch.testing.assert_close(distance_maps(masks, DOUBLE), reference(masks), rtol=1e-14, atol=0)


def test_a_late_and_distant_pixel_is_still_found() -> None:
    """From the nearer pixel on nothing is lowered for many steps of the way, until the farther one comes in reach."""
    mask = torch.zeros(1, 60, 400, dtype=torch.bool)
    mask[0, 0, 5] = mask[0, 59, 390] = True
    torch.testing.assert_close(distance_maps(mask, DOUBLE), reference(mask), rtol=1e-14, atol=0)


def test_the_last_row_that_is_not_done_is_finished() -> None:
    masks = torch.ones(2, 1, 60, dtype=torch.bool)
    masks[1, :, 1:] = False
    torch.testing.assert_close(distance_maps(masks)[1, 0], torch.arange(60.0), rtol=0, atol=0)


def test_hand_worked_distances() -> None:
    mask = torch.tensor([[1, 0, 0], [0, 0, 0]], dtype=torch.bool)
    expected = torch.tensor([[0, 1, 2], [1, 2**0.5, 5**0.5]])
    torch.testing.assert_close(distance_maps(mask), expected)


def test_an_empty_mask_is_a_diagonal_away_and_a_full_one_is_here() -> None:
    empty = torch.zeros(2, 3, 30, 40, dtype=torch.bool)
    assert distance_maps(empty).eq(50).all()
    assert distance_maps(~empty).eq(0).all()


def test_the_masks_of_a_batch_do_not_touch_each_other() -> None:
    masks = scattered(0.02, 4, 2, 20, 30)
    alone = torch.stack([torch.stack([distance_maps(mask) for mask in pair]) for pair in masks])
    torch.testing.assert_close(distance_maps(masks), alone, rtol=0, atol=0)


def test_the_layout_in_memory_is_no_matter() -> None:
    masks = scattered(0.02, 2, 3, 20, 30)
    before = masks.clone()
    expected = distance_maps(masks)
    torch.testing.assert_close(distance_maps(masks.to(memory_format=torch.channels_last)), expected, rtol=0, atol=0)
    torch.testing.assert_close(distance_maps(masks.mT).mT, expected, rtol=0, atol=0)
    assert masks.equal(before)

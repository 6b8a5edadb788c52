"""Exact Euclidean distance maps, in pixels between pixel centers, of a whole batch at once and on any device."""

from __future__ import annotations

import torch
from torch import Tensor

_CHECK_EVERY = 8  # steps: asking which rows were lowered costs more than one, and makes a GPU wait


@torch.no_grad()
def distance_maps(masks: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Give the distance of every pixel to the nearest true pixel of its mask, (..., H, W).

    0 at the true pixels and at least 1 elsewhere; where a mask is empty, the frame's diagonal ``sqrt(H^2 + W^2)``,
    which no distance between two of its pixels reaches.

    The square of the distance is separable: it is the least, over the columns, of the squared distance within that
    column plus the squared distance to it (Saito and Toriwaki 1994, doi:10.1016/0031-3203(94)90133-3). All of it is
    computed in integers, so that nothing is rounded before the square root.

    Args:
        masks: (..., H, W) bool.
        dtype: Of the result.
    """
    height, width = masks.shape[-2:]
    distance = masks.logical_not().to(torch.int32, memory_format=torch.contiguous_format).mul_(height + width)
    distance = distance.view(-1, height, width)
    spare = torch.empty_like(distance)  # for both passes: on a CPU, fresh memory costs more than the sums put in it
    _spread_along_columns(distance, spare)
    squared = distance.square_().clamp_(max=height**2 + width**2).view(-1, width)
    return _spread_along_rows(squared.clone(), squared, spare.view(-1, width)).to(dtype).sqrt_().view(masks.shape)


def _spread_along_columns(distance: Tensor, spare: Tensor) -> None:
    """Lower each value (masks, H, W), in place, to the least of the values in its column plus the way to them.

    In steps of 1, 2, 4 ... pixels: a sum of these reaches every pixel, at the price of the way.
    """
    step = 1
    while step < distance.shape[1]:
        farther = torch.add(distance, step, out=spare)
        torch.minimum(distance[:, step:], farther[:, :-step], out=distance[:, step:])
        torch.minimum(distance[:, :-step], farther[:, step:], out=distance[:, :-step])
        step *= 2


def _spread_along_rows(least: Tensor, farther: Tensor, spare: Tensor, start: int = 1) -> Tensor:
    """Lower each value (rows, W), in place, to the least of the values in its row plus the square of the way to them.

    The ways are tried from the shortest up. To allow n pixels after n - 1 is the same as one step of a spreading from
    neighbor to neighbor, at a price of 2n - 1 (Huang and Mitchell 1994, IEEE TPAMI 16 (4)). The price only grows, so
    once a step has lowered nothing in a row, none that follows will: it is left out once half of the rows can be.

    Args:
        least: The values, lowered by ways shorter than ``start``.
        farther: The values as they were, plus the square of ``start - 1``. Used up.
        spare: As many rows, or more. Used up.
        start: The first way to try.
    """
    for way in range(start, least.shape[1]):
        farther += 2 * way - 1
        check = way % _CHECK_EVERY == 0
        before = spare[: len(least)].copy_(least) if check else spare
        torch.minimum(least[:, way:], farther[:, :-way], out=least[:, way:])
        torch.minimum(least[:, :-way], farther[:, way:], out=least[:, :-way])
        if check:
            lowered = before.sub_(least).amax(dim=1) > 0
            count = int(lowered.sum())
            if count <= len(least) // 2:
                if count:
                    least[lowered] = _spread_along_rows(least[lowered], farther[lowered], spare, way + 1)
                break
    return least

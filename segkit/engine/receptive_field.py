"""What a backbone is: parameters, maps, and the pixels that a position of each map depends on."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

_HEIGHT = 32
_WIDTHS = (1024, 2048, 4096)  # of the strips looked at; what sees all of the widest one sees the whole picture

Maps = Callable[[Tensor], Sequence[Tensor]]


@dataclass(frozen=True)
class BackboneFacts:
    """What can be said of a backbone.

    Attributes:
        parameters: How many numbers are trained.
        channels: Of each map, finest first; strides likewise.
        receptive_fields: In pixels, along the width; None for the whole picture.
    """

    parameters: int
    channels: Sequence[int]
    strides: Sequence[int]
    receptive_fields: Sequence[int | None]


def facts_of(backbone: nn.Module, in_channels: int) -> BackboneFacts:
    """Measure a backbone, which is left as it is; it carries ``channels`` and ``strides``."""
    channels: Sequence[int] = backbone.channels  # type: ignore[assignment]
    strides: Sequence[int] = backbone.strides  # type: ignore[assignment]
    parameters = sum(parameter.numel() for parameter in backbone.parameters() if parameter.requires_grad)
    fields = receptive_fields(copy.deepcopy(backbone).eval(), strides, in_channels)
    return BackboneFacts(parameters, tuple(channels), tuple(strides), fields)


def receptive_fields(maps: Maps, strides: Sequence[int], in_channels: int) -> tuple[int | None, ...]:
    """Measure how many columns of the image a column of each map depends on.

    NaN goes through every layer, whatever the weights: a column of a map is NaN just when it depends on a column of
    the image that is. The window of the map's column j moves with it, from ``stride * j + first`` to
    ``stride * j + last``. The columns of the map that become NaN with the image left of a place, and those with the
    image right of it, tell both to within a stride, and a bisection over a stride of places tells them exactly. Where
    windows differ from place to place, as with attention inside fixed windows, one near the middle is measured. A
    window may have gaps, as of dilated kernels, of up to 500 columns.

    Args:
        maps: (N, C, H, W) -> maps (N, c, h, w), in eval mode.
        strides: Of the maps.
        in_channels: C.

    Returns:
        Columns, one number a map; None where a column depends on all columns, however wide the image.
    """
    with torch.inference_mode():
        widths = _wide_enough(maps, len(strides), in_channels)
        return tuple(
            None if width is None else _span(maps, n, strides[n], in_channels, width) for n, width in enumerate(widths)
        )


def _wide_enough(maps: Maps, count: int, in_channels: int) -> list[int | None]:
    """Give for each map the narrowest strip in which a column near a border sees nothing behind the middle."""
    found: list[int | None] = [None] * count
    for width in _WIDTHS:
        left, right = (_seen(maps, in_channels, width, width // 2, before) for before in (True, False))
        for n in range(count):
            if found[n] is None and not left[n].all() and not right[n].all():
                found[n] = width
        if None not in found:
            break
    return found


def _span(maps: Maps, n: int, stride: int, in_channels: int, width: int) -> int:
    middle = width // 2

    def end(place: int, before: bool) -> int:
        """Give the last column of the map that sees anything before a place, or the first that sees what follows."""
        # By the nearest that does not: windows that are rolled, as in a Swin, let the two borders see each other.
        blind = (~_seen(maps, in_channels, width, place, before)[n]).nonzero()
        return int(blind.min()) - 1 if before else int(blind.max()) + 1

    def change(before: bool) -> tuple[int, int]:
        """Give that column in the middle, and the first place behind the middle where it is another."""
        column, low, high = end(middle, before), 0, stride
        while high - low > 1:
            half = (low + high) // 2
            low, high = (half, high) if end(middle + half, before) == column else (low, half)
        return column, middle + high

    column, place = change(before=True)
    first = place - 1 - stride * (column + 1)
    column, place = change(before=False)
    last = place - 1 - stride * column
    return last - first + 1


def _seen(maps: Maps, in_channels: int, width: int, place: int, before: bool) -> list[Tensor]:
    """Tell of each map which columns depend on the image's columns before a place, or on the others."""
    image = torch.zeros(1, in_channels, _HEIGHT, width)
    image[..., slice(place) if before else slice(place, None)] = torch.nan
    return [found.isnan().any(dim=2).any(dim=1)[0] for found in maps(image)]

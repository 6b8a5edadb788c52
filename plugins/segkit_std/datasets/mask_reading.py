"""The options that say how masks are read, made one reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from segkit_std.datasets.mask_colors import Color, colors_of
from segkit_std.datasets.mask_values import EDGES, Value, reading_of

Colors = Mapping[str, Color | Sequence[Color]] | Sequence[Color]


class Reading(Protocol):
    """A way to read masks; its repr tells all that it depends on."""

    def read(self, path: Path) -> np.ndarray:
        """Give the mask of a file, (H, W) uint8: class indices, 255 = ignore."""
        ...


def chosen_reading(
    mask_values: str | Sequence[Value], mask_colors: Colors | None, mask_edges: str, classes: Sequence[str]
) -> Reading | None:
    """Give the reading that the options name; None for ``auto``.

    Raises:
        ValueError: When an option is wrong, or two do not go together.
    """
    if mask_edges not in EDGES:
        raise ValueError(f"mask_edges must be one of {', '.join(EDGES)}, not {mask_edges!r}: give one of them")
    if mask_edges != "threshold" and mask_values != "0/255":
        raise ValueError(f"mask_edges {mask_edges} is for mask_values 0/255, not {mask_values!r}: leave one out")
    if mask_colors is not None:
        if mask_values != "auto":
            raise ValueError(f"masks are read by mask_colors or by mask_values {mask_values!r}: give one of them")
        return colors_of(mask_colors, classes)
    return None if mask_values == "auto" else reading_of(mask_values, classes, mask_edges)

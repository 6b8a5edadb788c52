"""Masks in which a color stands for a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from segkit.errors import DataError
from segkit.images import named, read_mask_colors
from segkit.kinds import IGNORE

Color = tuple[int, int, int]

_IGNORED = "ignore"  # the name of the colors that stand for no class
_SHOWN = 5


@dataclass(frozen=True)
class ColorReading:
    """How colors become classes.

    Attributes:
        meanings: Colors, red, green and blue of 0 to 255, with their class, 255 for ignore.
    """

    meanings: tuple[tuple[Color, int], ...]

    @cached_property
    def _table(self) -> tuple[np.ndarray, np.ndarray]:
        pairs = sorted((_code(np.array(color)), index) for color, index in self.meanings)
        return np.array([code for code, _ in pairs]), np.array([index for _, index in pairs], np.uint8)

    def read(self, path: Path) -> np.ndarray:
        """Read a mask file.

        Args:
            path: The file.

        Returns:
            (H, W) uint8: class indices, and 255 = ignore.

        Raises:
            DataError: When it cannot be decoded, or holds a color without meaning.
        """
        known, classes = self._table
        codes = _code(read_mask_colors(path))
        places = np.searchsorted(known, codes).clip(max=len(known) - 1)
        strange = known[places] != codes
        if strange.any():
            raise DataError(
                f"{named(path)}: the mask holds {_colors(codes[strange])}, which mask_colors does not name",
                "add them to mask_colors (under ignore if they are no class); JPEG changes colors: save masks as PNG",
            )
        mask: np.ndarray = classes[places]
        return mask


def colors_of(
    mask_colors: Mapping[str, Color | Sequence[Color]] | Sequence[Color], classes: Sequence[str]
) -> ColorReading:
    """Give the reading that an option describes.

    Args:
        mask_colors: The color or colors of each class by its name, and of ``ignore`` if some are to be ignored; or a
            list, one color a class.
        classes: Names in index order.

    Raises:
        ValueError: When a class has no color, a name is no class, a color is no three numbers of 0 to 255 or has two
            meanings.
    """
    rule = f"mask_colors must give each of the classes {', '.join(classes)} its colors, three numbers of 0 to 255"
    if not isinstance(mask_colors, Mapping):
        if len(mask_colors) != len(classes):
            raise ValueError(f"{rule}; not {len(mask_colors)} for {len(classes)}: give one for each")
        mask_colors = dict(zip(classes, mask_colors, strict=True))
    for lost in sorted(set(classes) - set(mask_colors)):
        raise ValueError(f"{rule}; none is given for {lost}: add {lost}: [red, green, blue]")
    indices = {_IGNORED: IGNORE} | {name: index for index, name in enumerate(classes)}
    meanings: dict[Color, int] = {}
    for name, given in mask_colors.items():
        if name not in indices:
            raise ValueError(f"{rule}; {name!r} is none of them: name a class, or ignore")
        for color in _several(given):
            if not _is_color(color):
                raise ValueError(f"{rule}; not {color!r} for {name}: give such as [0, 0, 255]")
            if meanings.setdefault(color, indices[name]) != indices[name]:
                raise ValueError(f"{rule}; {list(color)} is given for two of them: keep one")
    return ColorReading(tuple(meanings.items()))


def _several(given: Color | Sequence[Color]) -> list[Any]:
    """Give one color or several as a list of tuples, whatever is wrong with them."""
    colors: Any = [given] if all(isinstance(part, int) for part in given) else given
    return [tuple(color) if isinstance(color, Sequence) else color for color in colors]


def _is_color(color: object) -> TypeGuard[Color]:
    """Tell whether this is three numbers of 0 to 255."""
    return isinstance(color, tuple) and len(color) == 3 and all(isinstance(p, int) and 0 <= p <= 255 for p in color)


def _code(colors: np.ndarray) -> np.ndarray:
    """Give each color (..., 3) as one number."""
    wide = colors.astype(np.int32)
    return wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]


def _colors(codes: np.ndarray) -> str:
    """Name the colors that occur most."""
    unique, counts = np.unique(codes, return_counts=True)
    most = np.argsort(-counts, kind="stable")[:_SHOWN]
    shown = ", ".join(
        f"[{code >> 16}, {code >> 8 & 255}, {code & 255}] ({count} pixels)"
        for code, count in zip(unique[most].tolist(), counts[most].tolist(), strict=True)
    )
    return shown + (f", ... ({len(unique)} colors)" if len(unique) > _SHOWN else "")

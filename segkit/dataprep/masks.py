"""What the masks of a folder hold: their values, which of them are classes, and whether they show a horizon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segkit.errors import DataError
from segkit.images import read_mask_colors, read_mask_values
from segkit.kinds import IGNORE

LOOKED_AT = 100  # masks, evenly spread
_MOST_CLASSES = 64
_EDGES = 0.05  # at most this share of a 0/255 mask is grey: what smoothing leaves at the edges
_BAND = 10  # the top and the bottom tenth
_ABOVE, _BELOW = 0.4, 0.8  # shares of class 0 in the top band (houses may reach into it), of class 1 in the bottom band


@dataclass(frozen=True)
class MaskFacts:
    """What masks hold.

    Attributes:
        values: Those found, in order.
        reading: What ``mask_values`` is to be: "index", "0/255", the list of values, or "auto" when nothing is clear.
        classes: How many there are.
        horizon: Two classes, class 0 above class 1.
        roll: Median tilt of the boundary in degrees; 0 without a horizon.
        colors: Those of the classes, when masks are in color; the most frequent first.
    """

    values: Sequence[int]
    reading: str | Sequence[int]
    classes: int
    horizon: bool
    roll: float
    colors: Sequence[tuple[int, ...]] = ()


MASKS_OF_LINES = MaskFacts((), "auto", 2, horizon=True, roll=0.0)  # where lines.csv stands for the masks


def look_at_masks(paths: Sequence[Path]) -> MaskFacts:
    """Decode some masks; those that cannot be decoded are passed over, for a check names them.

    Args:
        paths: All of them.
    """
    masks: list[np.ndarray] = []
    colored: list[Path] = []
    counts = np.zeros(65536, np.int64)
    for path in spread(paths, LOOKED_AT):
        try:
            mask = read_mask_values(path)
        except DataError:
            colored.append(path)
            continue
        counts += np.bincount(mask.ravel(), minlength=65536)
        masks.append(mask)
    colors = _colors_of(colored) if len(colored) > len(masks) else []
    if colors:
        return MaskFacts([], "auto", len(colors), horizon=False, roll=0.0, colors=colors)
    values = np.flatnonzero(counts).tolist()
    reading, classes = _reading(counts, values)
    if classes != 2 or not masks:
        return MaskFacts(values, reading, classes, horizon=False, roll=0.0)
    upper = [_as_classes(mask, reading) for mask in masks]
    horizon = _class_0_is_above(upper)
    return MaskFacts(values, reading, classes, horizon, _median_roll(upper) if horizon else 0.0)


def spread(paths: Sequence[Path], count: int) -> list[Path]:
    """Give up to ``count`` of the paths, evenly spread."""
    count = min(count, len(paths))
    return [paths[index * (len(paths) - 1) // max(count - 1, 1)] for index in range(count)]


def _reading(counts: np.ndarray, values: Sequence[int]) -> tuple[str | Sequence[int], int]:
    if not values:
        return "auto", 2
    classes = [value for value in values if value != IGNORE]
    if set(values) == {0, IGNORE}:
        return "0/255", 2
    if max(classes, default=0) < _MOST_CLASSES and set(values) != {IGNORE}:
        return "index", max(max(classes) + 1, 2)
    grey = counts.sum() - counts[0] - counts[IGNORE]
    if counts[0] and counts[IGNORE] and max(values) == IGNORE and grey <= _EDGES * counts.sum():
        return "0/255", 2
    if 2 <= len(values) <= _MOST_CLASSES and max(values) <= IGNORE:
        return values, len(values)
    return "auto", 2


def _colors_of(paths: Sequence[Path]) -> list[tuple[int, ...]]:
    """Give the colors of masks, the most frequent first; none when they are too many for classes, or one alone."""
    counts = Counter[tuple[int, ...]]()
    for path in paths:
        try:
            colors, pixels = np.unique(read_mask_colors(path).reshape(-1, 3), axis=0, return_counts=True)
        except DataError:
            continue
        counts.update(dict(zip(map(tuple, colors.tolist()), pixels.tolist(), strict=True)))
        if len(counts) > _MOST_CLASSES:
            return []
    return [color for color, _ in counts.most_common()] if len(counts) > 1 else []


def _as_classes(mask: np.ndarray, reading: str | Sequence[int]) -> np.ndarray:
    """Give a mask of two classes as class 0, class 1 and IGNORE."""
    if reading == "0/255":
        return (mask > 127).astype(np.uint8)
    if isinstance(reading, str):
        return mask.astype(np.uint8)
    second: np.ndarray = mask == reading[1]
    return second.astype(np.uint8)


def _class_0_is_above(masks: Sequence[np.ndarray]) -> bool:
    bands = [(max(len(mask) // _BAND, 1), mask) for mask in masks]
    top = np.mean([(mask[:band] == 0).mean() for band, mask in bands])
    bottom = np.mean([(mask[-band:] == 1).mean() for band, mask in bands])
    return bool(top >= _ABOVE and bottom >= _BELOW)


def _median_roll(masks: Sequence[np.ndarray]) -> float:
    """Give the median tilt of the least-squares lines through the columns that hold both classes."""
    rolls = []
    for mask in masks:
        height = (mask == 0).sum(axis=0)
        both = np.flatnonzero((height > 0) & (height < len(mask)))
        if len(both) > 1:
            slope = np.polyfit(both, height[both], 1)[0]
            rolls.append(abs(float(np.degrees(np.arctan(slope)))))
    return float(np.median(rolls)) if rolls else 0.0

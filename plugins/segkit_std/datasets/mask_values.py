"""What the pixel values of masks mean, as the user says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from segkit.errors import DataError
from segkit.images import named, read_mask_values
from segkit.kinds import IGNORE

EDGES: Final = ("threshold", "ignore", "error")

_NO_CLASS = -1
_DEEPEST = 65535  # of a 16-bit mask

Value = int | tuple[int, int]
Meaning = tuple[int, int, int]  # first value, last value, class


@dataclass(frozen=True)
class MaskReading:
    """How pixel values become classes.

    Attributes:
        name: "index", "0/1", "0/255" or the list of values as text.
        meanings: Ranges of values with their class, 255 for ignore; other values mean nothing.
        remedy: What helps when a mask holds such a value.
        doubtful: No mask has shown yet that 255 is "ignore": one that holds 255 and no class but 0 may be a 0/255
            mask, and is refused.
    """

    name: str
    meanings: tuple[Meaning, ...]
    remedy: str = "mend the mask, or set mask_values to what the masks hold"
    doubtful: bool = False

    @cached_property
    def _table(self) -> np.ndarray:
        table = np.full(_DEEPEST + 1, _NO_CLASS, np.int16)
        for first, last, index in self.meanings:
            table[first : last + 1] = index
        return table

    def read(self, path: Path) -> np.ndarray:
        """Read a mask file.

        Args:
            path: The file.

        Returns:
            (H, W) uint8: class indices, and 255 = ignore.

        Raises:
            DataError: When it cannot be decoded, or a value in it has no meaning or two.
        """
        values = read_mask_values(path)
        held = present(values)
        bad = [value for value in held if self._table[value] == _NO_CLASS]
        if bad:
            legal = ", ".join(str(first) if first == last else f"{first} to {last}" for first, last, _ in self.meanings)
            cause = f"the mask holds {shown(bad)}; read as {self.name}, only {legal} mean something"
            raise DataError(f"{named(path)}: {cause}", self.remedy)
        if self.name == "0/255" and max(held) == 1:
            raise DataError(
                f"{named(path)}: the mask holds {shown(held)}; read as 0/255, all of it would be class 0",
                "set mask_values: 0/1 if all masks are like it, or save it like the others",
            )
        if self.doubtful and 255 in held and held <= {0, 255}:
            raise DataError(
                f"{named(path)}: the mask holds {shown(held)}, while the masks looked at hold class indices and never "
                "255 beside one above 0: here 255 may mean class 1 or ignore",
                "set mask_values: index if it means ignore, 0/255 if it means class 1 in all masks",
            )
        classes: np.ndarray = self._table[values].astype(np.uint8)
        return classes


def reading_of(mask_values: str | Sequence[Value], classes: Sequence[str], edges: str = "threshold") -> MaskReading:
    """Give the reading that an option names; ``auto`` needs `decide`.

    Args:
        mask_values: "index", "0/1", "0/255" or the pixel value or the range of values of each class.
        classes: Names in index order.
        edges: What the values between 0 and 255 of a 0/255 mask are: one of EDGES.

    Raises:
        ValueError: When it is none of these, or does not go with the number of classes.
    """
    if mask_values == "index":
        return MaskReading("index", (*((k, k, k) for k in range(len(classes))), (255, 255, IGNORE)))
    if mask_values in ("0/1", "0/255"):
        if len(classes) != 2:
            raise ValueError(f"mask_values {mask_values} is for two classes, not {len(classes)}: use index or a list")
        return MaskReading("0/1", ((0, 0, 0), (1, 1, 1))) if mask_values == "0/1" else _black_and_white(edges)
    ranges = _ranges(mask_values, len(classes))
    listed = any(first <= IGNORE <= last for first, last in ranges)
    ignored = () if listed else ((IGNORE, IGNORE, IGNORE),)
    meanings = (*((first, last, k) for k, (first, last) in enumerate(ranges)), *ignored)
    return MaskReading(str([first if first == last else [first, last] for first, last in ranges]), meanings)


def shown(values: Collection[int]) -> str:
    """Give values for a message: the first few, and how many there are."""
    ordered = sorted(values)
    return ", ".join(map(str, ordered[:8])) + (f", ... {ordered[-1]} ({len(ordered)} values)" if ordered[8:] else "")


def present(values: np.ndarray) -> set[int]:
    """Give the values that occur in a mask."""
    return {int(value) for value in np.flatnonzero(np.bincount(values.ravel()))}


def _black_and_white(edges: str) -> MaskReading:
    if edges == "threshold":
        return MaskReading("0/255", ((0, 127, 0), (128, 255, 1)))
    if edges == "ignore":
        return MaskReading("0/255", ((0, 0, 0), (1, 254, IGNORE), (255, 255, 1)))
    remedy = "mend the mask, or say what grey pixels are (mask_values: 0/255 and mask_edges: threshold or ignore)"
    return MaskReading("0/255", ((0, 0, 0), (255, 255, 1)), remedy)


def _ranges(mask_values: str | Sequence[Value], count: int) -> list[tuple[int, int]]:
    rule = (
        f"mask_values must be auto, index, 0/1, 0/255 or, for each class, a value or a range of values [first, last] "
        f"of 0 to {_DEEPEST}, not {mask_values!r}"
    )
    if isinstance(mask_values, str) or not all(map(_is_value, mask_values)):
        raise ValueError(f"{rule}: give such as [0, 128] or [0, [1, {_DEEPEST}]]")
    ranges = [(value, value) if isinstance(value, int) else (value[0], value[1]) for value in mask_values]
    if len(ranges) != count or _overlap(ranges):
        raise ValueError(f"{rule}: give {count} that do not overlap, one for each class")
    return ranges


def _is_value(value: Value) -> bool:
    ends = [value, value] if isinstance(value, int) else list(value)
    return len(ends) == 2 and all(isinstance(end, int) for end in ends) and 0 <= ends[0] <= ends[1] <= _DEEPEST


def _overlap(ranges: Iterable[tuple[int, int]]) -> bool:
    ordered = sorted(ranges)
    return any(first <= last for (_, last), (first, _) in pairwise(ordered))

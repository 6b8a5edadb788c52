"""What the pixel values of masks mean: given by the user, or told from the masks when there is only one answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segkit.errors import DataError, Fault
from segkit.images import read_mask_values
from segkit.kinds import IGNORE

LOOKED_AT = 200  # masks that ``auto`` decodes, evenly spread: below a second, and what they leave open is checked later

_NO_CLASS = -1


@dataclass(frozen=True)
class MaskReading:
    """How pixel values become classes.

    Attributes:
        name: "index", "0/1", "0/255" or the list of values as text.
        table: For each value 0 to 255 its class, 255 for ignore, -1 where the value means nothing.
        doubtful: No mask has shown yet that 255 is "ignore": one that holds 255 and no class but 0 may be a 0/255
            mask, and is refused.
    """

    name: str
    table: tuple[int, ...]
    doubtful: bool = False

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
        present = _present(values)
        bad = [v for v in present if v > 255 or self.table[v] == _NO_CLASS]
        if bad:
            legal = [v for v, index in enumerate(self.table) if index != _NO_CLASS]
            raise DataError(
                f"{path}: the mask holds {shown(bad)}; read as {self.name}, only {shown(legal)} mean something",
                "mend the mask, or set mask_values to what the masks hold",
            )
        if self.name == "0/255" and max(present) == 1:
            raise DataError(
                f"{path}: the mask holds {shown(present)}; read as 0/255, all of it would be class 0",
                "set mask_values: 0/1 if all masks are like it, or save it like the others",
            )
        if self.doubtful and 255 in present and present <= {0, 255}:
            raise DataError(
                f"{path}: the mask holds {shown(present)}, while the masks looked at hold class indices and never 255 "
                "beside one above 0: here 255 may mean class 1 or ignore",
                "set mask_values: index if it means ignore, 0/255 if it means class 1 in all masks",
            )
        classes: np.ndarray = np.array(self.table, dtype=np.int16).astype(np.uint8)[values]
        return classes


def reading_of(mask_values: str | Sequence[int], classes: Sequence[str]) -> MaskReading:
    """Give the reading that an option names; ``auto`` needs `decide`.

    Args:
        mask_values: "index", "0/1", "0/255" or the pixel value of each class.
        classes: Names in index order.

    Raises:
        ValueError: When it is none of these, or does not go with the number of classes.
    """
    count = len(classes)
    if mask_values == "index":
        return MaskReading("index", _table({**{k: k for k in range(count)}, 255: IGNORE}))
    if mask_values in ("0/1", "0/255"):
        if count != 2:
            raise ValueError(f"mask_values {mask_values} is for two classes, not {count}: use index or a list")
        two = {0: 0, 1: 1} if mask_values == "0/1" else {v: int(v > 127) for v in range(256)}
        return MaskReading(str(mask_values), _table(two))
    rule = f"mask_values must be auto, index, 0/1, 0/255 or one value of 0 to 255 a class, not {mask_values!r}"
    if isinstance(mask_values, str) or not all(isinstance(v, int) and 0 <= v <= 255 for v in mask_values):
        raise ValueError(f"{rule}: give such as [0, 128]")
    if len(mask_values) != count or len(set(mask_values)) != count:
        raise ValueError(f"{rule}: give {count} different values, for {', '.join(classes)}")
    return MaskReading(str(list(mask_values)), _table({255: IGNORE, **{v: k for k, v in enumerate(mask_values)}}))


def decide(masks: Sequence[Path], classes: Sequence[str]) -> MaskReading:
    """Tell the reading from the masks' values; the rule stands at ``mask_values`` of `Folder`.

    Args:
        masks: The masks of the whole data set, all its splits; at least one.
        classes: Names in index order.

    Raises:
        DataError: When more than one reading is possible, or none, or no mask can be decoded.
    """
    seen, faults = list[set[int]](), list[Fault]()
    count = min(len(masks), LOOKED_AT)
    for index in range(count):
        try:
            seen.append(_present(read_mask_values(masks[index * (len(masks) - 1) // max(count - 1, 1)])))
        except DataError as error:  # it is raised again when the frame is read, where on_error has a say
            faults += error.faults
    if not seen:
        raise DataError.of(faults)
    union = set[int]().union(*seen)
    foreground = set(range(1, len(classes)))
    with_class = [values for values in seen if values & foreground]
    ignore_shown = any(255 in values for values in with_class)
    lone_255 = any(255 in values and not values & foreground for values in seen)
    if union <= foreground | {0, 255}:
        if not lone_255 or ignore_shown:
            return MaskReading("index", reading_of("index", classes).table, doubtful=not ignore_shown)
        if len(classes) == 2 and union == {0, 255}:
            return MaskReading("0/255", _table({0: 0, 255: 1}))
    what = f"{masks[0].parent}: {len(seen)} masks looked at hold the values {shown(union)}"
    raise DataError(f"{what}, which can be read in more than one way, or in none", _remedy(union, len(classes)))


def shown(values: Collection[int]) -> str:
    """Give values for a message: the first few, and how many there are."""
    ordered = sorted(values)
    return ", ".join(map(str, ordered[:8])) + (f", ... {ordered[-1]} ({len(ordered)} values)" if ordered[8:] else "")


def _present(values: np.ndarray) -> set[int]:
    return {int(value) for value in np.flatnonzero(np.bincount(values.ravel()))}


def _table(meaning: dict[int, int]) -> tuple[int, ...]:
    return tuple(meaning.get(value, _NO_CLASS) for value in range(256))


def _remedy(union: set[int], count: int) -> str:
    if count == 2 and max(union) > 127 and not union <= {0, 1, 255}:
        return "set mask_values: 0/255 if the bright pixels (above 127) are class 1, or list the value of each class"
    if union <= {*range(count), 255}:
        other = "0/255 if it is class 1" if count == 2 else "a list of each class's value if not"
        return f"set mask_values: index if 255 means ignore, {other}"
    return f"set mask_values to the pixel value of each of the {count} classes, such as {[0, 128, 255, 64][:count]}"

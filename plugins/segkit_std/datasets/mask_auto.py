"""What the pixel values of masks mean, told from the masks when there is only one answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segkit.errors import DataError, Fault
from segkit.images import named, read_mask_values
from segkit_std.datasets.mask_values import MaskReading, present, reading_of, shown

LOOKED_AT = 200  # masks that are decoded, evenly spread: below a second, and what they leave open is checked later


def some(masks: Sequence[Path]) -> list[Path]:
    """Give up to LOOKED_AT masks, evenly spread from the first to the last."""
    count = min(len(masks), LOOKED_AT)
    return [masks[index * (len(masks) - 1) // max(count - 1, 1)] for index in range(count)]


def decide(masks: Sequence[Path], classes: Sequence[str]) -> MaskReading:
    """Tell the reading from the masks' values; the rule stands at ``mask_values`` of `Folder`.

    Args:
        masks: The masks of the whole data set, all its splits; at least one.
        classes: Names in index order.

    Raises:
        DataError: When more than one reading is possible, or none, or no mask can be decoded.
    """
    seen, faults = list[set[int]](), list[Fault]()
    for mask in some(masks):
        try:
            seen.append(present(read_mask_values(mask)))
        except DataError as error:  # it is raised again when the frame is read, where on_error has a say
            faults += error.faults
    if not seen:
        raise DataError.of(faults)
    union = set[int]().union(*seen)
    foreground = set(range(1, len(classes)))
    ignore_shown = any(255 in values and values & foreground for values in seen)
    lone_255 = any(255 in values and not values & foreground for values in seen)
    if union <= foreground | {0, 255}:
        if not lone_255 or ignore_shown:
            index = reading_of("index", classes)
            return MaskReading(index.name, index.meanings, doubtful=not ignore_shown)
        if len(classes) == 2 and union == {0, 255}:
            return reading_of("0/255", classes, edges="error")
    what = f"{named(masks[0].parent)}: {len(seen)} masks looked at hold the values {shown(union)}"
    raise DataError(f"{what}, which can be read in more than one way, or in none", _remedy(union, len(classes)))


def _remedy(union: set[int], count: int) -> str:
    if count == 2 and max(union) > 127 and not union <= {0, 1, 255}:
        return "set mask_values: 0/255 if the bright pixels (above 127) are class 1, or list the value of each class"
    if union <= {*range(count), 255}:
        other = "0/255 if it is class 1" if count == 2 else "a list of each class's value if not"
        return f"set mask_values: index if 255 means ignore, {other}"
    if count == 2 and union > set(range(max(union))):
        return "set mask_values: [0, [1, 65535]] if these are instances of class 1, or list the value of each class"
    return f"set mask_values to the pixel value of each of the {count} classes, such as {[0, 128, 255, 64][:count]}"

"""Frames that stand twice: inside a split, and, what spoils every figure, in two splits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from segkit.dataprep.findings import Finding, printable
from segkit.dataprep.reading import SplitReading
from segkit.engine.duplicates import BITS, REMEDY, Looks, joined, near


def repeated(readings: Mapping[str, SplitReading], files: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """Give the frames with equal pixels: an error across splits, a warning inside one.

    Args:
        readings: Of each split.
        files: What each frame of a split is called, in the order of its reading.
    """
    places = defaultdict[bytes, list[tuple[str, str]]](list)
    for split, reading in readings.items():
        for file, content in zip(files[split], reading.contents, strict=True):
            places[content].append((split, file))
    for same in places.values():
        (split, file), *others = same
        for other_split, other in others:
            if other_split == split:
                cause = f"{split}: the same pixels as {file}"
                yield Finding("warning", "duplicate", other, cause, "keep one of the two")
            else:
                cause = f"{other_split}: the same pixels as {file} of {split}"
                yield Finding("error", "leak", other, cause, REMEDY)


def divided_groups(readings: Mapping[str, SplitReading]) -> Iterator[Finding]:
    """Give the groups that have frames in more than one split."""
    counts = defaultdict[str, dict[str, int]](dict)
    for split, reading in readings.items():
        for group in filter(None, reading.groups):
            counts[group][split] = counts[group].get(split, 0) + 1
    for group, splits in sorted(counts.items()):
        if len(splits) > 1:
            where = ", ".join(f"{count} in {split}" for split, count in splits.items())
            cause = f"the group {printable(group)} is cut: {where} frames"
            yield Finding("error", "divided_group", "", cause, "move it into one split as a whole")


def nearly_repeated(readings: Mapping[str, SplitReading], files: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """Give each frame that nearly repeats one of another split, with the frame that is nearest to it."""
    looks = {split: joined(reading.looks) for split, reading in readings.items() if reading.looks}
    for one, other in combinations(looks, 2):
        for row, column, bits in _nearest(looks[other], looks[one]):
            if readings[other].contents[row] == readings[one].contents[column]:
                continue  # told by `repeated`
            cause = f"{other}: nearly the same picture as {files[one][column]} of {one} ({bits} of {BITS} bits differ)"
            yield Finding("warning", "near_duplicate", files[other][row], cause, REMEDY)


def _nearest(rows: Looks, columns: Looks) -> Iterator[tuple[int, int, int]]:
    """Give each row that has a near column, with the nearest and its distance."""
    found: dict[int, tuple[int, int]] = {}
    for row, column, bits in near(rows, columns):
        found[row] = min(found.get(row, (bits, column)), (bits, column))
    for row, (bits, column) in sorted(found.items()):
        yield row, column, bits

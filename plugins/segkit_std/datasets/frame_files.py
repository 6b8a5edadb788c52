"""The frames of one split of a folder: their files, what the table says of them, and a fingerprint of it all."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

from segkit.errors import DataError
from segkit.images import named
from segkit_std.datasets.frame_table import Row, read_table
from segkit_std.datasets.groups import compiled, groups_by_name
from segkit_std.datasets.pairs import Pair, find_pairs
from segkit_std.datasets.place import Place
from segkit_std.datasets.split_lists import check_lists, read_lists
from segkit_std.datasets.splitting import SPLITS, check_ratios, split_by_ratio


@dataclass(frozen=True)
class Frame:
    """One frame: its files, and its row of the table."""

    pair: Pair
    row: Row


@dataclass(frozen=True)
class Splitting:
    """How frames that lie in one folder are told apart: by lists, else by ratio; groups as a pattern finds them."""

    ratios: Sequence[float]
    seed: int
    lists: Mapping[str, str] | None
    pattern: re.Pattern[str] | None


def splitting_of(
    split: str, ratios: Sequence[float], seed: int, lists: Mapping[str, str] | None, group_pattern: str | None
) -> Splitting:
    """Check the options of a split.

    Raises:
        ValueError: When one is wrong.
    """
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, not {split!r}: give one of them")
    check_ratios(ratios)
    if lists is not None:
        check_lists(lists, split)
    return Splitting(ratios, seed, lists, None if group_pattern is None else compiled(group_pattern))


def find_frames(root: Path, place: Place, split: str, splitting: Splitting) -> list[Frame]:
    """Find the frames of a split, in the order of their stems.

    Raises:
        DataError: When the files, the table or the lists are wrong, with every fault found, or cannot be split so.
    """
    table, table_faults = read_table(place.table)
    pairs, faults = find_pairs(place, [stem for stem, row in table.items() if {"slope", "offset"} <= row.meta.keys()])
    if faults or table_faults:
        raise DataError.of([*faults, *table_faults])
    frames = [Frame(pair, table.get(pair.stem, Row())) for pair in pairs]
    if splitting.pattern is not None:
        groups = groups_by_name([pair.stem for pair in pairs], splitting.pattern)
        frames = [replace(f, row=replace(f.row, group=group)) for f, group in zip(frames, groups, strict=True)]
    if splitting.lists is not None:
        if not place.shared:
            raise DataError(
                f"{named(root)}: lists are for frames in {root.name}/images, and here each split has its own folder",
                "leave lists out, or lay all images in one folder and all masks in another",
            )
        split_of = read_lists(root, splitting.lists, [pair.stem for pair in pairs])
        return [frame for frame in frames if split_of.get(frame.pair.stem) == split]
    return _by_ratio(place, frames, split, splitting) if place.shared else frames


def fingerprint(root: Path, frames: Sequence[Frame], table: Path, reading: str) -> str:
    """Hash what frames depend on: the files by name, size and time of change, and how masks and groups are read."""
    digest = blake2b(reading.encode(), digest_size=16)
    for frame in frames:
        digest.update(f"{frame.row.group!r}\n".encode())
        for file in (frame.pair.image, frame.pair.mask):
            if file is not None:
                digest.update(_stamp(root, file))
    if table.is_file():
        digest.update(_stamp(root, table))
    return digest.hexdigest()


def _stamp(root: Path, file: Path) -> bytes:
    stat = file.stat()
    name = file.relative_to(root) if file.is_relative_to(root) else file
    return b"%b\0%d\0%d\n" % (os.fsencode(name.as_posix()), stat.st_size, stat.st_mtime_ns)


def _by_ratio(place: Place, frames: Sequence[Frame], split: str, splitting: Splitting) -> list[Frame]:
    """Keep the frames that the split by ratio gives to a split; a group is never cut."""
    # A frame without a group stands for itself; the slash keeps a group and a frame of one name apart.
    units = [frame.row.group or f"/{frame.pair.stem}" for frame in frames]
    sizes = Counter(units)
    if len(sizes) < len(SPLITS):
        grouped = any(frame.row.group for frame in frames)
        what, source = ("groups", place.table) if grouped and splitting.pattern is None else ("pairs", place.images)
        if grouped and splitting.pattern is not None:
            what = f"groups by {splitting.pattern.pattern!r}"
        shown = ", ".join(unit.removeprefix("/") for unit in sorted(sizes))
        raise DataError(
            f"{named(source)}: {len(sizes)} {what} ({shown}) cannot fill train, val and test; a group is never cut",
            f"add {what.split()[0]}, or lay the files out as root/train, root/val and root/test",
        )
    split_of = split_by_ratio(sizes, splitting.ratios, splitting.seed)
    return [frame for frame, unit in zip(frames, units, strict=True) if split_of[unit] == split]

"""Finds frames that are nearly the same in two splits: what is measured on them was seen in training."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor
from torch.nn import functional as F

from segkit.engine.cache import CachedFrames, Frames

REMEDY = "split by group (video, drive, flight): a column group in lines.csv, or group_pattern"
BITS = 512
NEAR = 32  # bits that may differ: drone frames that recur in another clip differ in up to 20, others in 52 and more

_SIDE = 16
_READ = 64  # frames at a time
_COMPARED = 4096  # frames at a time: 64 MiB of distances at most
_SHOWN = 3
_log = logging.getLogger("segkit")


@dataclass(frozen=True)
class Duplicate:
    """Two frames of different splits that are nearly the same.

    Attributes:
        first: The split and the id of the one.
        second: Those of the other.
        bits: In how many of `BITS` their hashes differ.
    """

    first: tuple[str, str]
    second: tuple[str, str]
    bits: int

    def __str__(self) -> str:
        return f"{'/'.join(self.first)} and {'/'.join(self.second)}"


def difference_hash(images: Tensor) -> Tensor:
    """Hash pictures so that nearly the same picture has nearly the same hash.

    A bit says whether a field of the picture is brighter than its neighbor to the left, or above: 16 x 16 fields each
    way (the dHash of N. Krawetz 2013, in both directions). Brightness, contrast and size change hardly any bit; other
    scenes differ in about half of them.

    Args:
        images: (N, C, H, W).

    Returns:
        (N, 512) bool.
    """
    grey = images.float().mean(dim=1, keepdim=True)
    wide = F.adaptive_avg_pool2d(grey, (_SIDE, _SIDE + 1))
    tall = F.adaptive_avg_pool2d(grey, (_SIDE + 1, _SIDE))
    return torch.cat([(wide.diff(dim=3) > 0).flatten(1), (tall.diff(dim=2) > 0).flatten(1)], dim=1)


def find_duplicates(splits: Mapping[str, Frames]) -> list[Duplicate]:
    """Compare every frame of each split with every frame of the others, by their hashes at network size.

    Args:
        splits: The frames of each split; they are read once more, so they should be cached.

    Returns:
        The pairs that differ in at most `NEAR` bits, in the order of the splits and their frames.
    """
    hashes = {split: _hashes(frames) for split, frames in splits.items()}
    found: list[Duplicate] = []
    for one, other in combinations(splits, 2):
        for row, column, bits in near(hashes[one], hashes[other]):
            first, second = (one, splits[one].ids[row]), (other, splits[other].ids[column])
            found.append(Duplicate(first, second, bits))
    return found


def tell_duplicates(splits: Mapping[str, Frames]) -> None:
    """Warn of near-duplicates among the splits that are cached; to decode the others again would cost an epoch."""
    found = find_duplicates({split: frames for split, frames in splits.items() if isinstance(frames, CachedFrames)})
    if found:
        _log.warning("%s\n    %s", summary(found), REMEDY)


def summary(found: Sequence[Duplicate]) -> str:
    """Say in a line how many pairs there are, and name the first few."""
    examples = "; ".join(map(str, found[:_SHOWN])) + ("; ..." if len(found) > _SHOWN else "")
    pairs = "1 pair of frames is" if len(found) == 1 else f"{len(found)} pairs of frames are"
    return f"{pairs} nearly the same in two splits, so the figures will be too good: {examples}"


def _hashes(frames: Frames) -> Tensor:
    rows = range(len(frames))
    parts = [difference_hash(frames.batch(rows[start : start + _READ])[0]) for start in range(0, len(rows), _READ)]
    return torch.cat(parts) if parts else torch.zeros(0, BITS, dtype=torch.bool)


def near(one: Tensor, other: Tensor) -> Iterator[tuple[int, int, int]]:
    """Give a row of one, a row of the other and their distance in bits, for all that differ in at most `NEAR`.

    Args:
        one: Hashes (N, 512) bool.
        other: Likewise.
    """
    # A matrix product counts the bits that agree, and is exact.
    for start in range(0, len(one), _COMPARED):
        for begin in range(0, len(other), _COMPARED):
            left, right = _signs(one[start : start + _COMPARED]), _signs(other[begin : begin + _COMPARED])
            apart = (BITS - left @ right.T) / 2
            for row, column in (apart <= NEAR).nonzero().tolist():
                yield start + row, begin + column, int(apart[row, column])


def _signs(bits: Tensor) -> Tensor:
    return bits.float() * 2 - 1

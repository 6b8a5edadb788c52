"""Finds frames that are nearly the same in two splits: what is measured on them was seen in training."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from segkit.engine.cache import CachedFrames, Frames

REMEDY = "split by group (video, drive, flight): a column group in lines.csv, or group_pattern"
BITS = 512
NEAR = 32  # bits that may differ: drone frames that recur in another clip differ in up to 20, others in 52 and more
ALIKE = 0.98  # least correlation of colors: of frames that recur 0.999; of two seas under smooth skies 0.9 and less

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


class Looks(NamedTuple):
    """What pictures are compared by.

    Attributes:
        hashes: What `difference_hash` gives, (N, 512) bool.
        colors: The pictures as 16 x 16 fields, (N, C * 256) uint8.
    """

    hashes: Tensor
    colors: Tensor


def look_at(images: Tensor) -> Looks:
    """Take the looks of images (N, C, H, W)."""
    colors = F.adaptive_avg_pool2d(images.float(), _SIDE).flatten(1)
    return Looks(difference_hash(images), colors.round().to(torch.uint8))


def joined(parts: Sequence[Looks]) -> Looks:
    """Put the looks of several batches one behind the other; there is at least one batch."""
    return Looks(torch.cat([part.hashes for part in parts]), torch.cat([part.colors for part in parts]))


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
        The pairs that differ in at most `NEAR` bits and whose colors are alike, in the order of the splits and frames.
    """
    looks = {split: _looks(frames) for split, frames in splits.items() if len(frames)}
    found: list[Duplicate] = []
    for one, other in combinations(looks, 2):
        for row, column, bits in near(looks[one], looks[other]):
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


def _looks(frames: Frames) -> Looks:
    starts = range(0, len(frames), _READ)
    return joined([look_at(frames.batch(range(start, min(start + _READ, len(frames))))[0]) for start in starts])


def near(one: Looks, other: Looks) -> Iterator[tuple[int, int, int]]:
    """Give a row of one, a row of the other and their distance in bits, for all that are nearly the same picture.

    Such differ in at most `NEAR` bits, and their colors are the same but for brightness and contrast: the bits alone
    cannot part smooth pictures, for one sky over one sea brightens toward the line as any other does.
    """
    # A matrix product counts the bits that agree, and is exact.
    for start in range(0, len(one.hashes), _COMPARED):
        for begin in range(0, len(other.hashes), _COMPARED):
            left, right = (_signs(part) for part in (one.hashes[start:][:_COMPARED], other.hashes[begin:][:_COMPARED]))
            apart = (BITS - left @ right.T) / 2
            for row, column in (apart <= NEAR).nonzero().tolist():
                if _alike(one.colors[start + row], other.colors[begin + column]):
                    yield start + row, begin + column, int(apart[row, column])


def _signs(bits: Tensor) -> Tensor:
    return bits.float() * 2 - 1


def _alike(one: Tensor, other: Tensor) -> bool:
    """Tell whether the colors (n) of two pictures correlate; what is even correlates with everything."""
    first, second = one.double() - one.double().mean(), other.double() - other.double().mean()
    return bool(first @ second >= ALIKE * first.norm() * second.norm())

"""Split frames or whole groups by ratio, the same way on every machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b

SPLITS = ("train", "val", "test")

_ATTEMPTS = 64  # orders of the groups that are tried: one alone may leave the biggest group to the test set


def check_ratios(ratios: Sequence[float]) -> None:
    """Raise ValueError unless there are three positive shares that add up to one."""
    if len(ratios) != len(SPLITS) or not all(share > 0 for share in ratios) or abs(sum(ratios) - 1) > 1e-6:
        raise ValueError(
            f"ratios must be three positive shares (train, val, test) that add up to 1, not {tuple(ratios)}: "
            "give such as [0.7, 0.15, 0.15]"
        )


def split_by_ratio(sizes: Mapping[str, int], ratios: Sequence[float], seed: int) -> dict[str, str]:
    """Give each unit (a frame, or a group of frames) its split; none stays empty.

    The order is that of a hash of seed and name, so it depends on no library's random numbers. In this order each
    unit goes where most frames are missing; of several orders the one that meets the ratios best is taken.

    Args:
        sizes: Frames in each unit; at least three units.
        ratios: Shares of train, val and test.
        seed: Chooses the split.

    Returns:
        The split of each unit.
    """
    targets = [share * sum(sizes.values()) for share in ratios]
    attempts = _ATTEMPTS if max(sizes.values()) > 1 else 1  # frames fit equally well in any order
    tried = [_fill(sizes, _order(sizes, f"{seed}/{attempt}"), targets) for attempt in range(attempts)]
    _, best = min(tried, key=lambda outcome: outcome[0])
    return {unit: SPLITS[index] for unit, index in best.items()}


def _order(units: Mapping[str, int], key: str) -> list[str]:
    def place(unit: str) -> tuple[bytes, str]:
        # A file's name may hold bytes that are no UTF-8; Python keeps them as surrogates.
        return blake2b(f"{key}/{unit}".encode(errors="surrogateescape")).digest(), unit

    return sorted(units, key=place)


def _fill(sizes: Mapping[str, int], order: list[str], targets: list[float]) -> tuple[float, dict[str, int]]:
    """Give how many frames the splits are off their targets, and the index of each unit's split."""
    missing, empty, placed = list(targets), set(range(len(targets))), dict[str, int]()
    for position, unit in enumerate(order):
        last_chance = len(order) - position == len(empty)
        index = max(sorted(empty) if last_chance else range(len(targets)), key=lambda i: missing[i])
        missing[index] -= sizes[unit]
        empty.discard(index)
        placed[unit] = index
    return sum(map(abs, missing)), placed

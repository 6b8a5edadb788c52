"""Checks of options that several augmentations have."""

from __future__ import annotations


def span(name: str, value: float | tuple[float, float], lowest: float, highest: float) -> tuple[float, float]:
    """Give an option's range: a number x stands for (-x, x).

    Raises:
        ValueError: When it is no range, or leaves [lowest, highest].
    """
    low, high = value if isinstance(value, (tuple, list)) else (-value, value)
    if not lowest <= low <= high <= highest:
        raise ValueError(
            f"{name} must be a number >= 0 or a range (low, high) within [{lowest}, {highest}], not {value}"
        )
    return float(low), float(high)

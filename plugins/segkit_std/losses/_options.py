"""What the options of several losses have in common."""

from __future__ import annotations

from collections.abc import Sequence


def class_indices(include: Sequence[str] | None, classes: Sequence[str]) -> list[int] | None:
    """Give the indices of the included classes; None, for all of them, when ``include`` is None.

    Raises:
        ValueError: When ``include`` is empty, repeats a class or names one that does not exist.
    """
    if include is None:
        return None
    if not include or len(set(include)) < len(include) or not set(include) <= set(classes):
        raise ValueError(f"include must be one or more of the classes {list(classes)}, each once, not {list(include)}")
    return [list(classes).index(name) for name in include]


def check_label_smoothing(value: float) -> float:
    """Give the value back.

    Raises:
        ValueError: When it does not lie in [0, 1).
    """
    if not 0 <= value < 1:
        raise ValueError(f"label_smoothing must lie in [0, 1), not {value}: give such as 0.05")
    return value

"""How far one line lies from another, in the frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segkit_horizon.frame.segment import segment

Array = NDArray[np.float64]
Line = tuple[Array, Array]


def angle_error(true: Line, seen: Line) -> Array:
    """Give the angle in degrees, in [0, 180], between the normals of lines (normal, rho), each (n,)."""
    turn = np.remainder(seen[0] - true[0] + np.pi, 2 * np.pi) - np.pi
    degrees: Array = np.degrees(np.abs(turn))
    return degrees


def center_error(true: Line, seen: Line, size: tuple[int, int]) -> Array:
    """Give the difference in pixels of the lines' y in the middle column, or x in the middle row if they are steep.

    A true line is steep above 45 degrees. The error is at most the frame's diagonal, also where the other is parallel
    to the column or the row.
    """
    height, width = size
    level = np.abs(np.sin(true[0])) >= np.abs(np.cos(true[0]))

    def place(line: Line) -> Array:
        cos, sin = np.cos(line[0]), np.sin(line[0])
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Array = (line[1] - np.where(level, cos * width, sin * height) / 2) / np.where(level, sin, cos)
        return found

    return np.fmin(np.abs(place(true) - place(seen)), np.hypot(height, width))


def line_error(true: Line, seen: Line, size: tuple[int, int]) -> Array:
    """Give the mean distance in pixels from the other line of the true line's points in the frame."""
    across = np.stack([np.cos(seen[0]), np.sin(seen[0])], axis=-1)
    first, last = ((end * across).sum(axis=-1) - seen[1] for end in segment(*true, size))
    # A trapezoid, or two triangles where the lines cross in the frame.
    span = np.abs(first) + np.abs(last)
    split = (first**2 + last**2) / np.where(span > 0, 2 * span, 1)
    mean: Array = np.where(first * last < 0, split, span / 2)
    return mean

"""The mask that a line says: what is known of a frame of which only the horizon was marked."""

from __future__ import annotations

import numpy as np

from segkit.kinds import IGNORE


def mask_of_line(size: tuple[int, int], slope: float, offset: float, margin: float) -> np.ndarray:
    """Give 0 to the pixels whose centers lie above the line ``y = slope * x + offset * height`` and 1 to the others.

    Args:
        size: Height and width in pixels; pixel (row r, column c) has its center at x = c + 0.5, y = r + 0.5.
        slope: dy/dx, y downward.
        offset: y at x = 0 over the height.
        margin: What is nearer to the line than this many pixels is 255, ignored: a line is straight where a horizon
            is hilly, and marked within a pixel or two.

    Returns:
        (H, W) uint8.
    """
    height, width = size
    x, y = np.arange(width) + 0.5, np.arange(height)[:, None] + 0.5
    below = y - (slope * x + offset * height)
    mask = (below >= 0).astype(np.uint8)
    mask[np.abs(below) < margin * np.hypot(1, slope)] = IGNORE
    return mask

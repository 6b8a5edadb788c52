"""The part of a line that lies within the frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def segment(normal: ArrayLike, rho: ArrayLike, size: tuple[int, int]) -> tuple[Array, Array]:
    """Cut lines ``cos(normal) * x + sin(normal) * y = rho`` to a frame.

    Args:
        normal: Radians, (...).
        rho: Pixels, (...).
        size: Height and width of the frame.

    Returns:
        The ends (..., 2) of each line's part in the frame, as x and y; NaN where the line misses the frame.
    """
    normal, rho = np.broadcast_arrays(np.asarray(normal, np.float64), np.asarray(rho, np.float64))
    across = np.stack([np.cos(normal), np.sin(normal)], axis=-1)
    along = np.stack([-across[..., 1], across[..., 0]], axis=-1)
    foot = rho[..., None] * across
    steady = np.where(np.abs(along) < 1e-12, 1e-12, along)
    entries = np.stack([-foot, np.array(size[::-1]) - foot]) / steady[None]
    begin, end = entries.min(axis=0).max(axis=-1), entries.max(axis=0).min(axis=-1)
    hit = begin < end
    first, last = (foot + np.where(hit, t, np.nan)[..., None] * along for t in (begin, end))
    return first, last

"""Which way is down: from the horizon's line in the frame to the vertical in the camera's axes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from segkit_horizon.frame.segment import segment
from segkit_horizon.line import Lens
from segkit_horizon.range.earth import Array, dip

_SAMPLES = 65  # points along the line at which its bend is balanced


def nadir(normal: ArrayLike, rho: ArrayLike, size: tuple[int, int], lens: Lens, height_m: ArrayLike) -> Array:
    """Find which way is straight down in the camera's axes (x right, y down, z forward), from the horizon's line.

    The visible horizon is a cone about the vertical, below the horizontal by its dip; in the frame it is a curve that
    bends away from any straight line by up to a tenth of a pixel. The vertical is the one whose cone has the line as
    its least-squares line over the frame: where the curve bends the line is right in the mean.

    Args:
        normal: Angle in radians of the line's normal, toward the sea, in the undistorted frame (...).
        rho: The line's distance from the frame's top-left corner in pixels (...).
        size: Height and width of the frame.
        lens: The camera's.
        height_m: Of the camera above the sea (...).

    Returns:
        Unit vectors (..., 3).
    """
    normal, rho = np.broadcast_arrays(np.asarray(normal, np.float64), np.asarray(rho, np.float64))
    cos, sin = np.cos(normal), np.sin(normal)
    plane = unit(np.stack([cos * lens.fx, sin * lens.fy, cos * lens.cx + sin * lens.cy - rho], axis=-1))
    first, last = ends(normal, rho, size)
    share = np.linspace(0, 1, _SAMPLES)[:, None]
    rays = rays_through(first[..., None, :] + share * (last - first)[..., None, :], lens)
    ahead = unit(rays[..., _SAMPLES // 2, :])
    # The normal tilted ahead, so far that the cone lies on the line in the mean over its pixels.
    seen, goal = (rays * ahead[..., None, :]).sum(axis=-1), np.linalg.norm(rays, axis=-1)
    sine = np.sin(dip(height_m)) * (seen * goal).sum(axis=-1) / np.square(seen).sum(axis=-1)
    down: Array = sine[..., None] * ahead + np.sqrt(1 - sine**2)[..., None] * plane
    return down


def ends(normal: Array, rho: Array, size: tuple[int, int]) -> tuple[Array, Array]:
    """Give the ends of the line's part in the frame; where it misses the frame, of as much of it beside the frame."""
    first, last = segment(normal, rho, size)
    across = np.stack([np.cos(normal), np.sin(normal)], axis=-1)
    along = np.stack([-across[..., 1], across[..., 0]], axis=-1)
    middle = np.array(size[::-1]) / 2
    foot = middle + (rho - across @ middle)[..., None] * across
    missing = np.isnan(first)
    half = max(size) / 2 * along
    return np.where(missing, foot - half, first), np.where(missing, foot + half, last)


def rays_through(pixels: Array, lens: Lens) -> Array:
    """Look through undistorted pixels (..., 2): vectors (..., 3) of depth 1."""
    x, y = (pixels[..., 0] - lens.cx) / lens.fx, (pixels[..., 1] - lens.cy) / lens.fy
    return np.stack([x, y, np.ones_like(x)], axis=-1)


def unit(vectors: Array) -> Array:
    """Bring vectors (..., 3) to length 1."""
    length: Array = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / length

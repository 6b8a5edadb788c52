"""How far off on the sea a point in the frame is: from the camera's height, its lens and the horizon's line.

The roll and the pitch of the camera are read off the line, so no other sensor is needed. The answer is an interval:
near the horizon a pixel is worth hundreds of meters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from segkit_horizon.line import Lens
from segkit_horizon.range.earth import Array, dip, sea_distance
from segkit_horizon.range.vertical import ends, nadir, rays_through, unit


@dataclass(frozen=True)
class Sigma:
    """Standard deviations of what a range is computed from; each a number, or an array that fits the points.

    Attributes:
        angle_deg: Of the line's angle, in degrees.
        offset_px: Of the line's place at the middle of its part in the frame, across the line, in pixels.
        point_px: Of the point's place across the line, in pixels.
    """

    angle_deg: ArrayLike = 0.0
    offset_px: ArrayLike = 0.0
    point_px: ArrayLike = 0.0


@dataclass(frozen=True, eq=False)
class Ranges:
    """Distances along the sea from the camera's foot, in meters, an array of the points' shape each.

    Attributes:
        answer: "below" where the point lies below the visible horizon; "at" where, within its deviation, it cannot be
            told from it; "above" where it lies higher, and has no range; "unknown" where the line is NaN.
        distance: The best answer; infinite where the answer is "at" and the point itself is not below the horizon.
        low: The near end of the interval.
        high: The far end; infinite where the answer is "at". All three are NaN where it is "above" or "unknown".
    """

    answer: NDArray[np.str_]
    distance: Array
    low: Array
    high: Array


def sea_ranges(
    points: ArrayLike,
    normal: ArrayLike,
    rho: ArrayLike,
    size: tuple[int, int],
    lens: Lens,
    height_m: ArrayLike,
    sigma: Sigma | None = None,
) -> Ranges:
    """Tell the distance along the sea of points of its surface, as an interval.

    The interval is what the distance would be with the point one standard deviation lower and higher against the line:
    where the errors are normal it holds the truth in 68 of 100 cases, whatever the distance.

    Args:
        points: x and y in the frame as the lens shows it (..., 2), in pixels.
        normal: Angle in radians of the line's normal, toward the sea, in the undistorted frame (...).
        rho: The line's distance from the frame's top-left corner in pixels (...).
        size: Height and width of the frame.
        lens: The camera's.
        height_m: Of the camera above the sea (...), above 0.
        sigma: Standard deviations of line and point; without them the interval has no width.

    Raises:
        ValueError: When a height is not above 0.
    """
    if not (np.asarray(height_m) > 0).all():
        raise ValueError(f"height_m must be above 0, not {height_m!r}: give its height above the sea in meters")
    sigma = sigma or Sigma()
    normal, rho = np.broadcast_arrays(np.asarray(normal, np.float64), np.asarray(rho, np.float64))
    pixels = lens.undistort(torch.as_tensor(np.asarray(points, np.float64))).numpy()
    across = np.stack([np.cos(normal), np.sin(normal)], axis=-1)
    down, spread = nadir(normal, rho, size, lens, height_m), _spread(pixels, normal, rho, size, sigma)

    def depression(shift: int) -> Array:
        rays = rays_through(pixels + shift * spread[..., None] * across, lens)
        angle: Array = np.arcsin(np.clip((unit(rays) * down).sum(axis=-1), -1, 1))
        return angle

    lower, middle, higher = depression(1), depression(0), depression(-1)
    edge = dip(height_m)
    far = ~(lower >= edge)
    answer = np.where(np.isnan(lower), "unknown", np.where(far, "above", np.where(higher > edge, "below", "at")))
    distance, low, high = (np.where(far, np.nan, sea_distance(angle, height_m)) for angle in (middle, lower, higher))
    return Ranges(answer, distance, low, high)


def _spread(pixels: Array, normal: Array, rho: Array, size: tuple[int, int], sigma: Sigma) -> Array:
    """Give the standard deviation in pixels of the points' distances from the line."""
    first, last = ends(normal, rho, size)
    along = np.stack([-np.sin(normal), np.cos(normal)], axis=-1)
    lever = ((pixels - (first + last) / 2) * along).sum(axis=-1)
    turn = np.radians(np.asarray(sigma.angle_deg)) * lever
    spread: Array = np.sqrt(turn**2 + np.square(np.asarray(sigma.offset_px)) + np.square(np.asarray(sigma.point_px)))
    return spread

"""The round sea under a refracting air: how far down its horizon lies, and how far off what lies below the horizon.

Light that is bent by the air at a constant rate runs straight over a larger sphere, of radius R' = R / (1 - k). All is
exact on that sphere; for small angles the dip of the horizon is sqrt(2h / R'), its distance sqrt(2h R'), and the
depression of the sea at distance d is h / d + d / (2R').

Source: M. Bomford, Geodesy, 4th edition, 1980, chapter 3 (the coefficient of refraction, 0.13 in the mean by day).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

REFRACTION = 0.13
RADIUS = 6_371_000 / (1 - REFRACTION)  # of the sphere over which light runs straight, in meters


def dip(height: ArrayLike) -> Array:
    """Give the angle of the visible horizon below the horizontal, in radians, from a height above the sea in meters."""
    ratio = np.asarray(height, dtype=np.float64) / RADIUS
    angle: Array = np.arctan(np.sqrt(ratio * (2 + ratio)))
    return angle


def horizon_distance(height: ArrayLike) -> Array:
    """Give the distance of the visible horizon along the sea, in meters, from a height above it in meters."""
    return RADIUS * dip(height)


def sea_distance(depression: ArrayLike, height: ArrayLike) -> Array:
    """Give the distance along the sea, in meters, of what is seen at an angle below the horizontal.

    Args:
        depression: Radians below the horizontal, at most a right angle.
        height: Of the camera above the sea in meters, more than 0.

    Returns:
        The distance of the nearest point of the sea on that line of sight; infinite at the visible horizon and above.
    """
    sine, cosine, h = np.sin(depression), np.cos(depression), np.asarray(height, dtype=np.float64)
    # Where the ray meets the sphere, with the smaller root written as a quotient: nothing cancels.
    power = h * (2 * RADIUS + h)
    below = np.asarray(depression) > dip(h)
    root = np.sqrt(np.maximum(((RADIUS + h) * sine) ** 2 - power, 0))
    ray = power / np.where(below, (RADIUS + h) * sine + root, 1)
    return np.where(below, RADIUS * np.arctan2(ray * cosine, RADIUS + h - ray * sine), np.inf)

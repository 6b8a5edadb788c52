"""Rotation about the center."""

from __future__ import annotations

from typing import final

from kornia.augmentation import RandomRotation

from segkit_std.augment._kornia import GeometricAugment
from segkit_std.augment._options import span


@final
class Rotate(GeometricAugment):
    """Rotate about the center, by an angle drawn evenly for each image: the roll of the boat or the drone.

    Args:
        degrees: Largest angle either way, or the range (low, high) within [-360, 360]; positive is clockwise as seen.
        p: Probability in [0, 1] that an image is changed.

    Raises:
        ValueError: When an option lies outside its range.
    """

    def __init__(self, degrees: float | tuple[float, float] = 15.0, p: float = 0.5) -> None:
        low, high = span("degrees", degrees, -360, 360)
        # kornia's RandomRotation counts angles counter-clockwise.
        super().__init__(RandomRotation((-high, -low), align_corners=True, p=1.0), p)

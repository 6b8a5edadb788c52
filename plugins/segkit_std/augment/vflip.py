"""Mirroring top and bottom."""

from __future__ import annotations

from typing import final

from kornia.augmentation import RandomVerticalFlip

from segkit_std.augment._kornia import GeometricAugment


@final
class VerticalFlip(GeometricAugment):
    """Mirror top and bottom: the sky comes to lie below, so it is seldom wanted for a horizon.

    Args:
        p: Probability in [0, 1] that an image is changed.
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__(RandomVerticalFlip(p=1.0), p)

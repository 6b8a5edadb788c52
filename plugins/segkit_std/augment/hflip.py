"""Mirroring left and right."""

from __future__ import annotations

from typing import final

from kornia.augmentation import RandomHorizontalFlip

from segkit_std.augment._kornia import GeometricAugment


@final
class HorizontalFlip(GeometricAugment):
    """Mirror left and right.

    Args:
        p: Probability in [0, 1] that an image is changed.
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__(RandomHorizontalFlip(p=1.0), p)

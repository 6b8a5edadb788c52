"""Gaussian noise."""

from __future__ import annotations

from typing import final

from kornia.augmentation import RandomGaussianNoise

from segkit_std.augment._kornia import ColorAugment


@final
class Noise(ColorAugment):
    """Add Gaussian noise, independent for each pixel and channel: a sensor at night.

    Args:
        std: Standard deviation, of images in [0, 1]; 0 or more.
        p: Probability in [0, 1] that an image is changed.

    Raises:
        ValueError: When an option lies outside its range.
    """

    def __init__(self, std: float = 0.05, p: float = 0.5) -> None:
        if not std >= 0:
            raise ValueError(f"std must be 0 or more, not {std}: give such as 0.05")
        super().__init__(RandomGaussianNoise(std=float(std), p=1.0), p)

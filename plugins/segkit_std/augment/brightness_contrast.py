"""Brightness and contrast."""

from __future__ import annotations

from typing import final

from kornia.augmentation import ColorJitter

from segkit_std.augment._kornia import ColorAugment


@final
class BrightnessContrast(ColorAugment):
    """Change brightness and contrast, in an order drawn for each batch.

    Brightness multiplies the image by a factor; contrast blends it with its mean gray: ``f x + (1 - f) mean(gray)``.

    Args:
        brightness: The factor is drawn evenly from [1 - brightness, 1 + brightness] for each image; in [0, 1].
        contrast: The factor f is drawn evenly from [1 - contrast, 1 + contrast] for each image; in [0, 1].
        p: Probability in [0, 1] that an image is changed.

    Raises:
        ValueError: When an option lies outside [0, 1].
    """

    def __init__(self, brightness: float = 0.2, contrast: float = 0.2, p: float = 0.5) -> None:
        for name, value in (("brightness", brightness), ("contrast", contrast)):
            if not 0 <= value <= 1:
                raise ValueError(f"{name} must lie in [0, 1], not {value}: give such as 0.2")
        super().__init__(ColorJitter(brightness=float(brightness), contrast=float(contrast), p=1.0), p)

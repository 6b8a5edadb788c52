"""Gaussian blur."""

from __future__ import annotations

from math import ceil
from typing import final

from kornia.augmentation import RandomGaussianBlur

from segkit_std.augment._kornia import ColorAugment


@final
class Blur(ColorAugment):
    """Blur with a Gaussian, its width drawn evenly for each image: an eye out of focus, spray on the lens.

    Args:
        sigma: Range (low, high) of the standard deviation in pixels, above 0.
        p: Probability in [0, 1] that an image is changed.

    Raises:
        ValueError: When an option lies outside its range.
    """

    def __init__(self, sigma: tuple[float, float] = (0.1, 2.0), p: float = 0.5) -> None:
        low, high = sigma
        if not 0 < low <= high:
            raise ValueError(f"sigma must be a range (low, high) above 0, not {sigma}: give such as [0.1, 2.0]")
        size = 2 * ceil(3 * high) + 1  # three standard deviations either side hold 99.7 % of the Gaussian
        # "replicate", for kornia's own "reflect" raises on an image that is smaller than the kernel.
        blur = RandomGaussianBlur((size, size), (float(low), float(high)), border_type="replicate", p=1.0)
        super().__init__(blur, p)

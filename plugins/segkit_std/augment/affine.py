"""Rotation, shift, scale and shear at once."""

from __future__ import annotations

from typing import final

from kornia.augmentation import RandomAffine

from segkit_std.augment._kornia import GeometricAugment
from segkit_std.augment._options import span


@final
class Affine(GeometricAugment):
    """Rotate, shift, scale and shear about the center, each drawn evenly for each image.

    Args:
        degrees: Largest angle either way, or the range (low, high) within [-360, 360]; positive is clockwise as seen.
        translate: Largest shift either way along x and along y, as shares of the width and the height, in [0, 1].
        scale: Range (low, high) of the factor on sizes, above 0; or (low, high, low, high), of those on widths and on
            heights, each drawn by itself: frames of other aspects, squeezed into the network's.
        shear: Largest angle in degrees either way, or the range (low, high) within (-90, 90), of the shear along x.
        p: Probability in [0, 1] that an image is changed.

    Raises:
        ValueError: When an option lies outside its range.
    """

    def __init__(
        self,
        degrees: float | tuple[float, float] = 10.0,
        translate: tuple[float, float] = (0.1, 0.1),
        scale: tuple[float, float] | tuple[float, float, float, float] = (0.9, 1.1),
        shear: float | tuple[float, float] = 5.0,
        p: float = 0.5,
    ) -> None:
        if not all(0 <= share <= 1 for share in translate):
            raise ValueError(f"translate must be two shares in [0, 1], not {translate}: give such as [0.1, 0.1]")
        ranges = zip(scale[::2], scale[1::2], strict=False)
        if len(scale) not in (2, 4) or not all(0 < low <= high for low, high in ranges):
            raise ValueError(
                f"scale must be one or two ranges (low, high) above 0, not {scale}: give such as [0.9, 1.1]"
            )
        transform = RandomAffine(
            span("degrees", degrees, -360, 360),  # kornia's RandomAffine, unlike its RandomRotation, counts clockwise.
            translate=(float(translate[0]), float(translate[1])),
            scale=tuple(float(factor) for factor in scale),
            shear=span("shear", shear, -89, 89),
            align_corners=True,
            p=1.0,
        )
        super().__init__(transform, p)

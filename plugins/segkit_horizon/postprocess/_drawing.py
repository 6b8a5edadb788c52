"""The horizon drawn into a frame."""

from __future__ import annotations

from math import hypot

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from segkit_horizon.frame.segment import segment
from segkit_horizon.line import Lens

_COLOR, _DARK = (255, 214, 10), (0, 0, 0)  # red, green, blue
_FRACTION = 4  # bits of a pixel's fraction that OpenCV draws with


def draw_line(image: np.ndarray, normal: float, rho: float, lens: Lens | None) -> None:
    """Draw a line, or the curve that a lens makes of it, into an image (H, W, 3) uint8.

    Args:
        image: It is written to.
        normal: Angle of the line's normal in radians.
        rho: The line's distance from the frame's top-left corner in pixels.
        lens: One that bends; else None.
    """
    size = (image.shape[0], image.shape[1])
    points = lens.curve(normal, rho, size, step=4.0).numpy() if lens else np.stack(segment(normal, rho, size))
    if len(points) < 2 or not np.isfinite(points).all():
        return
    width = max(2, round(hypot(*size) / 700))
    # OpenCV counts from the center of the first pixel.
    path = [np.round((points - 0.5) * (1 << _FRACTION)).astype(np.int32)]
    for color, thickness in ((_DARK, width + 2), (_COLOR, width)):
        cv2.polylines(image, path, False, color, thickness, cv2.LINE_AA, _FRACTION)


def write(image: NDArray[np.uint8], text: str) -> None:
    """Write a line of text into the top-left corner of an image (H, W, 3) uint8, which is written to."""
    size = min(max(min(image.shape[:2]) // 25, 10), 80)
    font, edge = ImageFont.load_default(size), max(1, size // 12)
    # Only where the text is: the whole of a large frame would have to be copied twice.
    corner = image[: 2 * size, : round(font.getlength(text)) + 2 * size]
    picture = Image.fromarray(corner)
    draw = ImageDraw.Draw(picture)
    draw.text((size // 2, size // 2), text, fill=_COLOR, font=font, stroke_width=edge, stroke_fill=_DARK)
    corner[:] = np.asarray(picture)

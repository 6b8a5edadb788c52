"""Small pictures that scenes are furnished with: drawn once a process, in tones that a scene colors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
Point = tuple[float, float]

_FRACTION = 4  # bits of a pixel that OpenCV draws to
PLAIN = 128  # the tone of a color as it is; 255 is twice as bright


@dataclass(frozen=True)
class Sprite:
    """A picture in halving sizes.

    Attributes:
        maps: (h, w, 4) uint8 each: cover (opacity), tone (PLAIN leaves a color as it is), and the shares of the second
            and of the third color.
        solid: (h, w) uint8 each: what counts as the thing, above 127; None where that is its cover.
    """

    maps: tuple[NDArray[np.uint8], ...]
    solid: tuple[Plane, ...] | None = None

    @property
    def aspect(self) -> float:
        """Width over height."""
        return float(self.maps[0].shape[1] / self.maps[0].shape[0])

    def level(self, quad: NDArray[np.float64]) -> int:
        """Give the size whose texels are about as large as pixels on a quadrangle (4, 2), or a little larger."""
        sides = np.linalg.norm(np.roll(quad, -1, 0) - quad, axis=1)
        height, width = self.maps[0].shape[:2]
        texels = min(width / max(sides[0], sides[2], 1e-3), height / max(sides[1], sides[3], 1e-3))
        return min(max(round(math.log2(max(texels, 1.0))), 0), len(self.maps) - 1)


class Ink:
    """A sprite in the making. Places are in shares of its width (from the left) and height (from its foot)."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.cover, self.tone, self.second, self.third = (np.zeros((height, width), np.uint8) for _ in range(4))
        self.tone[:] = PLAIN

    def polygon(self, points: Sequence[Point], tone: float = 1.0, color: int = 0) -> None:
        """Fill a polygon with a tone (1 is plain) and one of the three colors."""
        corners = [np.array([self._fixed(point) for point in points], np.int32)]
        cv2.fillPoly(self.cover, corners, 255, cv2.LINE_AA, _FRACTION)
        for plane, value in self._values(tone, color):
            cv2.fillPoly(plane, corners, value, cv2.LINE_8, _FRACTION)

    def box(self, left: float, right: float, low: float, high: float, tone: float = 1.0, color: int = 0) -> None:
        """Fill a rectangle."""
        self.polygon([(left, low), (right, low), (right, high), (left, high)], tone, color)

    def line(self, begin: Point, end: Point, thick: int = 1, tone: float = 1.0, color: int = 0) -> None:
        """Draw a line some pixels thick."""
        ends = self._fixed(begin), self._fixed(end)
        cv2.line(self.cover, *ends, 255, thick, cv2.LINE_AA, _FRACTION)
        for plane, value in self._values(tone, color):
            cv2.line(plane, *ends, value, thick + 1, cv2.LINE_8, _FRACTION)

    def disc(self, middle: Point, radius: Point, tone: float = 1.0, color: int = 0) -> None:
        """Fill an ellipse."""
        turns = np.linspace(0, 2 * math.pi, 24, endpoint=False)
        x, y = middle[0] + radius[0] * np.cos(turns), middle[1] + radius[1] * np.sin(turns)
        self.polygon(list(zip(x.tolist(), y.tolist(), strict=True)), tone, color)

    def finish(self, solid: Plane | None = None) -> Sprite:
        """Give the sprite."""
        maps = np.stack([self.cover, self.tone, self.second, self.third], 2)
        return Sprite(_halved(maps), None if solid is None else _halved(solid))

    def _fixed(self, point: Point) -> tuple[int, int]:
        scale = 1 << _FRACTION
        return round(point[0] * self.width * scale), round((1 - point[1]) * self.height * scale)

    def _values(self, tone: float, color: int) -> list[tuple[Plane, int]]:
        shares = [255 if color == number else 0 for number in (1, 2)]
        return [(self.tone, min(round(PLAIN * tone), 255)), (self.second, shares[0]), (self.third, shares[1])]


def _halved(picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], ...]:
    sizes = [picture]
    while min(sizes[-1].shape[:2]) > 7:
        height, width = sizes[-1].shape[:2]
        half = cv2.resize(sizes[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        sizes.append(half.astype(np.uint8, copy=False))
    return tuple(sizes)

"""A pinhole camera over a flat sea: where the horizon lies in its frame, and where its pixels look."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segkit_horizon.scenes.noise import Array

_OUT_OF_FRAME = 0.01  # the share of frames that the line misses, half of them all sky and half all sea


@dataclass(frozen=True)
class Rays:
    """Unit vectors of the pixels' lines of sight, in level axes: the camera's roll and pitch are taken out.

    Attributes:
        right: To the right, (n,).
        forward: Away from the camera, (n,).
        down: Toward the water, (n,): the sine of the angle below the horizon.
    """

    right: Array
    forward: Array
    down: Array

    def __getitem__(self, chosen: NDArray[np.bool_]) -> Rays:
        return Rays(self.right[chosen], self.forward[chosen], self.down[chosen])


@dataclass(frozen=True)
class Camera:
    """A camera and its attitude. The sea is a plane: from a boat its curvature is worth less than half a pixel.

    Attributes:
        height: Rows of the frame.
        width: Columns of the frame.
        focal: Focal length in pixels; the axis goes through the middle of the frame.
        roll: Of the line in the frame, in radians, positive clockwise as seen; below a quarter turn.
        pitch: Of the axis above the horizon, in radians.
        altitude: Above the water, in meters.
    """

    height: int
    width: int
    focal: float
    roll: float
    pitch: float
    altitude: float

    @property
    def slope(self) -> float:
        """The line's dy/dx, y pointing down."""
        return math.tan(self.roll)

    @property
    def roll_deg(self) -> float:
        """The line's roll in degrees."""
        return math.degrees(self.roll)

    @property
    def offset(self) -> float:
        """The line's y at x = 0, over the frame's height."""
        middle = self.height / 2 + self.focal * math.tan(self.pitch) / math.cos(self.roll)
        return (middle - self.slope * self.width / 2) / self.height

    def mask(self) -> NDArray[np.uint8]:
        """Give 0 (sky) where a pixel's center is above the line, else 1: (height, width)."""
        x, y = np.arange(self.width) + 0.5, np.arange(self.height) + 0.5
        line = self.slope * x + self.offset * self.height
        return (y[:, None] >= line).astype(np.uint8)

    def below(self) -> Array:
        """Give each pixel center's distance from the line in pixels, positive below it: (height * width,)."""
        x, y = np.arange(self.width) + 0.5, np.arange(self.height) + 0.5
        line = self.slope * x + self.offset * self.height
        distance: Array = ((y[:, None] - line) * math.cos(self.roll)).astype(np.float32)
        return distance.reshape(-1)

    def rays(self) -> Rays:
        """Look through every pixel center, row by row."""
        x = ((np.arange(self.width) + 0.5 - self.width / 2) / self.focal).astype(np.float32)
        y = ((np.arange(self.height) + 0.5 - self.height / 2) / self.focal).astype(np.float32)[:, None]
        cos, sin = math.cos(self.roll), math.sin(self.roll)
        across, under = cos * x + sin * y, cos * y - sin * x
        scale = 1 / np.sqrt(1 + x**2 + y**2)
        cos, sin = math.cos(self.pitch), math.sin(self.pitch)
        right, forward, down = across * scale, (cos + sin * under) * scale, (cos * under - sin) * scale
        return Rays(right.reshape(-1), forward.reshape(-1), down.reshape(-1))


def draw_camera(rng: np.random.Generator, size: tuple[int, int], max_roll: float) -> Camera:
    """Draw a boat's camera.

    Args:
        rng: The scene's random numbers.
        size: Height and width of the frame in pixels.
        max_roll: The largest roll, in degrees; two thirds of the rolls are within a third of it.
    """
    height, width = size
    focal = width / 2 / math.tan(math.radians(rng.uniform(30, 75)) / 2)
    roll = math.radians(max_roll) * float(np.clip(rng.normal(0, 0.35), -1, 1))
    middle = height * float(np.clip(rng.normal(0.47, 0.19), 0.1, 0.9))  # where the line crosses the middle column
    if rng.random() < _OUT_OF_FRAME:
        beyond = abs(math.tan(roll)) * width / 2 + height * rng.uniform(0.02, 0.3)
        middle = -beyond if rng.random() < 0.5 else height + beyond
    pitch = math.atan((middle - height / 2) * math.cos(roll) / focal)
    return Camera(height, width, focal, roll, pitch, altitude=math.exp(rng.uniform(math.log(1.5), math.log(9))))

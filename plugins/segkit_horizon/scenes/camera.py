"""A pinhole camera over a flat sea or plain: where the horizon lies in its frame, and where its pixels look."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from segkit_horizon.scenes.noise import Array
from segkit_horizon.scenes.presets import Place

_OUT_OF_FRAME = 0.01  # the share of frames that the line misses, half of them all sky and half without sky


@dataclass(frozen=True)
class Rays:
    """Unit vectors of the pixels' lines of sight, in level axes: the camera's roll and pitch are taken out.

    Attributes:
        right: To the right, (H, W).
        forward: Away from the camera, (H, W).
        down: Toward the ground, (H, W): the sine of the angle below the horizon.
    """

    right: Array
    forward: Array
    down: Array

    @property
    def azimuth(self) -> Array:
        """The tangent of the angle to the right of straight ahead, (H, W)."""
        return (self.right / np.maximum(self.forward, 0.05)).astype(np.float32, copy=False)

    @property
    def rise(self) -> Array:
        """The tangent of the angle above the horizon, (H, W)."""
        return (-self.down / np.sqrt(np.maximum(1 - self.down**2, 1e-4))).astype(np.float32, copy=False)


@dataclass(frozen=True)
class Camera:
    """A camera and its attitude. The ground is a plane: from a boat its curvature is worth less than half a pixel.

    Attributes:
        height: Rows of the frame.
        width: Columns of the frame.
        focal: Focal length in pixels.
        roll: Of the line in the frame, in radians, positive clockwise as seen; beyond a quarter turn the sky is below.
        pitch: Of the axis above the horizon, in radians.
        altitude: Above the ground, in meters.
        center: Where the axis goes through the frame: x, y.
    """

    height: int
    width: int
    focal: float
    roll: float
    pitch: float
    altitude: float
    center: tuple[float, float]

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
        middle = self.center[1] + self.focal * math.tan(self.pitch) / math.cos(self.roll)
        return (middle - self.slope * self.center[0]) / self.height

    def below(self) -> Array:
        """Give each pixel center's distance from the line in pixels, positive where the ground is: (H, W)."""
        x, y = self._places(np.float64)
        distance = math.cos(self.roll) * y - math.sin(self.roll) * x - self.focal * math.tan(self.pitch)
        rounded: Array = distance.astype(np.float32)
        return rounded

    def rays(self) -> Rays:
        """Look through every pixel center."""
        x, y = self._places(np.float32)
        x, y = x / np.float32(self.focal), y / np.float32(self.focal)
        cos, sin = math.cos(self.roll), math.sin(self.roll)
        across, under = cos * x + sin * y, cos * y - sin * x
        scale = 1 / np.sqrt(1 + x**2 + y**2)
        cos, sin = math.cos(self.pitch), math.sin(self.pitch)
        right, forward, down = across * scale, (cos + sin * under) * scale, (cos * under - sin) * scale
        return Rays(right.astype(np.float32), forward.astype(np.float32), down.astype(np.float32))

    def project(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the pixels (n, 2) of points (n, 3): meters right, up from the ground and forward; NaN if not ahead."""
        right, down, forward = points[:, 0], self.altitude - points[:, 1], points[:, 2]
        cos, sin = math.cos(self.pitch), math.sin(self.pitch)
        depth, under = cos * forward - sin * down, sin * forward + cos * down
        depth = np.where(depth > 0.3, depth, np.nan)
        across, under = right / depth * self.focal, under / depth * self.focal
        cos, sin = math.cos(self.roll), math.sin(self.roll)
        return np.stack([self.center[0] + cos * across - sin * under, self.center[1] + sin * across + cos * under], 1)

    def widened(self, margin: int) -> Camera:
        """Give the camera whose frame has so many pixels more on every side."""
        x, y = self.center
        height, width = self.height + 2 * margin, self.width + 2 * margin
        return replace(self, height=height, width=width, center=(x + margin, y + margin))

    def _places(self, kind: type[np.floating]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        x = (np.arange(self.width) + 0.5 - self.center[0]).astype(kind)
        return x, (np.arange(self.height) + 0.5 - self.center[1]).astype(kind)[:, None]


def draw_camera(rng: np.random.Generator, size: tuple[int, int], place: Place) -> Camera:
    """Draw a camera of a place.

    Args:
        rng: The scene's random numbers.
        size: Height and width of the frame in pixels.
        place: What its view, altitude and attitude are like.
    """
    height, width = size
    focal = width / 2 / math.tan(math.radians(rng.uniform(*place.view)) / 2)
    roll = math.radians(_draw_roll(rng, place))
    # The line's distance from the frame's center, as a share of how far the frame reaches across the line.
    reach = height * abs(math.cos(roll)) + width * abs(math.sin(roll)) * 0.5
    middle = float(np.clip(rng.normal(place.line, place.line_spread), 0.1, 0.9)) - 0.5
    if rng.random() < _OUT_OF_FRAME:
        reach = height * abs(math.cos(roll)) + width * abs(math.sin(roll))
        middle = math.copysign(0.5 + rng.uniform(0.02, 0.3), rng.random() - 0.5)
    pitch = math.atan(middle * reach / focal)
    low, high = place.altitude
    altitude = math.exp(rng.uniform(math.log(low), math.log(high)))
    return Camera(height, width, focal, roll, pitch, altitude, (width / 2, height / 2))


def _draw_roll(rng: np.random.Generator, place: Place) -> float:
    max_roll = place.max_roll
    kind, even = rng.random(), rng.uniform(-1, 1)
    near = float(np.clip(rng.normal(0, place.roll_spread), -max_roll, max_roll))
    if kind < place.any_roll:
        return even * max_roll
    if kind < place.any_roll + place.banked:
        return even * min(max_roll, 60.0)
    return near

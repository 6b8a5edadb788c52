"""A lens that bends straight lines, after Brown and Conrady, in OpenCV's coefficients."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from segkit_horizon.scenes.camera import Camera

_STEPS = 20  # of the fixed-point iteration that takes the distortion out of a place


@dataclass(frozen=True)
class Lens:
    """Radial distortion: a point at radius r, in focal lengths, is seen at ``r (1 + k1 r**2 + k2 r**4)``.

    Attributes:
        k1: Negative for a barrel.
        k2: Of the fourth power.
    """

    k1: float
    k2: float

    @property
    def coefficients(self) -> list[float]:
        """Five coefficients in OpenCV's order: k1, k2, p1, p2, k3."""
        return [self.k1, self.k2, 0.0, 0.0, 0.0]

    def places(self, camera: Camera) -> NDArray[np.float32]:
        """Give where each pixel center lies in the frame without distortion, in pixels, (2, H, W): x and y."""
        x = (np.arange(camera.width) + 0.5 - camera.center[0]) / camera.focal
        y = (np.arange(camera.height) + 0.5 - camera.center[1])[:, None] / camera.focal
        seen = np.hypot(x, y)
        radius = seen.copy()
        for _ in range(_STEPS):
            radius = seen / (1 + self.k1 * radius**2 + self.k2 * radius**4)
        scale = radius / np.maximum(seen, 1e-9)
        flat = np.stack([x * scale * camera.focal + camera.center[0], y * scale * camera.focal + camera.center[1]])
        return flat.astype(np.float32)


def draw_lens(rng: np.random.Generator, camera: Camera) -> Lens:
    """Draw a barrel, or seldom a pincushion, mild enough at the frame's farthest corner to be undone."""
    x, y = camera.center  # may lie far from the frame's middle
    corner = math.hypot(max(x, camera.width - x), max(y, camera.height - y)) / camera.focal
    bend = rng.uniform(-0.1, 0.03)  # of the radius at the corner; at -0.13 the corner would be out of the lens's sight
    return Lens(bend / corner**2, rng.uniform(-0.01, 0.01) / corner**4)


def margin(places: NDArray[np.float32]) -> int:
    """Give how many pixels more on every side the frame without distortion needs."""
    x, y = places
    height, width = x.shape
    beyond = max(-x.min(), -y.min(), x.max() - width, y.max() - height)
    return max(0, math.ceil(float(beyond))) + 1


def bend(planes: NDArray[np.generic], places: NDArray[np.float32], border: int, nearest: bool) -> NDArray[np.generic]:
    """Take planes (n, H + 2 border, W + 2 border) to the distorted frame, (n, H, W)."""
    x, y = places + np.float32(border - 0.5)
    how = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
    return np.stack([cv2.remap(plane, x, y, how, None, cv2.BORDER_REPLICATE) for plane in planes])

"""What a scene is painted on: the light of every pixel and what it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from segkit_horizon.scenes.camera import Camera
from segkit_horizon.scenes.noise import Array
from segkit_horizon.scenes.sprites import Sprite

SKY, WATER, LAND, OBSTACLE, FLYER, OWN = range(6)


class Canvas:
    """A frame in the making.

    Attributes:
        camera: What sees it.
        rays: Where its pixels look.
        below: Each pixel center's distance from the line in pixels, (H, W), positive where the ground is.
        light: (3, H, W), red, green and blue; about 1 is white, and more is over-exposed.
        ids: (H, W) uint8: SKY, WATER, LAND, OBSTACLE, FLYER (an obstacle before the sky) or OWN (the own craft).
    """

    def __init__(self, camera: Camera) -> None:
        self.camera: Final = camera
        self.rays: Final = camera.rays()
        self.azimuth: Final = self.rays.azimuth
        self.rise: Final = self.rays.rise
        self.below: Final = camera.below()
        self.shape: Final = (camera.height, camera.width)
        self.light: Array = np.zeros((3, *self.shape), np.float32)
        self.ids = np.full(self.shape, SKY, np.uint8)

    def lay(self, cover: Array, color: Array, code: int | None) -> None:
        """Lay a color (3, H, W), or (3, 1, 1), over the share ``cover`` (H, W) of the pixels, and name it there."""
        self.light += cover * (color - self.light)
        if code is not None:
            self.ids[cover >= 0.5] = code

    def stamp(
        self,
        sprite: Sprite,
        quad: NDArray[np.float64],
        colors: Sequence[Array],
        code: int | None,
        opacity: float = 1.0,
    ) -> None:
        """Lay a sprite over a quadrangle of the frame.

        Args:
            sprite: What is laid.
            quad: The pixels (4, 2) of its corners: top left, top right, bottom right, bottom left.
            colors: Its three colors, (3, 1, 1) each.
            code: What it is; None leaves the ids as they are.
            opacity: In [0, 1].
        """
        box = self._box(quad)
        if box is None:
            return
        left, top, right, bottom = box
        size, corner = (right - left, bottom - top), np.array([left, top])
        level = sprite.level(quad)
        maps = _warp(sprite.maps[level], quad - corner, size)
        cover, tone, second, third = np.multiply(maps.transpose(2, 0, 1), 1 / 255, dtype=np.float32)
        color = colors[0] + second * (colors[1] - colors[0])
        color += third * (colors[2] - color)
        color *= 2 * tone
        light = self.light[:, top:bottom, left:right]
        light += opacity * cover * (color - light)
        if code is not None:
            solid = maps[..., 0] if sprite.solid is None else _warp(sprite.solid[level], quad - corner, size)
            self.ids[top:bottom, left:right][solid > 127] = code

    def _box(self, quad: NDArray[np.float64]) -> tuple[int, int, int, int] | None:
        if not np.isfinite(quad).all():
            return None
        height, width = self.shape
        left, top = np.maximum(np.floor(quad.min(0)), 0).astype(int)
        right, bottom = np.minimum(np.ceil(quad.max(0)) + 1, (width, height)).astype(int)
        return None if right <= left or bottom <= top else (left, top, right, bottom)


def _warp(picture: NDArray[np.uint8], quad: NDArray[np.float64], size: tuple[int, int]) -> NDArray[Any]:
    """Warp a picture's corners onto ``quad``; pixel centers are at halves on both sides."""
    height, width = picture.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(corners, (quad - 0.5).astype(np.float32))
    warped: NDArray[Any] = cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_LINEAR)
    return warped

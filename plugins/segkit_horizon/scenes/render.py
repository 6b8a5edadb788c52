"""One scene: camera, weather, sky, sea and sensor put together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segkit_horizon.scenes.camera import Camera, draw_camera
from segkit_horizon.scenes.noise import Array
from segkit_horizon.scenes.sea import paint_sea
from segkit_horizon.scenes.sensor import brightness, expose
from segkit_horizon.scenes.sky import paint_sky
from segkit_horizon.scenes.weather import draw_weather

VERSION = 2  # Raise it with every change that changes a pixel: caches are kept under it.

_STRIP = 0.05  # of the height: what is compared on either side of the line
_CONTRAST = 0.25  # of the brighter side, in brightness: less, and the line is lost in noise


def render(
    rng: np.random.Generator, size: tuple[int, int], max_roll: float, infrared: float
) -> tuple[NDArray[np.uint8], Camera]:
    """Render a frame (H, W, 3), and give the camera that knows its line.

    Args:
        rng: The scene's random numbers; nothing else decides what is seen.
        size: Height and width of the frame in pixels.
        max_roll: The largest roll, in degrees.
        infrared: The share of infrared scenes, in [0, 1].
    """
    camera = draw_camera(rng, size, max_roll)
    weather = draw_weather(rng, infrared)
    rays, below = camera.rays(), camera.below()
    in_sky, in_sea = below < 0.5, below > -0.5  # the pixels that the line cuts are in both
    sky = paint_sky(rays[in_sky], weather, rng)
    sea = paint_sea(rays[in_sea], camera, weather, rng)
    strip = _STRIP * size[0]
    _set_apart(sky[:, below[in_sky] > -strip], sea, below[in_sea] < strip)
    covered = below[in_sky & in_sea] + 0.5  # the share of such a pixel that is under the line
    sea[:, in_sky[in_sea]] = covered * sea[:, in_sky[in_sea]] + (1 - covered) * sky[:, in_sea[in_sky]]
    light = np.empty((3, below.size), np.float32)
    light[:, in_sky] = sky
    light[:, in_sea] = sea
    return expose(light.reshape(3, *size), weather.gray, rng), camera


def _set_apart(sky_edge: Array, sea: Array, at_edge: NDArray[np.bool_]) -> None:
    """Darken or brighten the sea where it would be as bright as the sky along the line."""
    if not sky_edge.size or not at_edge.any():
        return
    above, under = float(brightness(sky_edge).mean()), float(brightness(sea[:, at_edge]).mean())
    wanted = _CONTRAST * max(above, under, 0.1)
    if abs(above - under) < wanted:
        target = above - wanted if under <= above else above + wanted
        sea *= max(target, 0.0) / max(under, 1e-3)

"""Water: waves on a plane in true perspective, which reflect the sky, the sun and, far away, the haze."""

from __future__ import annotations

import math

import numpy as np

from segkit_horizon.scenes.canvas import WATER, Canvas
from segkit_horizon.scenes.ground import lay_ground
from segkit_horizon.scenes.noise import CREST, TILE, Array, read, tiles
from segkit_horizon.scenes.sky import gradient
from segkit_horizon.scenes.weather import Weather

_FARTHEST = 2e4  # meters; beyond, waves are far below a pixel and float32 places grow coarse
_AIR_TO_WATER = 0.02  # reflectance at right angles
_UNSHADOWED = 0.75  # share of the mirrored sky that no other wave hides


def paint_water(canvas: Canvas, weather: Weather, rng: np.random.Generator) -> None:
    """Cover what is below the line with water.

    Reflectance after Schlick (1994, doi:10.1111/1467-8659.1330233); the sun's glitter is the share of facets that
    mirror it, slopes being normal (Cox and Munk 1954, doi:10.1364/JOSA.44.000838).
    """
    down: Array = np.maximum(canvas.rays.down, canvas.camera.altitude / _FARTHEST)
    distance: Array = canvas.camera.altitude / down
    slope = _waves(canvas, down, distance, weather, rng)
    tilt = weather.steepness * slope
    facing = np.clip(down + 0.6 * weather.steepness + tilt, 0.02, 1)
    mirror = _UNSHADOWED * (_AIR_TO_WATER + (1 - _AIR_TO_WATER) * (1 - facing) ** 5)
    sky = gradient(weather, np.minimum(2 * facing - down + 0.02, 1))
    color = weather.water + mirror * (sky - weather.water)
    if weather.glow:
        color += _glitter(canvas, tilt, weather) * weather.glow
    _foam(color, slope, weather, rng)
    lay_ground(canvas, color, distance, weather, rng, WATER)


def _waves(canvas: Canvas, down: Array, distance: Array, weather: Weather, rng: np.random.Generator) -> Array:
    """Give the slope of the water toward the camera, about 1 in deviation where it is near.

    A pixel sees the mean of the waves on its patch of water. Of ``n`` waves in a patch about ``n**-0.5`` is left,
    which one reading of the tile, so weakened, has as well.
    """
    cos, sin = math.cos(weather.wind), math.sin(weather.wind)
    x, z = distance * canvas.rays.right, distance * canvas.rays.forward
    u, v = cos * x - sin * z, sin * x + cos * z
    patch = distance / (down * np.float32(canvas.camera.focal))
    slope = np.zeros_like(down)
    length = rng.uniform(0.6, 1.8) * max(1.0, canvas.camera.altitude / 8)
    for weight in (0.7, 0.6, 0.35):
        texels = CREST / length
        place = rng.uniform(0, TILE, 2).astype(np.float32)
        seen = weight * np.sqrt(np.minimum(length / patch, 1))
        slope += seen * read(tiles().waves, u * texels + place[0], v * texels + place[1])
        length *= rng.uniform(3, 5)
    slope *= 1 + 0.25 * read(tiles().clouds, x * 0.25, z * 0.25)
    return slope


def _glitter(canvas: Canvas, tilt: Array, weather: Weather) -> Array:
    right, forward, up = weather.sun
    rays = canvas.rays
    half = up + np.maximum(rays.down, 0)
    across, toward = (right - rays.right) / half, (rays.forward - forward) / half
    spread = 0.5 / max(weather.steepness, 0.015) ** 2
    return np.exp(-spread * (across**2 + (toward - 2 * tilt) ** 2)) * np.clip(1 + 4 * tilt, 0, 2)


def _foam(color: Array, slope: Array, weather: Weather, rng: np.random.Generator) -> None:
    """Break the highest crests; the steeper the sea, the more of them."""
    crests = np.clip(slope - (rng.uniform(3.0, 4.6) - 14 * weather.steepness), 0, 1)
    color += rng.uniform(0.3, 0.9) * crests * (weather.lit - color)

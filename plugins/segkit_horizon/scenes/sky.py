"""The sky: a gradient, the sun's glow, and clouds on level ceilings, seen in perspective."""

from __future__ import annotations

import math

import numpy as np

from segkit_horizon.scenes.canvas import Canvas
from segkit_horizon.scenes.noise import TILE, Array, read, screen, tiles
from segkit_horizon.scenes.weather import Weather

_SUNLIGHT = np.array([1.0, 0.93, 0.8], np.float32).reshape(3, 1, 1)


def gradient(weather: Weather, elevation: Array) -> Array:
    """Give the clear sky's color (3, H, W) at sines of elevation (H, W), zero or more."""
    near = np.exp(elevation * (-1 / weather.fall))
    color: Array = weather.zenith + near * (weather.horizon - weather.zenith)
    return color


def paint_sky(canvas: Canvas, weather: Weather, rng: np.random.Generator) -> None:
    """Fill the canvas with sky; what is below the line is as at the line."""
    elevation = np.maximum(-canvas.rays.down, 0)
    canvas.light = gradient(weather, elevation)
    # No clear sky is even, and no two are uneven alike.
    canvas.light *= 1 + rng.uniform(0.02, 0.08) * screen(tiles().clouds, rng, canvas.shape, 128 / canvas.shape[0])
    if weather.glow:
        canvas.light += _glow(canvas, weather) * _SUNLIGHT
    for _ in range(weather.layers):
        _lay_clouds(canvas, elevation, weather, rng)
    if weather.band:
        _lay_band(canvas, elevation, weather, rng)


def _glow(canvas: Canvas, weather: Weather) -> Array:
    right, forward, up = weather.sun
    rays = canvas.rays
    away = 1 - (rays.right * right + rays.forward * forward - rays.down * up)
    glow: Array = weather.glow * (0.5 * np.exp(away * -12) + np.exp(away * -250))
    return glow


def _lay_clouds(canvas: Canvas, elevation: Array, weather: Weather, rng: np.random.Generator) -> None:
    field = tiles()
    tile = (field.clouds, field.wisps, field.heaps, field.clouds)[int(rng.integers(4))]
    thick = _ceiling(canvas, tile, elevation, rng) if rng.random() < 0.6 else _heaped(canvas, tile, rng)
    thick += 3.2 * weather.cover - 1.9
    opaque = np.clip(thick * (0.5, 1.0, 1.6, 2.8)[int(rng.integers(4))], 0, 1)
    opaque *= rng.uniform(0.6, 1) * (1 - np.exp(elevation * (-1 / rng.uniform(0.005, 0.06))))
    # Thick clouds are dark, seen from below; the sun from aside makes light and dark of its own.
    dark = thick if rng.random() < 0.6 else _heaped(canvas, field.clouds, rng)
    dark = np.clip(dark * rng.uniform(0.2, 0.8) + rng.uniform(-0.2, 0.4), 0, 1)
    lit, shade = weather.lit * np.float32(rng.uniform(0.9, 1.15)), weather.shade * np.float32(rng.uniform(0.7, 1.15))
    canvas.lay(opaque, lit + dark * (shade - lit), None)


def _ceiling(canvas: Canvas, tile: Array, elevation: Array, rng: np.random.Generator) -> Array:
    """Read a tile as a level ceiling, (H, W)."""
    reach = rng.uniform(15, 70) / (elevation + rng.uniform(0.04, 0.3))
    place = rng.uniform(0, TILE, 2).astype(np.float32)
    return read(tile, reach * canvas.rays.right + place[0], reach * canvas.rays.forward + place[1])


def _heaped(canvas: Canvas, tile: Array, rng: np.random.Generator) -> Array:
    """Read a tile as clouds that stand upright, (H, W), a little longer than high."""
    scale = math.exp(rng.uniform(-0.9, 0.9)) * 128 / canvas.shape[0]
    return screen(tile, rng, canvas.shape, scale, rng.uniform(1, 4), -canvas.camera.roll + rng.normal(0, 0.15))


def _lay_band(canvas: Canvas, elevation: Array, weather: Weather, rng: np.random.Generator) -> None:
    """Lay a long low bank of cloud over the line, whose edge could be taken for the horizon.

    It keeps clear of the line itself: what is dark, long and stands on it is a far ridge.
    """
    low, high = rng.uniform(0.03, 0.1), rng.uniform(0.05, 0.25)
    edge, place, ragged = rng.uniform(0.01, 0.05), rng.uniform(0, TILE), rng.uniform(0, 0.03)
    shift = elevation + ragged * read(tiles().clouds, canvas.rays.right * 60 + np.float32(place), elevation * 200)
    inside: Array = np.clip((shift - low) / edge, 0, 1)
    inside *= np.clip((low + high - shift) / edge, 0, 1)
    inside *= np.float32(weather.band)
    canvas.lay(inside, weather.shade, None)

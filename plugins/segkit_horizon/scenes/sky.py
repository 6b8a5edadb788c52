"""The sky: a gradient, the sun's glow, and clouds on a level ceiling, seen in perspective."""

from __future__ import annotations

import numpy as np

from segkit_horizon.scenes.camera import Rays
from segkit_horizon.scenes.noise import TILE, Array, sample, tiles
from segkit_horizon.scenes.weather import Weather

_SUNLIGHT = np.array([[1.0], [0.93], [0.8]], np.float32)


def gradient(weather: Weather, elevation: Array) -> Array:
    """Give the clear sky's color (3, n) at sines of elevation (n,), zero or more."""
    near = np.exp(elevation * (-1 / weather.fall))
    color: Array = weather.zenith + near * (weather.horizon - weather.zenith)
    return color


def paint_sky(rays: Rays, weather: Weather, rng: np.random.Generator) -> Array:
    """Give the colors (3, n) of what the rays see above the horizon."""
    elevation = np.maximum(-rays.down, 0)
    color = gradient(weather, elevation)
    color += _glow(rays, weather) * _SUNLIGHT
    _lay_clouds(color, rays, elevation, weather, rng)
    _lay_band(color, rays, elevation, weather, rng)
    return color


def _glow(rays: Rays, weather: Weather) -> Array:
    right, forward, up = weather.sun
    away = 1 - (rays.right * right + rays.forward * forward - rays.down * up)
    glow: Array = weather.glow * (0.5 * np.exp(away * -12) + np.exp(away * -250))
    return glow


def _lay_clouds(color: Array, rays: Rays, elevation: Array, weather: Weather, rng: np.random.Generator) -> None:
    tile = tiles().wisps if rng.random() < 0.35 else tiles().clouds
    reach = rng.uniform(15, 70) / (elevation + rng.uniform(0.04, 0.15))
    u, v = reach * rays.right + rng.uniform(0, TILE), reach * rays.forward + rng.uniform(0, TILE)
    thick = sample(tile, u, v)
    thick += 3.2 * weather.cover - 1.9
    opaque = np.clip(thick * rng.uniform(0.8, 3), 0, 1)
    opaque *= rng.uniform(0.6, 1) * (1 - np.exp(elevation * (-1 / rng.uniform(0.01, 0.06))))
    dark = np.clip(thick * rng.uniform(0.3, 0.6), 0, 1)
    cloud = weather.lit + dark * (weather.shade - weather.lit)
    color += opaque * (cloud - color)


def _lay_band(color: Array, rays: Rays, elevation: Array, weather: Weather, rng: np.random.Generator) -> None:
    """Lay a long low bank of cloud over the sea, whose edge could be taken for the horizon."""
    low, high = rng.uniform(0.0, 0.06), rng.uniform(0.05, 0.25)
    edge, place, ragged = rng.uniform(0.01, 0.05), rng.uniform(0, TILE), rng.uniform(0, 0.03)
    if not weather.band:
        return
    u = rays.right * 60 + place
    shift = elevation + ragged * sample(tiles().clouds, u, elevation * 200)
    inside = np.clip((shift - low) / edge, 0, 1)
    inside *= np.clip((low + high - shift) / edge, 0, 1)
    color += weather.band * inside * (weather.shade - color)

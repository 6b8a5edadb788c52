"""The sky: a gradient, the sun's glow, and clouds on level ceilings, seen in perspective."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from segkit_horizon.scenes.canvas import Canvas
from segkit_horizon.scenes.colors import brightness, hsv
from segkit_horizon.scenes.noise import TILE, Array, read, screen, tiles
from segkit_horizon.scenes.weather import Weather

_SUNLIGHT = np.array([1.0, 0.93, 0.8], np.float32).reshape(3, 1, 1)
_DAYLIGHT = 0.5  # brightness of the sky at the line: above it, clouds can be white


class _Layer(NamedTuple):
    """How noises of mean 0 and deviation 1 become clouds: how thick they are, and how dark."""

    cover: float  # is added to the thickness
    sharp: float  # opacity gained a unit of it
    lit: Array  # color of the bright parts
    shade: Array  # and of the dark ones
    relief: float  # darkness gained a unit of the other noise
    gloom: float  # and what there is of it everywhere


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
    # Thick clouds are dark, seen from below; the sun from aside makes light and dark of its own.
    dark = thick if rng.random() < 0.5 else _heaped(canvas, field.clouds, rng)
    day = float(brightness(weather.horizon).mean()) > _DAYLIGHT
    layer = _broken(rng) if day and rng.random() < weather.broken else _of_the_mood(weather, rng)
    # At elevation e a ceiling is 1 / e times as far as overhead: far clouds are lost in the air before the line.
    lost = math.exp(rng.uniform(math.log(0.003), math.log(0.15)))
    opaque = np.clip((thick + layer.cover) * layer.sharp, 0, 1)
    opaque *= rng.uniform(0.6, 1) * np.exp(-lost / np.maximum(elevation, 1e-3))
    dark = np.clip(dark * layer.relief + layer.gloom, 0, 1)
    canvas.lay(opaque, layer.lit + dark * (layer.shade - layer.lit), None)


def _of_the_mood(weather: Weather, rng: np.random.Generator) -> _Layer:
    return _Layer(
        cover=3.2 * weather.cover - 1.9,
        sharp=(0.5, 1.0, 1.6, 2.8)[int(rng.integers(4))],
        lit=weather.lit * np.float32(rng.uniform(0.9, 1.15)),
        shade=weather.shade * np.float32(rng.uniform(0.7, 1.15)),
        relief=rng.uniform(0.2, 0.8),
        gloom=rng.uniform(-0.2, 0.4),
    )


def _broken(rng: np.random.Generator) -> _Layer:
    """Draw white and gray clouds, whatever the sky behind them is like."""
    cover, sharp = rng.uniform(-0.9, 1.3), math.exp(rng.uniform(-0.2, 1.8))
    lit = hsv(rng.normal(40, 40), abs(rng.normal(0, 0.04)), rng.uniform(0.75, 1.15))
    shade = hsv(rng.normal(215, 25), abs(rng.normal(0.05, 0.06)), rng.uniform(0.3, 0.9))
    if rng.random() < 0.25:  # against the light, thick clouds have bright edges
        lit, shade = shade, lit
    return _Layer(cover, sharp, lit, shade, relief=rng.uniform(0.3, 1.2), gloom=rng.uniform(0, 0.6))


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

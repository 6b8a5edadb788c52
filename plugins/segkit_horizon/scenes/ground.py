"""What a plane under the camera has in common, be it water or land: its haze, its light and its edge at the line."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from segkit_horizon.scenes.canvas import LAND, WATER, Canvas
from segkit_horizon.scenes.colors import brightness
from segkit_horizon.scenes.noise import Array
from segkit_horizon.scenes.weather import Weather

_STRIP = 0.04  # of the height: what is compared on either side of the line
_SEEN = {LAND: (0.03, 0.2), WATER: (0.07, 0.25)}  # least and most contrast at the line, of the brighter side
_FADED = 0.85  # of the land scenes


def lay_ground(
    canvas: Canvas,
    color: Array,
    distance: Array,
    weather: Weather,
    rng: np.random.Generator,
    code: int,
    bumps: Array | None = None,
) -> None:
    """Cover what is below the line.

    Args:
        canvas: It holds the sky.
        color: Of the ground without haze, (3, H, W); it is changed.
        distance: Of the ground in meters, (H, W).
        weather: The scene's.
        rng: The scene's random numbers.
        code: What the ground is, LAND or WATER.
        bumps: How many pixels it stands above the line, (H, W); None for a straight edge.
    """
    haze = weather.haze * (1 - np.exp(distance * (-1 / weather.visibility)))
    color += haze * (weather.air - color)
    above = _above(canvas)
    under = (canvas.below >= 0) & (canvas.below < _STRIP * canvas.shape[0])
    set_apart(canvas, color, under, above, rng.uniform(*_SEEN[code]))
    if code == LAND and rng.random() < _FADED and above.any():
        _fade(canvas, color, rng)
    edge = canvas.below if bumps is None else canvas.below + bumps
    canvas.lay(np.clip(edge + 0.5, 0, 1), color, None)
    canvas.ids[edge >= 0] = code


def low_sky(canvas: Canvas) -> Array:
    """Give the mean color (3, 1, 1) of what is seen just above the line; where nothing is, of the whole frame."""
    above = _above(canvas)
    seen = canvas.light[:, above] if above.any() else canvas.light.reshape(3, -1)
    mean: Array = seen.mean(axis=1).reshape(3, 1, 1)
    return mean


def _above(canvas: Canvas) -> NDArray[np.bool_]:
    strip: NDArray[np.bool_] = (canvas.below < 0) & (canvas.below > -_STRIP * canvas.shape[0])
    return strip


def _fade(canvas: Canvas, ground: Array, rng: np.random.Generator) -> None:
    """Let the last land before the line fade almost into the sky above it: nothing is seen through more air."""
    air = low_sky(canvas) * np.float32(rng.uniform(0.82, 1.0))
    depth = canvas.shape[0] * math.exp(rng.uniform(math.log(0.005), math.log(0.08)))
    fade = np.float32(rng.uniform(0.4, 0.97)) * np.exp(np.maximum(canvas.below, 0) * np.float32(-1 / depth))
    ground += fade * (air - ground)


def set_apart(
    canvas: Canvas, color: Array, inside: NDArray[np.bool_], outside: NDArray[np.bool_], contrast: float
) -> None:
    """Darken or brighten what is to be laid where it would be as bright as what it borders on.

    Args:
        canvas: It holds what is there already.
        color: Of what is to be laid, (3, H, W); it is changed.
        inside: Where it will lie along the border, (H, W).
        outside: What is beyond the border, (H, W).
        contrast: The least at the border, of the brighter side.
    """
    if not inside.any() or not outside.any():
        return
    there, own = (
        float(brightness(light[:, where]).mean()) for light, where in ((canvas.light, outside), (color, inside))
    )
    wanted = contrast * max(there, own, 0.1)
    if abs(there - own) < wanted:
        target = there - wanted if own <= there or there > 0.75 else there + wanted
        color *= np.float32(max(target, 0.0) / max(own, 1e-3))

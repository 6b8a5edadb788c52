"""From light to bytes: vignette, exposure, color balance, blur, polarity and noise of a cheap camera."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from segkit_horizon.scenes.noise import Array


def brightness(light: Array) -> Array:
    """Give the brightness (...) of colors (3, ...), weighted as in ITU-R BT.601."""
    red, green, blue = light  # no matrix product: its rounding would depend on the number of threads
    luma: Array = 0.299 * red + 0.587 * green + 0.114 * blue
    return luma


def expose(light: Array, gray: bool, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Give the frame (H, W, 3) of the light (3, H, W) that falls into the camera.

    Args:
        light: Zero or more; about 1 is white.
        gray: Whether the sensor is infrared: one band, of either polarity.
        rng: The scene's random numbers.
    """
    vignette = _vignette(light.shape[1], light.shape[2], rng)
    image = _thermal(light, vignette, rng) if gray else _visible(light, vignette, rng)
    image = _blur(image, rng.uniform(0, 0.8))
    image += abs(rng.normal(0, 0.014)) * rng.standard_normal(image.shape, np.float32)
    frame = np.clip(image * 255 + 0.5, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(frame, light.shape).transpose(1, 2, 0))


def _visible(light: Array, vignette: Array, rng: np.random.Generator) -> Array:
    """Balance the colors, expose for the mean and apply a tone curve: (3, H, W) in [0, 1]."""
    image = light * vignette * np.exp(rng.normal(0, 0.03, (3, 1, 1))).astype(np.float32)
    image *= math.exp(rng.normal(math.log(0.46), 0.2)) / max(float(image.mean()), 1e-3)
    toned: Array = np.clip(image, 0, 1) ** math.exp(rng.normal(0, 0.2))
    return toned


def _thermal(light: Array, vignette: Array, rng: np.random.Generator) -> Array:
    """Stretch the contrast about the mean, as thermal cameras do, in either polarity: (1, H, W)."""
    image = brightness(light)[None] * vignette
    gain = rng.uniform(0.10, 0.22) / max(float(image.std()), 0.05) * (-1 if rng.random() < 0.3 else 1)
    stretched: Array = rng.uniform(0.3, 0.65) + gain * (image - image.mean())
    return stretched


def _vignette(height: int, width: int, rng: np.random.Generator) -> Array:
    x, y = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    darkening = 0.25 * rng.random() ** 2
    return 1 - darkening * (x**2 + y**2)


def _blur(image: Array, sigma: float) -> Array:
    """Blur along both axes with a Gaussian of up to about a pixel, cut to three taps; edges repeat."""
    side = np.float32(math.exp(-0.5 / max(sigma, 0.1) ** 2))
    middle = np.float32(1 / (1 + 2 * side))
    padded = np.pad(image, ((0, 0), (1, 1), (1, 1)), mode="edge")
    rows = middle * (padded[:, 1:-1] + side * (padded[:, :-2] + padded[:, 2:]))
    return middle * (rows[:, :, 1:-1] + side * (rows[:, :, :-2] + rows[:, :, 2:]))

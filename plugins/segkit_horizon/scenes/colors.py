"""Colors as scenes pass them: (3, 1, 1), red, green and blue, 1 being white; more is over-exposed."""

from __future__ import annotations

import colorsys

import numpy as np

from segkit_horizon.scenes.noise import Array

# Hue and its deviation in degrees, saturation and value from least to greatest.
_PALETTES = {
    "grass": (78, 20, (0.15, 0.7), (0.18, 0.75)),
    "forest": (92, 22, (0.08, 0.6), (0.06, 0.45)),
    "soil": (36, 13, (0.1, 0.55), (0.15, 0.8)),
    "rock": (40, 60, (0.0, 0.2), (0.15, 0.75)),
    "brick": (20, 12, (0.1, 0.55), (0.12, 0.8)),
    "plaster": (38, 25, (0.0, 0.3), (0.35, 1.05)),
    "concrete": (50, 60, (0.0, 0.12), (0.15, 0.85)),
    "asphalt": (220, 60, (0.0, 0.1), (0.12, 0.6)),
    "bark": (28, 18, (0.0, 0.4), (0.06, 0.5)),
    "paint": (180, 120, (0.0, 0.55), (0.05, 1.0)),
    "glass": (210, 30, (0.0, 0.35), (0.04, 0.75)),
    "haze": (215, 20, (0.0, 0.12), (0.78, 1.0)),
    "roof": (18, 20, (0.05, 0.5), (0.1, 0.6)),
}


def hsv(hue: float, saturation: float, value: float) -> Array:
    """Give the color of a hue in degrees, a saturation in [0, 1] and a value from 0 up."""
    return np.array(colorsys.hsv_to_rgb(hue / 360 % 1, saturation, value), np.float32).reshape(3, 1, 1)


def pick(rng: np.random.Generator, palette: str) -> Array:
    """Draw a color of a palette by its name."""
    hue, spread, saturation, value = _PALETTES[palette]
    return hsv(rng.normal(hue, spread), rng.uniform(*saturation), rng.uniform(*value))


def rgb(text: str) -> Array:
    """Give the color of ``#rrggbb``."""
    return (np.frombuffer(bytes.fromhex(text[1:]), np.uint8) / 255).astype(np.float32).reshape(3, 1, 1)


def brightness(light: Array) -> Array:
    """Give the brightness (...) of colors (3, ...), weighted as in ITU-R BT.601."""
    red, green, blue = light  # no matrix product: its rounding would depend on the number of threads
    luma: Array = 0.299 * red + 0.587 * green + 0.114 * blue
    return luma

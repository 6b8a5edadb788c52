"""Weather between the scene and the lens: rain, and drops on the glass."""

from __future__ import annotations

import cv2
import numpy as np

from segkit_horizon.scenes.noise import Array, screen, tiles
from segkit_horizon.scenes.weather import Weather


def rain(light: Array, weather: Weather, rng: np.random.Generator) -> Array:
    """Give the light (3, H, W) through rain: a gray veil, streaks that fall aslant, and drops on the lens."""
    shape = light.shape[1:]
    veil = np.float32(rng.uniform(0.05, 0.35))
    rained = light + veil * (weather.air - light)
    long, slant = rng.uniform(8, 20), np.pi / 2 + rng.normal(0, 0.2)
    streaks = np.clip(screen(tiles().grain, rng, shape, rng.uniform(0.6, 1.4), long, slant) - 1.2, 0, 1)
    rained += np.float32(rng.uniform(0.05, 0.3)) * streaks
    if rng.random() < 0.5:
        blurred = np.stack([cv2.GaussianBlur(plane, (0, 0), 4) for plane in rained])
        cover = np.zeros(shape, np.uint8)
        for _ in range(int(rng.integers(3, 20))):
            place = (int(rng.integers(shape[1])), int(rng.integers(shape[0])))
            cv2.circle(cover, place, int(shape[0] * rng.uniform(0.01, 0.05)) + 1, 255, -1, cv2.LINE_AA)
        rained += cv2.GaussianBlur(cover, (0, 0), 1.0).astype(np.float32) / 255 * (blurred * 1.1 - rained)
    return rained

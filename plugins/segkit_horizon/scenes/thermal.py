"""A thermal camera: what is warm is bright, or dark; the sky is cold overhead and warmer toward the line."""

from __future__ import annotations

import math

import cv2
import numpy as np

from segkit_horizon.scenes.canvas import FLYER, OBSTACLE, SKY, WATER, Canvas
from segkit_horizon.scenes.colors import brightness
from segkit_horizon.scenes.noise import Array, screen, tiles
from segkit_horizon.scenes.weather import Weather


def warmth(canvas: Canvas, weather: Weather, rng: np.random.Generator) -> Array:
    """Give how warm every pixel looks, (1, H, W), about in [0, 1].

    The forms are those of the visible scene; their tones are drawn anew. Clouds are warmer than the clear sky, and the
    ground takes the air's warmth far away. Things are hot or cold against it, by their edges too.
    """
    tone = brightness(canvas.light)
    sky, things = canvas.ids == SKY, np.isin(canvas.ids, (OBSTACLE, FLYER))
    heat = _sky(canvas, tone, sky, rng)
    at_line = float(heat[np.abs(canvas.below) < 3].mean()) if (np.abs(canvas.below) < 3).any() else 0.5
    ground = tone - (float(tone[~sky].mean()) if (~sky).any() else 0.0)
    step = rng.uniform(0.08, 0.45) * (1 if rng.random() < 0.65 else -1)
    swing = rng.uniform(0.5, 2.0) * (1 if rng.random() < 0.7 else -1)
    far = np.exp(np.minimum(-canvas.below, 0) / np.float32(canvas.shape[0] * rng.uniform(0.02, 0.3)))
    blend = np.where(canvas.ids == WATER, rng.uniform(0, 0.6) * far, np.float32(0))
    warm = at_line + np.float32(step) * (1 - blend) + np.float32(swing) * ground
    warm += things * np.float32(rng.uniform(-0.2, 0.6))
    heat = np.where(sky, heat, warm)
    if rng.random() < 0.4:
        heat += np.float32(rng.uniform(0.3, 1.2)) * (heat - cv2.GaussianBlur(heat, (0, 0), rng.uniform(1.5, 4)))
    return _developed(heat, rng)[None]


def _sky(canvas: Canvas, tone: Array, sky: np.ndarray, rng: np.random.Generator) -> Array:
    rise = np.maximum(canvas.rise, 0)
    cold, gain = rng.uniform(0.0, 0.4), rng.uniform(0.05, 0.5)
    graded = cold + gain * np.exp(rise * (-1 / math.exp(rng.uniform(math.log(0.02), math.log(0.6)))))
    clouds = tone - (float(tone[sky].mean()) if sky.any() else 0.0)
    heat: Array = (graded + np.float32(rng.uniform(-0.2, 0.8)) * clouds).astype(np.float32)
    return heat


def _developed(heat: Array, rng: np.random.Generator) -> Array:
    """Stretch the contrast about the mean, in either polarity, with the drift of rows, columns and the whole."""
    gain = rng.uniform(0.10, 0.24) / max(float(heat.std()), 0.05) * (-1 if rng.random() < 0.35 else 1)
    image: Array = np.float32(rng.uniform(0.3, 0.65)) + np.float32(gain) * (heat - heat.mean())
    height, width = heat.shape
    if rng.random() < 0.5:
        image += (rng.normal(0, rng.uniform(0.002, 0.015), (1, width))).astype(np.float32)
        image += (rng.normal(0, rng.uniform(0.001, 0.006), (height, 1))).astype(np.float32)
    if rng.random() < 0.4:
        image += np.float32(rng.uniform(0.01, 0.06)) * screen(tiles().clouds, rng, heat.shape, rng.uniform(0.3, 0.8))
    return image

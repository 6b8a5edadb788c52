"""A frame tinted by its classes."""

from __future__ import annotations

import colorsys

import cv2
import numpy as np

from segkit.engine.frames import to_uint8

_TINT = 0.35


def palette(classes: int) -> np.ndarray:
    """Give a color a class, (classes, 3) uint8, evenly spread over the hues."""
    hues = [(0.58 + number / classes) % 1 for number in range(classes)]
    return np.array([[round(255 * part) for part in colorsys.hsv_to_rgb(hue, 0.75, 1)] for hue in hues], dtype=np.uint8)


def overlay(image: np.ndarray, mask: np.ndarray, colors: np.ndarray) -> np.ndarray:
    """Tint a frame (H, W, C) uint8 or uint16 by the classes of its mask (H, W) -> (H, W, 3) uint8."""
    return cv2.addWeighted(to_uint8(image, 3), 1 - _TINT, colors[mask], _TINT, 0)

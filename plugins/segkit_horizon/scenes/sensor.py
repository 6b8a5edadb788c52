"""From light to bytes: glare, vignette, exposure, color balance, blur, noise and compression of a cheap camera."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from segkit_horizon.scenes.canvas import FLYER, SKY
from segkit_horizon.scenes.noise import Array


def expose(
    light: Array, edge: NDArray[np.bool_] | None, flaws: float, highlights: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Give the frame (H, W, 3) of the light that falls into the camera.

    Args:
        light: (3, H, W), about 1 is white; or (1, H, W) of a thermal camera.
        edge: What must not be over-exposed, (H, W), or None.
        flaws: How often it has each flaw, in [0, 1].
        highlights: How often it is exposed for what is bright, in [0, 1].
        rng: The scene's random numbers.
    """
    visible = len(light) == 3
    if visible:
        if rng.random() < flaws:
            light = light + _glare(light, rng)
        light = _balance(light, edge, flaws, highlights, rng)
    light = light * _vignette(light.shape[1], light.shape[2], rng)
    image = np.ascontiguousarray(_blur(light, flaws, rng).transpose(1, 2, 0))
    if rng.random() < 0.5 + 0.5 * flaws:
        bands = image.shape[2] if rng.random() < 0.5 else 1
        image += abs(rng.normal(0, 0.018)) * rng.standard_normal((*image.shape[:2], bands), np.float32)
    frame = np.clip(image * 255 + 0.5, 0, 255).astype(np.uint8)
    if rng.random() < 0.8 * flaws:
        frame = _compress(frame, int(rng.integers(25, 92)))
    return np.ascontiguousarray(np.broadcast_to(frame, (*frame.shape[:2], 3)))


def skyline(ids: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Find what borders on the sky, (H, W), by what each pixel shows."""
    sky = (ids == SKY) | (ids == FLYER)
    edge: NDArray[np.bool_] = (cv2.dilate(sky.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0) & ~sky
    return edge


def _glare(light: Array, rng: np.random.Generator) -> Array:
    """Spread what is bright over what is beside it, before it is clipped: the sky eats into branches and roofs."""
    height, width = light.shape[1:]
    small = max(width // 4, 1), max(height // 4, 1)
    least, strength = rng.uniform(0.3, 0.8), np.float32(rng.uniform(0.2, 0.9))
    bright = np.clip(light - np.float32(least), 0, 1.2).transpose(1, 2, 0)
    spread = cv2.resize(np.ascontiguousarray(bright), small, interpolation=cv2.INTER_AREA)
    spread = cv2.GaussianBlur(spread, (0, 0), (0.6, 1.2, 2.5, 6.0)[int(rng.integers(4))])
    glare: Array = strength * cv2.resize(spread, (width, height)).reshape(height, width, 3).transpose(2, 0, 1)
    return glare


def _balance(
    light: Array, edge: NDArray[np.bool_] | None, flaws: float, highlights: float, rng: np.random.Generator
) -> Array:
    """Balance the colors, expose for the mean and apply a tone curve: (3, H, W), at least 0."""
    image = light * np.exp(rng.normal(0, 0.08 if rng.random() < flaws else 0.03, (3, 1, 1))).astype(np.float32)
    wanted = math.exp(rng.normal(math.log(0.46), 0.2))
    if rng.random() < 0.6 * flaws:
        wanted *= rng.uniform(0.5, 1.7)
    # No camera brings a night to daylight, nor takes more than a few stops off.
    gain = float(np.clip(wanted / max(float(image.mean()), 1e-3), 0.4, 3.0))
    if rng.random() < highlights:
        gain = min(gain, rng.uniform(0.75, 1.0) / max(float(np.quantile(image[1, ::4, ::4], 0.97)), 0.1))
    if edge is not None and edge.any():  # as white as the sky, nobody could tell it from that
        gain = min(gain, rng.uniform(0.75, 0.97) / max(float(image[:, edge].mean(axis=1).max()), 0.1))
    image *= np.float32(gain)
    toned: Array = np.clip(image, 0, 1.5) ** np.float32(math.exp(rng.normal(0, 0.2)))
    if rng.random() < 0.4 * flaws:
        toned += np.float32(rng.uniform(0, 0.4)) * (np.float32(rng.uniform(0.4, 0.9)) - toned)
    return toned


def _vignette(height: int, width: int, rng: np.random.Generator) -> Array:
    x, y = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    darkening = np.float32(0.4 * rng.random() ** 2)
    return 1 - darkening * (x**2 + y**2)


def _blur(light: Array, flaws: float, rng: np.random.Generator) -> Array:
    """Blur as the lens does, sometimes by motion or by a picture enlarged, and sharpen again at times."""
    kind, sigma = rng.random(), rng.uniform(0.2, 0.7)
    if kind < 0.3 * flaws:
        sigma = rng.uniform(0.7, 1.5)
    planes = [cv2.GaussianBlur(plane, (0, 0), sigma) for plane in light]
    if 0.3 * flaws <= kind < 0.5 * flaws:
        kernel = _streak(rng.uniform(2, 7), rng.uniform(0, math.pi))
        planes = [cv2.filter2D(plane, -1, kernel) for plane in planes]
    elif 0.5 * flaws <= kind < 0.7 * flaws:
        height, width = light.shape[1:]
        half = max(width // 2, 1), max(height // 2, 1)
        planes = [cv2.resize(cv2.resize(p, half, interpolation=cv2.INTER_AREA), (width, height)) for p in planes]
    elif kind > 1 - 0.3 * flaws:
        strength = np.float32(rng.uniform(0.2, 0.9))
        planes = [plane + strength * (plane - cv2.GaussianBlur(plane, (0, 0), 1.5)) for plane in planes]
    return np.stack(planes)


def _streak(length: float, angle: float) -> Array:
    """Give a kernel (9, 9) that sums to one along a line through its middle."""
    kernel = np.zeros((9, 9), np.uint8)
    x, y = length / 2 * math.cos(angle), length / 2 * math.sin(angle)
    ends = [(round((4 + s * x) * 16), round((4 + s * y) * 16)) for s in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 255, 1, cv2.LINE_AA, 4)
    streak: Array = (kernel / kernel.sum(dtype=np.float64)).astype(np.float32)
    return streak


def _compress(frame: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Take a frame (H, W, 3 or 1) through JPEG."""
    colors = frame.shape[2]
    done, packed = cv2.imencode(".jpg", frame[..., ::-1] if colors == 3 else frame, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        return frame
    read = cv2.imdecode(packed, cv2.IMREAD_COLOR if colors == 3 else cv2.IMREAD_GRAYSCALE)
    if read is None:
        return frame
    return (read[..., ::-1] if colors == 3 else read[..., None]).astype(np.uint8, copy=False)

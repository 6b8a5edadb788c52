"""Horizons that are drawn: numpy alone, by the distance of each pixel from a line that is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest


@dataclass(frozen=True)
class Drawn:
    """Probabilities (H, W) of what is below, and the line: the normal's angle and its distance from the middle."""

    sea: np.ndarray
    degrees: float
    distance: float


Draw = Callable[[int, int, int], Drawn]


def pixel_distances(height: int, width: int, degrees: float, distance: float) -> tuple[np.ndarray, np.ndarray]:
    """Of each pixel's center, how far it lies below the line, and where along it; both counted from the middle."""
    x, y = np.meshgrid(np.arange(width) + 0.5 - width / 2, np.arange(height) + 0.5 - height / 2)
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return cos * x + sin * y - distance, cos * y - sin * x


def boundary_error(rng: np.random.Generator, bins: int, reach: float) -> np.ndarray:
    """Pixels by which the boundary is off at each pixel along the line: sigma 0.5, three in ten anywhere in reach."""
    error = rng.normal(0, 0.5, bins)
    wrong = np.zeros(bins, dtype=bool)
    while wrong.mean() < 0.3:
        start, length = rng.integers(0, bins), rng.integers(1, 16)
        wrong[start : start + length] = True
        error[start : start + length] = rng.uniform(-reach, reach, len(error[start : start + length]))
        if rng.random() < 0.5:  # a hill or a hull: one height
            error[start : start + length] = error[start]
    return error


def draw_frame(height: int, width: int, seed: int) -> Drawn:
    rng = np.random.default_rng([height, width, seed])
    degrees, distance = rng.uniform(-180, 180), rng.uniform(-0.25, 0.25) * min(height, width)
    below, along = pixel_distances(height, width, degrees, distance)
    bin_of = np.floor(along - along.min()).astype(int)
    seen = below + boundary_error(rng, bin_of.max() + 1, min(height, width) / 8)[bin_of]
    sea = np.clip(0.5 + seen, 0, 1) if seed % 2 else (seen > 0).astype(float)
    for _ in range(2):  # boats and masts: they stand on the line and are no water
        middle, half = rng.uniform(-0.4, 0.4) * width, rng.uniform(1, 0.03 * width)
        sea[
            (np.abs(along - middle) < half)
            & (below > -rng.uniform(0.01, 0.08) * height)
            & (below < rng.uniform(0.005, 0.03) * height)
        ] = 0
    for _ in range(4):  # clouds, birds, buoys, reflections
        x, y, radius = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.005, 0.02) * width
        rows, columns = np.ogrid[:height, :width]
        blob = np.hypot(columns + 0.5 - x, rows + 0.5 - y) < radius
        sea[blob] = 1 - sea[blob]
    return Drawn(sea, degrees, distance)


@pytest.fixture(scope="session")
def draw() -> Draw:
    """(height, width, seed) -> a horizon of any roll, odd seeds with soft edges and even ones without."""
    return draw_frame

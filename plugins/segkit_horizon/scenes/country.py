"""Open land as a walker or a low drone sees it: rows of trees, houses and poles."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from segkit_horizon.scenes.canvas import Canvas
from segkit_horizon.scenes.standing import stand_house, stand_thing, stand_tree
from segkit_horizon.scenes.weather import Weather

Item = tuple[float, Callable[[], None]]  # its distance, and what draws it


def furnish_country(canvas: Canvas, weather: Weather, rng: np.random.Generator) -> None:
    """Stand rows of trees, single ones, houses and poles on open land; the lower the camera, the more of them."""
    items: list[Item] = []
    nearest = max(8.0, 2.5 * canvas.camera.altitude)
    for _ in range(int(rng.integers(0, 4))):
        far, start = nearest * math.exp(rng.uniform(0, 2.5)), rng.uniform(-1.5, 1)
        high, sort = rng.uniform(4, 16), ("", "bare_tree", "leafy_tree", "bush")[int(rng.integers(4))]
        step = rng.uniform(0.5, 1.5) * high
        for number in range(int(min(rng.uniform(3, 20), 3 * far / step))):
            foot = (start * far + step * number * rng.uniform(0.9, 1.1), far * rng.uniform(0.95, 1.05))
            items.append((foot[1], partial(stand_tree, canvas, weather, rng, foot, high * rng.uniform(0.6, 1.2), sort)))
    items += [_scattered(canvas, weather, rng, nearest) for _ in range(int(rng.integers(0, 7)))]
    for _, draw in sorted(items, key=lambda item: -item[0]):
        draw()


def _scattered(canvas: Canvas, weather: Weather, rng: np.random.Generator, nearest: float) -> Item:
    """Draw one house, pole or tree, and where it stands."""
    far = nearest * math.exp(rng.uniform(0, 2))
    foot, kind, high = (far * rng.uniform(-0.9, 0.9), far), rng.random(), rng.uniform(4, 14)
    if kind < 0.4:
        return far, partial(stand_house, canvas, weather, rng, foot, high)
    if kind < 0.6:
        return far, partial(stand_thing, canvas, weather, rng, "post", foot, 1.5 * high)
    return far, partial(stand_tree, canvas, weather, rng, foot, high)

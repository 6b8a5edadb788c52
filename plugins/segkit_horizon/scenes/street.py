"""A street as a car or a walker sees it: walls that may leave the frame's top, trees, traffic, and its markings."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import cv2
import numpy as np

from segkit_horizon.scenes.canvas import LAND, Canvas
from segkit_horizon.scenes.colors import pick
from segkit_horizon.scenes.noise import Array
from segkit_horizon.scenes.props import prop
from segkit_horizon.scenes.standing import place, stand_house, stand_thing, stand_tree, wall_colors
from segkit_horizon.scenes.weather import Weather

_NEAREST = 2.5  # meters, of what is drawn
_FARTHEST = 80.0  # of what lines the street; the skyline is behind

Item = tuple[float, Callable[[], None]]  # its distance, and what draws it


def furnish_street(canvas: Canvas, weather: Weather, rng: np.random.Generator) -> None:
    """Furnish a road from the skyline to the things nearest to the camera."""
    _pave(canvas, weather, rng)
    items: list[Item] = [*_skyline(canvas, weather, rng)]
    for side in (-1.0, 1.0):
        if rng.random() < 0.9:
            items += _side(canvas, weather, rng, side)
    items += _traffic(canvas, weather, rng)
    for _, draw in sorted(items, key=lambda item: -item[0]):
        draw()


def _pave(canvas: Canvas, weather: Weather, rng: np.random.Generator) -> None:
    """Draw the verges, and the lines along the road, broken or not."""
    for side in (-1.0, 1.0):
        if rng.random() < 0.8:
            edge = side * rng.uniform(2.5, 7)
            strip = [(edge, _NEAREST), (edge, 300.0), (edge + side * 60, 300.0), (edge + side * 60, _NEAREST)]
            _fill(canvas, [strip], pick(rng, "concrete" if rng.random() < 0.7 else "grass"), 0.85, weather)
    marks = []
    for middle in rng.uniform(-6, 6, int(rng.integers(0, 5))):
        wide, dash, begin = rng.uniform(0.06, 0.25), rng.uniform(2, 9), _NEAREST
        filled = 0.6 if rng.random() < 0.6 else 1.0
        while begin < 60:
            end = begin + dash * filled
            marks.append([(middle, begin), (middle + wide, begin), (middle + wide, end), (middle, end)])
            begin += dash
    if marks:
        _fill(canvas, marks, np.full((3, 1, 1), rng.uniform(0.4, 1), np.float32), 0.9, weather)


def _fill(
    canvas: Canvas, shapes: Sequence[Sequence[tuple[float, float]]], color: Array, opacity: float, weather: Weather
) -> None:
    """Fill polygons that lie on the ground; their corners are meters to the right and ahead."""
    cover = np.zeros(canvas.shape, np.uint8)
    for shape in shapes:
        corners = canvas.camera.project(np.array([(x, 0.0, z) for x, z in shape], np.float64))
        if np.isfinite(corners).all():
            cv2.fillPoly(cover, [np.clip(np.rint(corners * 16), -1e6, 1e6).astype(np.int32)], 255, cv2.LINE_AA, 4)
    lit: Array = color * np.float32(weather.sunlit)
    lit += np.float32(0.1) * (weather.air - lit)
    canvas.lay(cover * np.float32(opacity / 255) * (canvas.below > 0), lit, None)


def _skyline(canvas: Canvas, weather: Weather, rng: np.random.Generator) -> list[Item]:
    """Close the street far away by houses and trees side by side."""
    if rng.random() < 0.15:
        return []
    far, high = rng.uniform(60, 160), rng.uniform(4, 22)
    across, items, right = 0.8 * far, list[Item](), -0.9 * far
    trees = rng.random()
    while right < across:
        tall, foot = high * rng.uniform(0.4, 1.3), (right, far * rng.uniform(0.9, 1.1))
        if rng.random() < trees:
            items.append((foot[1], partial(stand_tree, canvas, weather, rng, foot, tall, "")))
        else:
            items.append((foot[1], partial(stand_house, canvas, weather, rng, foot, tall)))
        right += tall * rng.uniform(0.4, 1.3)
    return items


def _side(canvas: Canvas, weather: Weather, rng: np.random.Generator, side: float) -> list[Item]:
    """Line one side with a terrace of houses, or with houses, trees and gaps; then posts and trees before them."""
    items: list[Item] = []
    edge, forward, usual = side * rng.uniform(3.5, 14), rng.uniform(_NEAREST, 10), rng.uniform(5, 18)
    closed, built = rng.random() < 0.4, rng.uniform(0.25, 1)
    light = float(rng.uniform(0.5, 1.2))
    sort = ("bare_tree", "bare_tree", "leafy_tree", "")[int(rng.integers(4))]
    while forward < _FARTHEST:
        long, high = rng.uniform(4, 9) if closed else rng.uniform(5, 16), usual * rng.uniform(0.7, 1.35)
        at = edge * rng.uniform(0.95, 1.1)
        if rng.random() < (0.95 if closed else built):
            items.append(
                (forward + long / 2, partial(_terrace, canvas, weather, rng, (at, forward, long, high, light)))
            )
        elif rng.random() < 0.7:
            items.append((forward, partial(stand_tree, canvas, weather, rng, (at, max(forward, 5.0)), high, sort)))
        forward += long if closed else long * rng.uniform(1, 1.6)
    for _ in range(int(rng.integers(0, 7))):
        foot = (edge * rng.uniform(0.55, 1), rng.uniform(5, 50))
        if rng.random() < 0.5:
            items.append((foot[1], partial(stand_tree, canvas, weather, rng, foot, rng.uniform(4, 13), sort)))
        else:
            post = partial(stand_thing, canvas, weather, rng, "post", foot, rng.uniform(4, 10))
            items.append((foot[1], post))
    return items


def _terrace(
    canvas: Canvas, weather: Weather, rng: np.random.Generator, house: tuple[float, float, float, float, float]
) -> None:
    """Draw a house: its long wall along the street, and the end that faces the camera."""
    edge, forward, long, high, light = house
    colors = [color * np.float32(light) for color in wall_colors(rng, weather)]
    out = edge + math.copysign(rng.uniform(6, 20), edge)
    end = [(edge, high, forward), (out, high, forward), (out, 0.0, forward), (edge, 0.0, forward)]
    shade = np.float32(rng.uniform(0.5, 1.2))
    place(canvas, prop("facade", rng), end, [color * shade for color in colors], weather, LAND)
    far = forward + long
    wall = [(edge, high, forward), (edge, high, far), (edge, 0.0, far), (edge, 0.0, forward)]
    place(canvas, prop("facade", rng), wall, colors, weather, LAND)


def _traffic(canvas: Canvas, weather: Weather, rng: np.random.Generator) -> list[Item]:
    items: list[Item] = []
    for sort, most, heights in (("vehicle", 7, (1.4, 2.8)), ("person", 5, (1.5, 1.9))):
        for _ in range(int(rng.integers(0, most))):
            foot = (rng.uniform(-7, 7), rng.uniform(5, 40))
            height = rng.uniform(*heights)
            items.append((foot[1], partial(stand_thing, canvas, weather, rng, sort, foot, height)))
    return items

"""What is on the water and in the air: boats and buoys, birds and aircraft, lights, and the own craft's bow."""

from __future__ import annotations

import math

import numpy as np

from segkit_horizon.scenes.canvas import FLYER, LAND, OBSTACLE, OWN, SKY, Canvas
from segkit_horizon.scenes.colors import hsv, pick
from segkit_horizon.scenes.noise import Array
from segkit_horizon.scenes.props import prop
from segkit_horizon.scenes.standing import mirrored, stand, stand_house, stand_thing, stand_tree
from segkit_horizon.scenes.weather import Weather

# Least and greatest height in meters; the tall ones stay farther away.
_CRAFT = {"sail_boat": (7, 16), "motor_boat": (1.5, 4), "trawler": (6, 14), "ship": (15, 45), "buoy": (1.5, 5)}


def launch_boats(canvas: Canvas, weather: Weather, rng: np.random.Generator) -> None:
    """Put some craft on the water, each with its reflection."""
    boats = []
    for _ in range(int(rng.integers(1, 6))):
        sort = tuple(_CRAFT)[int(rng.integers(len(_CRAFT)))]
        height = rng.uniform(*_CRAFT[sort])
        nearest = max(5 * height, 8.0, 2.5 * canvas.camera.altitude)
        boats.append((min(nearest * math.exp(rng.uniform(0, 3.5)), 6000.0), height, sort))
    for forward, height, sort in sorted(boats, reverse=True):
        right = forward * rng.uniform(-0.7, 0.7)
        dark = np.float32(rng.uniform(0.1, 1.0))
        colors = [pick(rng, "paint") * dark, pick(rng, "plaster"), pick(rng, "paint")]
        if weather.night:
            colors[1] = hsv(rng.normal(42, 12), rng.uniform(0, 0.5), 8.0)
        sprite, stretch = prop(sort, rng), mirrored(rng, 0.15)
        stand(canvas, sprite, (right, forward), height, colors, weather, OBSTACLE, stretch)
        _mirror(canvas, (right, forward), height * sprite.aspect * abs(stretch), height, colors[0], weather)


def build_shore(canvas: Canvas, weather: Weather, rng: np.random.Generator, distance: float) -> None:
    """Stand houses, trees and masts along a stretch of coast."""
    right, end = rng.uniform(-1, 0.4) * distance, rng.uniform(0, 1) * distance
    high, trees = rng.uniform(5, 25), rng.random()
    for _ in range(40):
        if right >= end:
            return
        tall, foot = high * rng.uniform(0.4, 1.3), (float(right), distance * rng.uniform(0.98, 1.02))
        if rng.random() < 0.1:
            stand_thing(canvas, weather, rng, "post", foot, 2 * tall, LAND)
        elif rng.random() < trees:
            stand_tree(canvas, weather, rng, foot, tall)
        else:
            stand_house(canvas, weather, rng, foot, tall)
        right += tall * rng.uniform(0.4, 2.5)


def send_flyers(canvas: Canvas, weather: Weather, rng: np.random.Generator) -> None:
    """Send birds or an aircraft through the frame, at any place and a little banked."""
    sort = "bird" if rng.random() < 0.6 else "aircraft"
    high = canvas.shape[0] * (rng.uniform(0.01, 0.05) if sort == "bird" else rng.uniform(0.015, 0.08))
    tone = np.float32(rng.uniform(0.03, 0.4) if rng.random() < 0.7 else rng.uniform(0.7, 1.1))
    colors = [pick(rng, "concrete") * tone, pick(rng, "paint"), pick(rng, "paint") * tone]
    behind = canvas.ids.copy()
    for _ in range(int(rng.integers(1, 6)) if sort == "bird" else 1):
        sprite = prop(sort, rng)
        middle = rng.uniform(0, 1, 2) * (canvas.shape[1], canvas.shape[0])
        quad = _turned(middle, high * sprite.aspect * mirrored(rng), high, canvas.camera.roll + rng.normal(0, 0.3))
        canvas.stamp(sprite, quad, colors, FLYER)
    canvas.ids[(canvas.ids == FLYER) & (behind != SKY)] = OBSTACLE


def show_bow(canvas: Canvas, weather: Weather, rng: np.random.Generator) -> None:
    """Show the own craft at the frame's lower edge: a bow, which does not roll with the horizon."""
    height, width = canvas.shape
    wide, high = width * rng.uniform(0.3, 1.4), height * rng.uniform(0.08, 0.3)
    middle = np.array([width * rng.uniform(0.3, 0.7), height - high / 2 + 1])
    color = pick(rng, "paint") if rng.random() < 0.5 else pick(rng, "plaster")
    light = np.float32(weather.sunlit)
    quad = _turned(middle, wide, high, rng.normal(0, 0.03))
    canvas.stamp(prop("bow", rng), quad, [color * light, color, pick(rng, "concrete") * light], OWN)


def _mirror(
    canvas: Canvas, foot: tuple[float, float], width: float, height: float, color: Array, weather: Weather
) -> None:
    """Darken the water under a craft as far as a calm sea mirrors it."""
    deep = height * 0.6 * canvas.camera.focal / foot[1]
    begin = canvas.camera.project(np.array([(foot[0] - width / 2, 0, foot[1]), (foot[0] + width / 2, 0, foot[1])]))
    if not np.isfinite(begin).all() or deep < 1:
        return
    along = (begin[1] - begin[0]) / max(float(np.linalg.norm(begin[1] - begin[0])), 1e-6)
    down = np.array([-along[1], along[0]]) * deep
    left, top = np.maximum(np.floor(np.minimum(begin, begin + down).min(0)), 0).astype(int)
    right, bottom = np.minimum(np.ceil(np.maximum(begin, begin + down).max(0)), canvas.shape[::-1]).astype(int)
    if right <= left or bottom <= top:
        return
    x, y = np.arange(left, right) + 0.5 - begin[0][0], (np.arange(top, bottom) + 0.5 - begin[0][1])[:, None]
    across, under = x * along[0] + y * along[1], y * along[0] - x * along[1]
    long = float(np.linalg.norm(begin[1] - begin[0]))
    inside = (across > 0.08 * long) & (across < 0.92 * long) & (under > 0) & (under < deep)
    strength = 0.5 * math.exp(-8 * weather.steepness) * inside * (1 - under / deep)
    light = canvas.light[:, top:bottom, left:right]
    light += strength.astype(np.float32) * (color * np.float32(weather.sunlit) - light)


def _turned(middle: np.ndarray, width: float, height: float, angle: float) -> np.ndarray:
    along, down = np.array([math.cos(angle), math.sin(angle)]), np.array([-math.sin(angle), math.cos(angle)])
    corners = ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))
    return np.stack([middle + x * width * along + y * height * down for x, y in corners])

"""What stands on the ground or floats: sprites brought to their place in the world, in the light and haze there."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from segkit_horizon.scenes.canvas import LAND, OBSTACLE, Canvas
from segkit_horizon.scenes.colors import hsv, pick
from segkit_horizon.scenes.noise import Array
from segkit_horizon.scenes.props import prop
from segkit_horizon.scenes.sprites import Sprite
from segkit_horizon.scenes.weather import Weather

Corners = Sequence[tuple[float, float, float]]

_WALLS = ("brick", "brick", "plaster", "plaster", "concrete")
_TREES = ("bare_tree", "leafy_tree", "bush", "conifer")
_LEAST = 1.2  # pixels; smaller things are left out


def stand(
    canvas: Canvas,
    sprite: Sprite,
    foot: tuple[float, float],
    height: float,
    colors: Sequence[Array],
    weather: Weather,
    code: int | None,
    stretch: float = 1.0,
) -> None:
    """Stand a sprite upright, its face to the camera.

    Args:
        canvas: What it is laid on.
        sprite: The picture.
        foot: Its middle on the ground: meters to the right and ahead.
        height: In meters.
        colors: Of the sprite, in full light.
        weather: The scene's.
        code: What it is; None leaves the ids.
        stretch: Of its width; negative mirrors it.
    """
    right, forward = foot
    if canvas.camera.focal * height / forward < _LEAST:
        return
    half = height * sprite.aspect * stretch / 2
    corners = [(right - half, height), (right + half, height), (right + half, 0.0), (right - half, 0.0)]
    place(canvas, sprite, [(x, y, forward) for x, y in corners], colors, weather, code)


def place(
    canvas: Canvas, sprite: Sprite, corners: Corners, colors: Sequence[Array], weather: Weather, code: int | None
) -> None:
    """Lay a sprite over a quadrangle of the world: right, up, ahead in meters, from its top left corner clockwise."""
    points = np.array(corners, np.float64)
    veil = np.float32(weather.veil(float(points[:, 2].mean())))
    shown = []
    for color in colors:
        lit: Array = color * np.float32(weather.sunlit)
        lit += veil * (weather.air - lit)
        shown.append(lit)
    canvas.stamp(sprite, canvas.camera.project(points), shown, code)


def mirrored(rng: np.random.Generator, spread: float = 0.25) -> float:
    """Draw a stretch of either sign."""
    return math.exp(rng.normal(0, spread)) * (1 if rng.random() < 0.5 else -1)


def wall_colors(rng: np.random.Generator, weather: Weather) -> list[Array]:
    """Draw the colors of a facade; at night some windows are lit."""
    glass = pick(rng, "glass")
    if weather.night and rng.random() < 0.7:
        glass = hsv(rng.normal(42, 12), rng.uniform(0.1, 0.5), rng.uniform(2, 6))
    wall, trim = _WALLS[int(rng.integers(len(_WALLS)))], ("roof", "plaster")[int(rng.integers(2))]
    return [pick(rng, wall), glass, pick(rng, trim)]


def stand_tree(
    canvas: Canvas, weather: Weather, rng: np.random.Generator, foot: tuple[float, float], height: float, sort: str = ""
) -> None:
    """Stand a tree, of any sort when none is said."""
    sort = sort or _TREES[int(rng.integers(len(_TREES)))]
    leaves, bark = pick(rng, "forest"), pick(rng, "bark")
    colors = [bark, bark, bark] if sort == "bare_tree" else [leaves, bark, bark]
    high = height * (0.3 if sort == "bush" else 1.0)
    stand(canvas, prop(sort, rng), foot, high, colors, weather, LAND, mirrored(rng))


def stand_house(
    canvas: Canvas, weather: Weather, rng: np.random.Generator, foot: tuple[float, float], height: float
) -> None:
    """Stand a house that faces the camera."""
    colors = wall_colors(rng, weather)
    stand(canvas, prop("facade", rng), foot, height, colors, weather, LAND, rng.uniform(0.6, 2.5))


def stand_thing(
    canvas: Canvas,
    weather: Weather,
    rng: np.random.Generator,
    sort: str,
    foot: tuple[float, float],
    height: float,
    code: int = OBSTACLE,
) -> None:
    """Stand a vehicle, a person or a post."""
    paint = pick(rng, "concrete" if sort == "post" else "paint")
    colors = [paint, pick(rng, "glass"), pick(rng, "paint")]
    if weather.night:
        colors[1] = hsv(rng.normal(42, 12), 0.2, 6.0)
    stand(canvas, prop(sort, rng), foot, height, colors, weather, code, mirrored(rng, 0.1))

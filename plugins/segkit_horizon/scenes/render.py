"""One scene: camera, weather, sky, ground, things and sensor put together."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from segkit_horizon.scenes.afloat import build_shore, launch_boats, send_flyers, show_bow
from segkit_horizon.scenes.air import rain
from segkit_horizon.scenes.camera import Camera, draw_camera
from segkit_horizon.scenes.canvas import Canvas
from segkit_horizon.scenes.colors import pick
from segkit_horizon.scenes.country import furnish_country
from segkit_horizon.scenes.ground import low_sky
from segkit_horizon.scenes.land import paint_land, paint_paving, paint_ridge
from segkit_horizon.scenes.lens import Lens, bend, draw_lens, margin
from segkit_horizon.scenes.noise import Array
from segkit_horizon.scenes.presets import Place
from segkit_horizon.scenes.sensor import expose, skyline
from segkit_horizon.scenes.sky import paint_sky
from segkit_horizon.scenes.street import furnish_street
from segkit_horizon.scenes.thermal import warmth
from segkit_horizon.scenes.water import paint_water
from segkit_horizon.scenes.weather import Weather, draw_weather

VERSION = 34  # Raise it with every change that changes a pixel: caches are kept under it.

_RIDGES = (0.006, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.06, 0.12)  # height over distance: most are a low band


@dataclass(frozen=True, eq=False)
class Scene:
    """A frame and all that is known of it.

    Attributes:
        image: (H, W, 3) uint8.
        ids: (H, W) uint8, what each pixel shows: one of the canvas's.
        below: (H, W) bool, whether a pixel's line of sight goes below the horizon.
        camera: What the line, without distortion, is known by.
        lens: None where straight lines are straight.
        afloat: Whether there is water, on which obstacles float.
    """

    image: NDArray[np.uint8]
    ids: NDArray[np.uint8]
    below: NDArray[np.bool_]
    camera: Camera
    lens: Lens | None
    afloat: bool


def render(rng: np.random.Generator, size: tuple[int, int], place: Place) -> Scene:
    """Render a scene.

    Args:
        rng: The scene's random numbers; nothing else decides what is seen.
        size: Height and width of the frame in pixels.
        place: What scenes are like there, and how often they have an effect.
    """
    shares = place.shares
    camera = draw_camera(rng, size, place)
    lens = draw_lens(rng, camera) if rng.random() < shares.distortion else None
    places = lens.places(camera) if lens else None
    border = margin(places) if places is not None else 0
    canvas, weather = Canvas(camera.widened(border)), draw_weather(rng, shares)
    paint_sky(canvas, weather, rng)
    afloat = bool(rng.random() < place.water)
    street = not afloat and bool(rng.random() < place.street)
    (_paint_sea if afloat else _paint_street if street else _paint_country)(canvas, weather, place, rng)
    if rng.random() < shares.birds:
        send_flyers(canvas, weather, rng)
    if rng.random() < shares.bow:
        show_bow(canvas, weather, rng)
    light = rain(canvas.light, weather, rng) if rng.random() < shares.rain else canvas.light
    if weather.infrared:
        canvas.light = light
        light = warmth(canvas, weather, rng)
    ids, below = canvas.ids, canvas.below >= 0
    if places is not None:
        light = _as_light(bend(light, places, border, nearest=False))
        ids, under = bend(np.stack([ids, below.astype(np.uint8)]), places, border, nearest=True)
        below = under > 0
    image = expose(light, None if street else skyline(ids), shares.sensor, shares.highlights, rng)
    return Scene(image, ids, below, camera, lens, afloat)


def _paint_sea(canvas: Canvas, weather: Weather, place: Place, rng: np.random.Generator) -> None:
    paint_water(canvas, weather, rng)
    if rng.random() < place.shares.land:
        nearest = 40 * max(canvas.camera.altitude, 5)
        distance = nearest * math.exp(rng.uniform(0, 4))
        if rng.random() < 0.4:
            paint_ridge(canvas, weather, rng, 3 * distance, distance * rng.uniform(0.02, 0.2), water=True)
        paint_ridge(canvas, weather, rng, distance, distance * math.exp(rng.uniform(-6.2, -3)), water=True)
        if rng.random() < 0.4:
            build_shore(canvas, weather, rng, distance)
    if rng.random() < place.shares.boats:
        launch_boats(canvas, weather, rng)


def _paint_country(canvas: Canvas, weather: Weather, place: Place, rng: np.random.Generator) -> None:
    # So far away, land is hardly darker than the sky it ends at.
    weather = replace(weather, air=low_sky(canvas) * pick(rng, "haze"))
    _paint_ridges(canvas, weather, place, rng)
    paint_land(canvas, weather, rng)
    if canvas.camera.altitude < 25 or rng.random() < 0.3:
        furnish_country(canvas, weather, rng)


def _paint_street(canvas: Canvas, weather: Weather, place: Place, rng: np.random.Generator) -> None:
    _paint_ridges(canvas, weather, place, rng)
    paint_paving(canvas, weather, rng)
    furnish_street(canvas, weather, rng)


def _paint_ridges(canvas: Canvas, weather: Weather, place: Place, rng: np.random.Generator) -> None:
    if rng.random() < place.shares.land:
        count = int(rng.integers(1, 4))
        for far in sorted(np.exp(rng.uniform(math.log(1500), math.log(40000), count)), reverse=True):
            paint_ridge(canvas, weather, rng, far, far * _RIDGES[int(rng.integers(len(_RIDGES)))])


def _as_light(planes: NDArray[np.generic]) -> Array:
    return planes.astype(np.float32, copy=False)

"""What light, clouds and wind a scene has: a table of moods, and one weather drawn from it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segkit_horizon.scenes.noise import Array


class Mood(NamedTuple):
    """The middle of a family of weathers. Colors are as a screen shows them."""

    share: float  # of the scenes, over the sum of the shares
    zenith: str
    horizon: str
    lit: str  # a cloud's bright side
    shade: str  # and its dark one
    water: str
    cover: float  # share of the sky under clouds, about
    sun: float  # brightness of the glow around the sun
    haze: float  # how far the distant sea takes the horizon's color


VISIBLE = {
    "clear": Mood(5, "#406eb8", "#b2cce0", "#f2f2f2", "#9ea8b8", "#0d2b3d", 0.2, 0.5, 0.35),
    "fair": Mood(5, "#4c78bd", "#b8c7d6", "#f2f0eb", "#737d8c", "#12303b", 0.55, 0.4, 0.4),
    "overcast": Mood(5, "#858c96", "#a8b0b2", "#bdbfc2", "#5c636e", "#1a2b2e", 0.8, 0.2, 0.5),
    "squall": Mood(4, "#3d424c", "#758085", "#80858a", "#262b33", "#12262b", 0.8, 0.1, 0.4),
    "sunset": Mood(3, "#3d4a75", "#e68f54", "#ed9e6b", "#524257", "#0f1724", 0.5, 0.8, 0.4),
    "dusk": Mood(2, "#141a2e", "#5c576b", "#6b6170", "#171a29", "#080d17", 0.5, 0.2, 0.4),
    "mist": Mood(1, "#949ea1", "#a3adad", "#b2b8b8", "#8a9194", "#3d5252", 0.4, 0.2, 0.7),
}
INFRARED = {
    "cold sky": Mood(3, "#1a1a1a", "#808080", "#8c8c8c", "#575757", "#9e9e9e", 0.35, 0.2, 0.3),
    "cold water": Mood(3, "#4c4c4c", "#949494", "#a8a8a8", "#757575", "#3d3d3d", 0.6, 0.2, 0.4),
    "even": Mood(1, "#383838", "#666666", "#858585", "#474747", "#707070", 0.7, 0.0, 0.3),
}


@dataclass(frozen=True)
class Weather:
    """One scene's weather.

    Attributes:
        zenith: Color overhead, (3, 1), to broadcast over pixels; so are horizon, lit, shade and water, as in Mood.
        fall: Sine of the elevation over which the horizon's color gives way to the zenith's.
        cover: Share of the sky under clouds, about.
        band: Darkness of the bank of cloud low over the sea, in [0, 1].
        glow: Brightness of the sun's glow and glitter.
        sun: The sun's direction: right, forward and up, a unit vector.
        haze: How far the distant sea takes the horizon's color, in [0, 1].
        visibility: Distance at which most of the haze is reached, in meters.
        steepness: Deviation of the waves' slope.
        wind: Direction of the waves, in radians from straight ahead.
        gray: Whether the frame is infrared.
    """

    zenith: Array
    horizon: Array
    lit: Array
    shade: Array
    water: Array
    fall: float
    cover: float
    band: float
    glow: float
    sun: tuple[float, float, float]
    haze: float
    visibility: float
    steepness: float
    wind: float
    gray: bool


def draw_weather(rng: np.random.Generator, infrared: float) -> Weather:
    """Draw a mood and vary it.

    Args:
        rng: The scene's random numbers.
        infrared: The share of infrared scenes, in [0, 1].
    """
    gray = bool(rng.random() < infrared)
    moods = list((INFRARED if gray else VISIBLE).values())
    shares = np.array([mood.share for mood in moods])
    mood = moods[int(np.searchsorted(shares.cumsum(), rng.random() * shares.sum(), side="right"))]
    azimuth, elevation = rng.normal(0, 0.6), rng.uniform(0.02, 0.7)
    tint = np.exp(rng.normal(0, 0.0 if gray else 0.035, (5, 3)) + rng.normal(0, 0.12, (5, 1)))
    zenith, horizon, lit, shade, water = (
        (_rgb(color) * factor).astype(np.float32)[:, None]
        for color, factor in zip((mood.zenith, mood.horizon, mood.lit, mood.shade, mood.water), tint, strict=True)
    )
    return Weather(
        zenith=zenith,
        horizon=horizon,
        lit=lit,
        shade=shade,
        water=water,
        fall=math.exp(rng.uniform(math.log(0.15), math.log(1.2))),
        cover=float(np.clip(mood.cover + rng.normal(0, 0.2), 0, 1)),
        band=rng.uniform(0.2, 0.8) if rng.random() < 0.25 else 0.0,
        glow=mood.sun * rng.uniform(0, 1.3),
        sun=(
            math.sin(azimuth) * math.cos(elevation),
            math.cos(azimuth) * math.cos(elevation),
            math.sin(elevation),
        ),
        haze=float(np.clip(mood.haze * rng.uniform(0.2, 1.0), 0, 1)),
        visibility=math.exp(rng.uniform(math.log(150), math.log(5000))),
        steepness=math.exp(rng.uniform(math.log(0.02), math.log(0.12))),
        wind=rng.normal(0, 0.5),
        gray=gray,
    )


def _rgb(color: str) -> NDArray[np.float64]:
    return np.frombuffer(bytes.fromhex(color[1:]), np.uint8) / 255

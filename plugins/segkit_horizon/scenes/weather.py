"""What light, clouds, air and wind a scene has: a table of moods, and one weather drawn from it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from segkit_horizon.scenes.colors import rgb
from segkit_horizon.scenes.noise import Array
from segkit_horizon.scenes.presets import Shares


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
    haze: float  # how far the distance takes the horizon's color


DAY: Mapping[str, Mood] = {
    "clear": Mood(5, "#406eb8", "#b2cce0", "#f2f2f2", "#9ea8b8", "#0d2b3d", 0.2, 0.5, 0.5),
    "fair": Mood(6, "#4c78bd", "#b8c7d6", "#f8f6f2", "#737d8c", "#12303b", 0.55, 0.4, 0.5),
    "pale": Mood(3, "#8fa6bf", "#d9dcd9", "#ffffff", "#a6adb8", "#2b4450", 0.4, 0.5, 0.7),
    "overcast": Mood(4, "#858c96", "#a8b0b2", "#bdbfc2", "#5c636e", "#1a2b2e", 0.8, 0.2, 0.6),
    "white": Mood(4, "#f2f2f2", "#fafafa", "#ffffff", "#e0e3e8", "#4a5a60", 0.3, 0.1, 0.5),
    "squall": Mood(3, "#3d424c", "#758085", "#80858a", "#262b33", "#12262b", 0.8, 0.1, 0.5),
    "sunset": Mood(2, "#3d4a75", "#e68f54", "#ed9e6b", "#524257", "#0f1724", 0.5, 0.8, 0.5),
    "dusk": Mood(2, "#141a2e", "#5c576b", "#6b6170", "#171a29", "#080d17", 0.5, 0.2, 0.4),
    "mist": Mood(1.5, "#949ea1", "#a3adad", "#b2b8b8", "#8a9194", "#3d5252", 0.4, 0.2, 1.0),
    "sea mist": Mood(1, "#83a396", "#9cb8aa", "#a8beb2", "#7d9a8e", "#4c7068", 0.2, 0.1, 0.8),
}
NIGHT = Mood(1, "#06080f", "#1a1c26", "#1f2029", "#08090d", "#030508", 0.4, 0.0, 0.3)


@dataclass(frozen=True)
class Weather:
    """One scene's weather. Colors are (3, 1, 1).

    Attributes:
        zenith: Color overhead; so are horizon, lit, shade and water, as in Mood.
        fall: Sine of the elevation over which the horizon's color gives way to the zenith's.
        cover: Share of the sky under clouds, about.
        layers: How many layers of cloud there are.
        broken: How often one by day is of broken clouds, white and gray, in [0, 1].
        band: Darkness of the bank of cloud low over the line, in [0, 1].
        glow: Brightness of the sun's glow and glitter.
        sun: The sun's direction: right, forward and up, a unit vector.
        haze: How far the distance takes the color of the air, in [0, 1].
        air: The color of what haze there is: darker than the sky at the line, seldom as bright.
        visibility: Distance at which most of the haze is reached, in meters.
        steepness: Deviation of the waves' slope.
        wind: Direction of the waves, in radians from straight ahead.
        sunlit: Brightness of what stands on the ground: low against the light.
        night: Whether lights are on.
        infrared: Whether the camera is thermal.
    """

    zenith: Array
    horizon: Array
    lit: Array
    shade: Array
    water: Array
    fall: float
    cover: float
    layers: int
    broken: float
    band: float
    glow: float
    sun: tuple[float, float, float]
    haze: float
    air: Array
    visibility: float
    steepness: float
    wind: float
    sunlit: float
    night: bool
    infrared: bool

    def veil(self, distance: float) -> float:
        """Give the share of the air's color at a distance in meters."""
        return self.haze * (1 - math.exp(-distance / self.visibility))


def draw_weather(rng: np.random.Generator, shares: Shares) -> Weather:
    """Draw a mood and vary it.

    Args:
        rng: The scene's random numbers.
        shares: How often the sun glows, it is hazy, and so on.
    """
    infrared, night = bool(rng.random() < shares.infrared), bool(rng.random() < shares.night)
    mood = NIGHT if night else _draw_mood(rng)
    hazy, sunny = rng.random() < shares.haze, rng.random() < shares.sun
    azimuth, elevation = rng.normal(0, 0.6), rng.uniform(0.02, 0.7)
    tint = np.exp(rng.normal(0, 0.035, (5, 3)) + rng.normal(0, 0.12, (5, 1))).astype(np.float32)
    names = (mood.zenith, mood.horizon, mood.lit, mood.shade, mood.water)
    zenith, horizon, lit, shade, water = (
        rgb(color) * factor[:, None, None] for color, factor in zip(names, tint, strict=True)
    )
    if rng.random() < 0.4:
        zenith = zenith * np.float32(rng.uniform(0.2, 0.9))  # as dark as the ground, so that no threshold parts them
    cool = np.array([rng.uniform(0.86, 1), rng.uniform(0.93, 1), 1], np.float32).reshape(3, 1, 1)
    return Weather(
        zenith=zenith,
        horizon=horizon,
        lit=lit,
        shade=shade,
        water=water,
        fall=math.exp(rng.uniform(math.log(0.1), math.log(1.2))),
        cover=float(np.clip(mood.cover + rng.normal(0, 0.2), 0, 1)),
        broken=shares.broken,
        layers=int(rng.random() < shares.clouds) * (1 + int(rng.random() < 0.4)),
        band=rng.uniform(0.2, 0.8) if rng.random() < 0.12 * shares.clouds else 0.0,
        glow=mood.sun * rng.uniform(0.2, 1.4) if sunny else 0.0,
        sun=(
            math.sin(azimuth) * math.cos(elevation),
            math.cos(azimuth) * math.cos(elevation),
            math.sin(elevation),
        ),
        haze=float(np.clip(mood.haze * rng.uniform(0.4, 1.6), 0, 0.95)) if hazy else rng.uniform(0, 0.2),
        air=horizon * cool * np.float32(rng.uniform(0.55, 1.0) if rng.random() < 0.9 else rng.uniform(1.0, 1.15)),
        visibility=math.exp(rng.uniform(math.log(150), math.log(6000))),
        steepness=math.exp(rng.uniform(math.log(0.02), math.log(0.12))) if rng.random() < 0.9 else 0.004,
        wind=rng.normal(0, 0.5),
        sunlit=float(rng.uniform(0.25, 1.15)) * (0.25 if night else 1.0),
        night=night,
        infrared=infrared,
    )


def _draw_mood(rng: np.random.Generator) -> Mood:
    moods = list(DAY.values())
    shares = np.array([mood.share for mood in moods])
    return moods[int(np.searchsorted(shares.cumsum(), rng.random() * shares.sum(), side="right"))]

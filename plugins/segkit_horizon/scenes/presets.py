"""Where scenes are taken, and how often what is seen in them: one preset a use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace


@dataclass(frozen=True)
class Shares:
    """How many of the scenes show an effect, in [0, 1] each; where a place has no room for one, it is left out.

    Attributes:
        clouds: Clouds, in layers.
        broken: Broken clouds, white and gray, of the layers by day.
        sun: The sun's glow, glitter and backlight.
        night: Night, with lights.
        haze: Haze and fog.
        rain: Rain, and drops on the lens.
        land: Coasts over water, hills and far ridges over land.
        boats: Boats, buoys and masts on water.
        birds: Birds and aircraft.
        bow: The own craft's bow; its pixels are 255 in the mask.
        sensor: Every flaw of the sensor: noise, blur, glare, over-exposure, false colors, compression.
        highlights: Exposure for what is bright: the sky keeps its shape, and the ground is dark.
        distortion: A lens that bends straight lines.
        infrared: A thermal camera's frames, of either polarity.
    """

    clouds: float = 0.75
    broken: float = 0.7
    sun: float = 0.5
    night: float = 0.04
    haze: float = 0.6
    rain: float = 0.05
    land: float = 0.5
    boats: float = 0.3
    birds: float = 0.06
    bow: float = 0.05
    sensor: float = 0.5
    highlights: float = 0.05
    distortion: float = 0.15
    infrared: float = 0.05


@dataclass(frozen=True)
class Place:
    """A kind of camera: its surroundings, its view and its attitude.

    Attributes:
        water: The share of its scenes on water; the others are on land.
        street: The share of the scenes on land in a street.
        view: The least and the greatest angle of view across the frame, in degrees.
        altitude: The least and the greatest altitude in meters.
        line: Where the line is on average, in heights of the frame from its top.
        line_spread: The deviation from it.
        max_roll: The largest roll in degrees.
        roll_spread: The usual deviation of the roll in degrees.
        banked: The share of rolls that are drawn evenly within 60 degrees.
        any_roll: The share of rolls that are drawn evenly within the largest.
        shares: Of the effects.
    """

    water: float
    street: float
    view: tuple[float, float]
    altitude: tuple[float, float]
    line: float
    line_spread: float
    max_roll: float
    roll_spread: float
    banked: float
    any_roll: float
    shares: Shares


_EASY = Shares(
    clouds=0.3,
    broken=0.0,
    land=0.02,
    boats=0.1,
    birds=0.02,
    bow=0.03,
    night=0.0,
    rain=0.0,
    haze=0.4,
    sensor=0.06,
    highlights=0.0,
    distortion=0.0,
    infrared=0.0,
)
_BOAT = Place(
    1.0, 0.0, (30, 75), (1.5, 9), 0.47, 0.19, 30.0, 10.0, 0.0, 0.0, _EASY,
)  # fmt: skip
_HARBOR = replace(_BOAT, shares=Shares(boats=0.5, bow=0.1, distortion=0.05, infrared=0.0))
_ALOFT = Shares(clouds=0.85, land=0.9, night=0.02, haze=0.75, birds=0.2, highlights=0.4)
_DRONE = Place(
    0.12, 0.0, (45, 85), (8, 100), 0.47, 0.17, 180.0, 14.0, 0.5, 0.04, _ALOFT,
)  # fmt: skip
_STREET = Place(
    0.0, 0.85, (45, 75), (1.2, 2.6), 0.52, 0.05, 30.0, 3.5, 0.0, 0.02, Shares(broken=0.3, land=0.3, sun=0.6, bow=0.0),
)  # fmt: skip
_INFRARED = replace(_BOAT, shares=Shares(land=0.25, bow=0.04, night=0.0, rain=0.02, distortion=0.0, infrared=1.0))

PRESETS: Mapping[str, Sequence[tuple[float, Place]]] = {
    "boat": [(1, _BOAT)],
    "drone": [(1, _DRONE)],
    "street": [(1, _STREET)],
    "infrared": [(1, _INFRARED)],
    "any": [(0.18, _HARBOR), (0.36, _DRONE), (0.38, _STREET), (0.08, _INFRARED)],
}
"""What each preset is mixed of. A boat's default sea is open, and easy to learn; in the mixture it has more coasts."""
EFFECTS = tuple(field.name for field in fields(Shares))

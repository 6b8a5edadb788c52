"""Sprites of buildings and of what stands along streets. Colors: wall, glass and trim."""

from __future__ import annotations

import numpy as np

from segkit_horizon.scenes.noise import TILE, tiles
from segkit_horizon.scenes.sprites import Ink, Sprite

_SIDE = 128
_EAVES = 0.82  # of a facade's height; the roof is above


def facade(rng: np.random.Generator) -> Sprite:
    """Draw a wall with rows of windows, courses and a cornice, often a shop, and a roof, gable or parapet."""
    ink = Ink(_SIDE, _SIDE)
    _roof(ink, rng)
    ink.box(0, 1, 0, _EAVES)
    floors, bays = int(rng.integers(1, 7)), int(rng.integers(1, 9))
    wide, high = rng.uniform(0.3, 0.85), rng.uniform(0.35, 0.8)
    framed, dark = rng.random() < 0.6, rng.uniform(0.5, 1.1)
    for floor in range(floors) if rng.random() < 0.92 else ():
        low = _EAVES * (floor + (1 - high) * 0.6) / floors
        top = low + _EAVES * high / floors
        for bay in range(bays):
            left = (bay + (1 - wide) / 2) / bays
            right = left + wide / bays
            if framed:
                edge = 0.012
                ink.box(left - edge, right + edge, low - edge, top + edge, tone=1.1, color=2)
            ink.box(left, right, low, top, tone=float(dark * rng.uniform(0.7, 1.3)), color=1)
            if rng.random() < 0.4:
                ink.line(((left + right) / 2, low), ((left + right) / 2, top), 1, tone=1.0, color=2)
    _courses(ink, floors, rng)
    _shop(ink, floors, rng)
    place = rng.integers(0, TILE - _SIDE, 2)
    window = np.s_[place[0] : place[0] + _SIDE, place[1] : place[1] + _SIDE]
    stain = 1 + rng.uniform(0.02, 0.12) * tiles().rough[window] + rng.uniform(0, 0.12) * tiles().clouds[window]
    ink.tone[:] = np.clip(ink.tone * stain, 10, 255)
    return ink.finish()


def _roof(ink: Ink, rng: np.random.Generator) -> None:
    kind, top = rng.random(), rng.uniform(_EAVES + 0.04, 0.98)
    if kind < 0.25:
        ink.polygon([(0, _EAVES), (1, _EAVES), (rng.uniform(0.4, 0.6), top)], tone=1.0)
    elif kind < 0.6:
        inset = rng.uniform(0, 0.2)
        ink.polygon([(0, _EAVES), (1, _EAVES), (1 - inset, top), (inset, top)], tone=0.7, color=2)
    elif kind < 0.75:
        ink.box(0, 1, _EAVES, _EAVES + 0.04)
    if kind < 0.75 and rng.random() < 0.5:
        for left in rng.uniform(0.02, 0.9, int(rng.integers(1, 4))):
            ink.box(left, left + rng.uniform(0.03, 0.09), _EAVES, min(top + rng.uniform(0.02, 0.08), 1.0), tone=0.8)


def _courses(ink: Ink, floors: int, rng: np.random.Generator) -> None:
    tone = float(rng.uniform(0.6, 1.5))
    if rng.random() < 0.5:
        for floor in range(1, floors):
            level = _EAVES * floor / floors
            ink.box(0, 1, level - 0.008, level + rng.uniform(0.0, 0.015), tone=tone)
    if rng.random() < 0.6:
        ink.box(0, 1, _EAVES - rng.uniform(0.02, 0.06), _EAVES, tone=tone, color=2 * int(rng.integers(2)))


def _shop(ink: Ink, floors: int, rng: np.random.Generator) -> None:
    if rng.random() < 0.4:
        high = _EAVES * 0.85 / max(floors, 2)
        ink.box(0, 1, 0, high, tone=float(rng.uniform(0.3, 1.0)), color=2)
        for left in np.linspace(0.05, 0.75, int(rng.integers(1, 4))):
            ink.box(left, left + 0.2, 0.02, high * 0.75, tone=float(rng.uniform(0.4, 1.6)), color=1)


def vehicle(rng: np.random.Generator) -> Sprite:
    """Draw a car from behind or the side, a van or a bus, on its wheels. Colors: paint, glass, rubber."""
    ink = Ink(96, 64)
    high, boxy = rng.uniform(0.75, 1.0), rng.random() < 0.35
    belt, inset = rng.uniform(0.45, 0.6), 0.04 if boxy else rng.uniform(0.1, 0.3)
    for left in (0.08, 0.74):
        ink.box(left, left + 0.18, 0, 0.25, tone=0.8, color=2)
    ink.box(0.02, 0.98, 0.12, belt)
    ink.polygon([(0.02, belt), (0.98, belt), (1 - inset, high), (inset, high)])
    glass = inset + 0.05
    window = [(0.1, belt), (0.9, belt), (1 - glass, high - 0.06), (glass, high - 0.06)]
    ink.polygon(window, tone=float(rng.uniform(0.5, 1.2)), color=1)
    ink.box(0.02, 0.98, 0.12, 0.2, tone=0.5)
    for left in (0.04, 0.84):
        ink.box(left, left + 0.12, belt - 0.16, belt - 0.06, tone=float(rng.uniform(0.5, 2)))
    return ink.finish()


def person(rng: np.random.Generator) -> Sprite:
    """Draw somebody who stands or walks. Colors: clothes, skin, trousers."""
    ink = Ink(32, 80)
    step = rng.uniform(0, 0.25)
    ink.line((0.5, 0.45), (0.5 - step, 0.0), 7, color=2)
    ink.line((0.5, 0.45), (0.5 + step, 0.0), 7, color=2)
    ink.box(0.28, 0.72, 0.42, 0.82)
    ink.disc((0.5, 0.9), (0.14, 0.07), color=1)
    return ink.finish()


def post(rng: np.random.Generator) -> Sprite:
    """Draw a lamp post, signal, sign or bare pole."""
    ink = Ink(64, 160)
    kind, thick = rng.random(), int(rng.integers(2, 5))
    ink.line((0.5, 0), (0.5, 0.97), thick)
    if kind < 0.45:
        reach = rng.uniform(0.25, 0.45)
        ink.line((0.5, 0.95), (0.5 + reach, 0.97), thick - 1)
        ink.box(0.5 + reach - 0.12, 0.5 + reach + 0.05, 0.955, 0.985, tone=1.4, color=1)
    elif kind < 0.65:
        ink.box(0.36, 0.64, 0.76, 0.98, tone=0.4, color=2)
        ink.disc((0.5, rng.uniform(0.8, 0.94)), (0.08, 0.03), tone=2.0, color=1)
    elif kind < 0.85:
        ink.disc((0.5, 0.9), (0.28, 0.1), tone=1.3, color=2)
    return ink.finish()

"""Sprites of what floats and of what flies. Colors: hull, house or sail, trim."""

from __future__ import annotations

import math

import numpy as np

from segkit_horizon.scenes.sprites import Ink, Sprite


def sail_boat(rng: np.random.Generator) -> Sprite:
    """Draw a yacht, under sail or under bare poles."""
    ink = Ink(96, 160)
    mast = rng.uniform(0.4, 0.6)
    ink.line((mast, 0.08), (mast, 0.98), 2, tone=0.8, color=2)
    if rng.random() < 0.6:
        ink.polygon([(mast + 0.02, 0.16), (mast + 0.02, 0.96), (0.92, 0.17)], tone=1.2, color=1)
        ink.polygon([(mast - 0.03, 0.9), (mast - 0.03, 0.16), (0.1, 0.12)], tone=1.1, color=1)
    else:
        ink.line((mast, 0.2), (0.85, 0.19), 3, tone=0.9, color=1)
        ink.line((mast, 0.96), (0.05, 0.08), 1, tone=0.7, color=2)
        ink.line((mast, 0.96), (0.95, 0.08), 1, tone=0.7, color=2)
    ink.box(0.35, 0.7, 0.07, 0.12, tone=1.2, color=1)
    ink.polygon([(0.02, 0.09), (0.98, 0.08), (0.9, 0), (0.15, 0)])
    return ink.finish()


def motor_boat(rng: np.random.Generator) -> Sprite:
    """Draw anything from an open boat with a crew to a cabin cruiser."""
    ink = Ink(128, 64)
    deck = rng.uniform(0.3, 0.45)
    if rng.random() < 0.6:
        left, right, high = rng.uniform(0.2, 0.4), rng.uniform(0.6, 0.85), rng.uniform(0.6, 0.85)
        ink.polygon([(left, deck), (right, deck), (right - 0.05, high), (left + 0.12, high)], tone=1.2, color=1)
        ink.box(left + 0.12, right - 0.1, deck + 0.08, high - 0.08, tone=0.4, color=2)
        ink.line(((left + right) / 2, high), ((left + right) / 2, 1.0), 1, color=2)
    for place in rng.uniform(0.2, 0.8, int(rng.integers(0, 4))):
        ink.box(place, place + 0.05, deck, deck + 0.3, tone=0.8, color=2)
    ink.polygon([(0.0, deck + 0.05), (0.98, deck), (0.95, 0), (0.12, 0)])
    ink.box(0.05, 0.97, deck - 0.08, deck - 0.02, tone=1.3, color=2)
    return ink.finish()


def trawler(rng: np.random.Generator) -> Sprite:
    """Draw a fishing or work boat: a high bow, a wheelhouse, masts and booms."""
    ink = Ink(128, 112)
    house = rng.uniform(0.3, 0.6)
    ink.box(house, house + rng.uniform(0.15, 0.25), 0.2, rng.uniform(0.45, 0.6), tone=1.1, color=1)
    ink.box(house + 0.02, house + 0.12, 0.38, 0.44, tone=0.4, color=2)
    for place in rng.uniform(0.15, 0.85, int(rng.integers(1, 4))):
        top = rng.uniform(0.6, 0.98)
        ink.line((place, 0.2), (place, top), 2, tone=0.8, color=2)
        ink.line((place, 0.3), (place + rng.uniform(-0.25, 0.25), top), 1, tone=0.7, color=2)
    ink.polygon([(0.0, 0.34), (0.2, 0.22), (0.99, 0.24), (0.95, 0), (0.1, 0)])
    ink.box(0.08, 0.95, 0, 0.05, tone=0.8, color=2)
    return ink.finish()


def ship(rng: np.random.Generator) -> Sprite:
    """Draw a freighter, tanker or ferry from the side."""
    ink = Ink(224, 72)
    deck, bridge = rng.uniform(0.25, 0.5), rng.uniform(0.72, 0.85)
    if rng.random() < 0.5:
        for left in np.arange(0.1, bridge - 0.06, 0.06):
            ink.box(left, left + 0.055, deck, deck + rng.uniform(0.05, 0.4), tone=float(rng.uniform(0.6, 1.4)), color=2)
    if rng.random() < 0.3:
        ink.box(0.12, bridge, deck, rng.uniform(0.7, 0.9), tone=1.1, color=1)
    ink.box(bridge, bridge + 0.1, deck, 0.92, tone=1.2, color=1)
    for level in np.arange(deck + 0.06, 0.88, 0.1):
        ink.box(bridge + 0.01, bridge + 0.09, level, level + 0.03, tone=0.4, color=1)
    ink.line((0.15, deck), (0.15, 0.9), 1, color=2)
    ink.polygon([(0.0, deck + 0.06), (0.08, deck), (0.99, deck), (0.97, 0), (0.04, 0)])
    ink.box(0.04, 0.97, 0, 0.08, tone=0.9, color=2)
    return ink.finish()


def buoy(rng: np.random.Generator) -> Sprite:
    """Draw a can, a cone, a ball or a spar, or a beacon of lattice."""
    ink = Ink(48, 96)
    kind = int(rng.integers(4))
    ink.disc((0.5, 0.08), (0.35, 0.09), tone=0.8)
    if kind == 0:
        ink.box(0.3, 0.7, 0.05, rng.uniform(0.4, 0.7))
    elif kind == 1:
        ink.polygon([(0.2, 0.05), (0.8, 0.05), (0.5, rng.uniform(0.5, 0.9))])
    elif kind == 2:
        ink.disc((0.5, 0.2), (0.42, 0.21))
    else:
        for begin, end in (((0.2, 0.1), (0.45, 0.8)), ((0.8, 0.1), (0.55, 0.8)), ((0.3, 0.3), (0.7, 0.3))):
            ink.line(begin, end, 2)
    ink.line((0.5, 0.1), (0.5, 0.9), 2)
    ink.box(0.4, 0.6, 0.82, 0.97, color=2)
    return ink.finish()


def bird(rng: np.random.Generator) -> Sprite:
    """Draw a bird on the wing."""
    ink = Ink(64, 40)
    lift, thick = rng.uniform(0.2, 0.8), int(rng.integers(2, 5))
    ink.line((0.5, 0.35), (0.25, 0.35 + 0.7 * lift), thick)
    ink.line((0.25, 0.35 + 0.7 * lift), (0.03, lift), thick - 1)
    ink.line((0.5, 0.35), (0.75, 0.35 + 0.6 * lift), thick)
    ink.line((0.75, 0.35 + 0.6 * lift), (0.97, lift), thick - 1)
    ink.disc((0.5, 0.33), (0.12, 0.12), tone=0.8)
    return ink.finish()


def aircraft(rng: np.random.Generator) -> Sprite:
    """Draw an airplane from the side or from behind, or a drone of four rotors."""
    ink = Ink(128, 56)
    kind = rng.random()
    if kind < 0.4:
        ink.disc((0.5, 0.45), (0.47, 0.13))
        ink.polygon([(0.88, 0.45), (0.99, 0.95), (0.93, 0.95), (0.78, 0.5)], tone=0.9, color=2)
        ink.polygon([(0.4, 0.42), (0.62, 0.42), (0.72, 0.1), (0.62, 0.1)], tone=0.8)
    elif kind < 0.8:
        rise = rng.uniform(0, 0.3)
        low, high = 0.4 + rise, 0.46 + rise
        ink.polygon([(0.5, 0.36), (0.01, low), (0.01, high), (0.5, 0.5), (0.99, high), (0.99, low)])
        ink.disc((0.5, 0.43), (0.07, 0.2), tone=0.8)
        ink.line((0.5, 0.45), (0.5, 0.9), 3, color=2)
    else:
        ink.box(0.38, 0.62, 0.25, 0.6)
        for side in (0.1, 0.9):
            ink.line((0.5, 0.45), (side, 0.6), 4)
            ink.box(side - 0.1, side + 0.1, 0.66, 0.72, tone=0.7, color=2)
    return ink.finish()


def bow(rng: np.random.Generator) -> Sprite:
    """Draw the own craft's bow as its camera sees it: a deck that narrows ahead, a rail, a bollard."""
    ink = Ink(160, 96)
    tip, peak, side = rng.uniform(0.35, 0.65), rng.uniform(0.6, 0.95), rng.uniform(0.2, 0.6)
    arc = np.linspace(0, 1, 12)
    left = [(float(tip * t), float(side + (peak - side) * math.sin(t * math.pi / 2))) for t in arc]
    right = [(float(1 - (1 - tip) * t), float(side + (peak - side) * math.sin(t * math.pi / 2))) for t in arc[::-1]]
    ink.polygon([(0, 0), *left, *right, (1, 0)], tone=0.8)
    ink.polygon([(0.08, 0), (tip, peak - 0.1), (0.92, 0)], tone=1.1)
    if rng.random() < 0.5:
        ink.box(tip - 0.04, tip + 0.04, 0.3, peak + 0.04, tone=0.6, color=2)
    return ink.finish()

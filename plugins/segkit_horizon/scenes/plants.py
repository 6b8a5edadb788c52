"""Sprites of trees: bare ones, whose whole crown counts, leafy ones, conifers and bushes."""

from __future__ import annotations

import math

import cv2
import numpy as np

from segkit_horizon.scenes.noise import TILE, Array, tiles
from segkit_horizon.scenes.sprites import PLAIN, Ink, Plane, Sprite

_SIDE = 160
_BRANCHES = 420  # at most, of one tree


def bare_tree(rng: np.random.Generator) -> Sprite:
    """Draw a tree without leaves: branches that fork, twigs about them, and the crown closed as the solid part."""
    ink = Ink(_SIDE, _SIDE)
    spread, length = rng.uniform(0.28, 0.55), rng.uniform(0.17, 0.24)
    queue = [(0.5, 0.0, math.pi / 2 + rng.normal(0, 0.06), length, rng.uniform(4, 8))]
    for number in range(_BRANCHES):
        if number >= len(queue):
            break
        x, y, angle, long, thick = queue[number]
        end = x + long * math.cos(angle), y + long * math.sin(angle)
        ink.line((x, y), end, max(1, round(thick)), tone=float(rng.uniform(0.8, 1.2)))
        if long < 0.025:
            continue
        for _ in range(int(rng.integers(2, 4))):
            turn = angle + rng.normal(0, spread) + 0.08 * (math.pi / 2 - angle)
            queue.append((*end, turn, long * rng.uniform(0.62, 0.92), thick * 0.62))
    crown = _closed(cv2.dilate(ink.cover, _disc(rng.uniform(3, 6))).astype(np.uint8), 9)
    crown = cv2.GaussianBlur(crown, (0, 0), 2.5).astype(np.uint8)
    trunk = ink.cover.copy()
    trunk[: int(_SIDE * 0.75)] = 0
    _add_twigs(ink, crown, rng)
    return ink.finish(np.maximum(crown, trunk))


def leafy_tree(rng: np.random.Generator) -> Sprite:
    """Draw a crown of some heaps of leaves, lit from above, on a trunk."""
    ink = Ink(_SIDE, _SIDE)
    foot = rng.uniform(0.05, 0.35)
    ink.line((0.5, 0), (0.5, 0.7), int(rng.integers(3, 9)), tone=0.5, color=1)
    trunk = ink.cover.copy()
    middle, half = (1 + foot) / 2, (1 - foot) / 2
    heaps = []
    for _ in range(int(rng.integers(5, 14))):
        angle, far = rng.uniform(0, 2 * math.pi), math.sqrt(rng.random()) * 0.6
        radius = rng.uniform(0.3, 0.5) * half
        heaps.append((0.5 + far * math.cos(angle) * 0.42, middle + far * math.sin(angle) * half, radius))
    _leaves(ink, heaps, rng)
    ink.second[:] = np.where(ink.cover > trunk, 0, ink.second)
    return ink.finish(_closed(ink.cover, 4))


def bush(rng: np.random.Generator) -> Sprite:
    """Draw a low, wide heap of leaves."""
    ink = Ink(_SIDE, _SIDE // 2)
    places = rng.uniform(0.15, 0.85, int(rng.integers(4, 9)))
    heaps = [(float(x), rng.uniform(0.1, 0.45), rng.uniform(0.2, 0.4)) for x in places]
    _leaves(ink, heaps, rng)
    return ink.finish()


def conifer(rng: np.random.Generator) -> Sprite:
    """Draw a pointed crown with a ragged edge."""
    ink = Ink(_SIDE // 2, _SIDE)
    y = np.linspace(1, 0, ink.height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, ink.width, dtype=np.float32)
    wide = (1 - y) ** rng.uniform(0.6, 1.1) * rng.uniform(0.5, 0.9) * (1 + 0.25 * np.sin(y * rng.uniform(20, 60)))
    _fill(ink, wide - np.abs(x) + 0.12 * _crop("rough", rng, ink), 0.06, rng)
    return ink.finish()


def _leaves(ink: Ink, heaps: list[tuple[float, float, float]], rng: np.random.Generator) -> None:
    x = (np.arange(ink.width, dtype=np.float32) + 0.5) / ink.width
    y = 1 - (np.arange(ink.height, dtype=np.float32)[:, None] + 0.5) / ink.height
    inside = np.full((ink.height, ink.width), -1, np.float32)
    for left, up, radius in heaps:
        squeezed = np.hypot((x - left) * ink.width / ink.height, y - up) / radius
        np.maximum(inside, 1 - squeezed, out=inside)
    rough = _crop("rough", rng, ink) * rng.uniform(0.1, 0.3)
    _fill(ink, inside + rough, rng.uniform(0.04, 0.3), rng)


def _fill(ink: Ink, inside: Array, soft: float, rng: np.random.Generator) -> None:
    """Cover what is inside (above 0), and shade it by what would be heaps of leaves under light from above."""
    cover = np.clip(inside / soft, 0, 1)
    heaps = cv2.GaussianBlur(inside, (0, 0), 3)
    light = 1 + rng.uniform(2, 6) * (np.roll(heaps, -3, 0) - heaps)
    light += rng.uniform(0.1, 0.4) * _crop("grain", rng, ink)
    ink.tone[:] = np.where(cover > 0, np.clip(light * PLAIN, 20, 255), ink.tone)
    np.maximum(ink.cover, (cover * 255).astype(np.uint8), out=ink.cover)


def _add_twigs(ink: Ink, crown: Plane, rng: np.random.Generator) -> None:
    """Fill the crown with what branches are too coarse for: a veil of thin lines where noise crosses zero."""
    veil = 1 - np.abs(_crop("rough", rng, ink)) / rng.uniform(0.15, 0.5)
    veil = np.maximum(veil, 1 - np.abs(_crop("grain", rng, ink)) / rng.uniform(0.1, 0.5))
    veil = np.clip(veil, 0, 1) * rng.uniform(0.3, 1) + rng.uniform(0, 0.35)
    inner = np.clip((crown.astype(np.float32) - 90) / 120, 0, 1)
    np.maximum(ink.cover, (np.clip(veil * inner, 0, 1) * 255).astype(np.uint8), out=ink.cover)


def _crop(name: str, rng: np.random.Generator, ink: Ink) -> Array:
    top, left = rng.integers(0, TILE - max(ink.width, ink.height), 2)
    crop: Array = getattr(tiles(), name)[top : top + ink.height, left : left + ink.width]
    return crop


def _closed(plane: Plane, radius: float) -> Plane:
    return cv2.morphologyEx(plane, cv2.MORPH_CLOSE, _disc(radius)).astype(np.uint8)


def _disc(radius: float) -> Plane:
    side = 2 * round(radius) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)).astype(np.uint8)

"""Tileable noise: made once a process from a fixed seed, read at any place and scale by OpenCV's warps."""

from __future__ import annotations

import math
from functools import cache
from threading import Lock
from typing import NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float32]
Labels: TypeAlias = NDArray[np.uint8]

TILE = 512  # texels along a side
CREST = 16.0  # texels between the crests of ``waves``
_SEED = 20240229  # the same tiles for every data set: a scene's own numbers only say where to read them
_LOCK = Lock()


class Tiles(NamedTuple):
    """Fields of (TILE, TILE) that repeat without a seam; but for the patches each of mean 0 and deviation 1.

    Attributes:
        clouds: Billows of every size.
        wisps: The same, but smoother and drawn out along the columns' axis.
        heaps: Rounded heaps with sharp furrows between them.
        rough: A surface of middling roughness: soil, plaster, foliage.
        grain: Nearly white: leaves, gravel.
        waves: Short crests across the rows' axis, sharper above than below.
        patches: Label maps, uint8: fields of irregular outline, of right angles, a town's blocks.
    """

    clouds: Array
    wisps: Array
    heaps: Array
    rough: Array
    grain: Array
    waves: Array
    patches: tuple[Labels, ...]


def tiles() -> Tiles:
    """Give the tiles, which the first call makes; safe to call from several threads."""
    with _LOCK:
        return _make_tiles()


@cache
def _make_tiles() -> Tiles:
    """White noise, colored in the Fourier domain: by a power law, or a band for the waves."""
    rng = np.random.default_rng(_SEED)
    v, u = np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)[None]
    radius = np.maximum(np.hypot(u, v), 1 / TILE)
    drawn_out = np.maximum(np.hypot(u, 4 * v), 1 / TILE)
    octaves = np.log2(radius * CREST)
    across = v**2 / radius**2  # 1 for waves that run along v, 0 for those that run along u
    band = np.exp(-((octaves / np.where(octaves < 0, 1.0, 2.0)) ** 2)) / radius * (0.3 + across)
    return Tiles(
        clouds=_colored(rng, radius**-1.7),
        wisps=_colored(rng, drawn_out**-1.9),
        heaps=_standard(-np.abs(_colored(rng, radius**-1.6))),
        rough=_colored(rng, radius**-1.0),
        grain=_colored(rng, radius**-0.4 * (radius < 0.4)),
        waves=_standard(np.exp(0.3 * _colored(rng, band))),
        patches=(*(_cells(rng, count) for count in (40, 90, 200)), *(_plots(rng) for _ in range(3)), _blocks(rng)),
    )


def read(tile: Array, u: Array, v: Array) -> Array:
    """Read a field at (column u, row v), in texels, bilinearly; it repeats in both directions."""
    seen = cv2.remap(tile, _wrapped(u), _wrapped(v), cv2.INTER_LINEAR, None, cv2.BORDER_WRAP)
    return seen.astype(np.float32, copy=False)


def read_labels(labels: Labels, u: Array, v: Array) -> Labels:
    """Read the nearest label at (column u, row v), in texels; the map repeats in both directions."""
    seen = cv2.remap(labels, _wrapped(u), _wrapped(v), cv2.INTER_NEAREST, None, cv2.BORDER_WRAP)
    return seen.astype(np.uint8, copy=False)


def screen(
    tile: Array, rng: np.random.Generator, shape: tuple[int, int], scale: float, aspect: float = 1.0, angle: float = 0.0
) -> Array:
    """Read a tile over a picture at a drawn place.

    Args:
        tile: The field.
        rng: The scene's random numbers.
        shape: Height and width in pixels.
        scale: Texels a pixel across ``angle``.
        aspect: How many times as long what is seen is along ``angle``.
        angle: In radians, from the rows' axis.
    """
    cos, sin = math.cos(angle) * scale, math.sin(angle) * scale
    place = rng.uniform(0, TILE, 2)
    matrix = np.array([[cos / aspect, sin / aspect, place[0]], [-sin, cos, place[1]]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen = cv2.warpAffine(tile, matrix, shape[::-1], flags=flags, borderMode=cv2.BORDER_WRAP)
    return seen.astype(np.float32, copy=False)


def _wrapped(place: Array) -> Array:
    """Bring places back to the first repetition: OpenCV keeps them in 16-bit integers."""
    first: Array = place - TILE * np.floor(place / TILE)
    return first


def _colored(rng: np.random.Generator, amplitude: NDArray[np.float64]) -> Array:
    spectrum = np.fft.rfft2(rng.standard_normal((TILE, TILE))) * amplitude
    spectrum[0, 0] = 0
    return _standard(np.fft.irfft2(spectrum, s=(TILE, TILE)))


def _standard(field: NDArray[np.floating]) -> Array:
    scaled: Array = ((field - field.mean()) / field.std()).astype(np.float32)
    return scaled


def _cells(rng: np.random.Generator, count: int) -> Labels:
    """Label every texel by the nearest of drawn points; 3 x 3 copies of the points make it repeat."""
    seeds = np.ones((TILE, TILE), np.uint8)
    seeds[tuple(rng.integers(0, TILE, (2, count)))] = 0
    wide = np.tile(seeds, (3, 3))
    _, nearest = cv2.distanceTransformWithLabels(wide, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    middle = nearest[TILE : 2 * TILE, TILE : 2 * TILE]
    return (middle * 97 % 251).astype(np.uint8)


def _plots(rng: np.random.Generator) -> Labels:
    """Cover the tile by overlapping rectangles of about one direction, with a few lanes between them."""
    return _lanes(rng, _rectangles(rng, np.zeros((TILE, TILE), np.uint8), 220, (10, 110), 8.0))


def _blocks(rng: np.random.Generator) -> Labels:
    return _lanes(rng, _rectangles(rng, np.full((TILE, TILE), 40, np.uint8), 1200, (5, 18), 5.0))


def _rectangles(rng: np.random.Generator, labels: Labels, count: int, sides: tuple[int, int], turn: float) -> Labels:
    for _ in range(count):
        middle, (long, wide) = rng.integers(0, TILE, 2), rng.uniform(*sides, 2)
        box = ((float(middle[0]), float(middle[1])), (float(long), float(wide)), float(20 + rng.normal(0, turn)))
        cv2.fillPoly(labels, [cv2.boxPoints(box).astype(np.int32)], int(rng.integers(0, 240)))
    return labels


def _lanes(rng: np.random.Generator, labels: Labels) -> Labels:
    """Draw straight lanes, which take the labels from 240 up."""
    for _ in range(5):
        x, y, far_x, far_y = (int(value) for value in rng.integers(0, TILE, 4))
        cv2.line(labels, (x, y), (far_x, far_y), int(rng.integers(240, 256)), int(rng.integers(1, 6)))
    return labels

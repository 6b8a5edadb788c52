"""Tileable noise: made once a process from a fixed seed, read at any place and scale."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float32]

TILE = 512  # texels along a side; a power of two, so that wrapping round is a bit mask
CREST = 16.0  # texels between the crests of ``waves``
_SEED = 20240229  # the same tiles for every data set: a scene's own numbers only say where to read them


class Tiles(NamedTuple):
    """Fields of (TILE, TILE) that repeat without a seam, each of mean 0 and deviation 1.

    Attributes:
        clouds: Billows of every size.
        wisps: The same, but smoother and drawn out along the columns' axis.
        waves: Short crests across the rows' axis, sharper above than below.
    """

    clouds: Array
    wisps: Array
    waves: Array


@cache
def tiles() -> Tiles:
    """Make the tiles: white noise, colored in the Fourier domain (a power law, or a band for the waves)."""
    rng = np.random.default_rng(_SEED)
    v, u = np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)[None]
    radius = np.maximum(np.hypot(u, v), 1 / TILE)
    drawn_out = np.maximum(np.hypot(u, 4 * v), 1 / TILE)
    octaves = np.log2(radius * CREST)
    across = v**2 / radius**2  # 1 for waves that run along v, 0 for those that run along u
    band = np.exp(-((octaves / np.where(octaves < 0, 1.0, 2.0)) ** 2)) / radius * (0.3 + across)
    clouds = _colored(rng, radius**-1.7)
    wisps = _colored(rng, drawn_out**-1.9)
    swell = _colored(rng, band)
    return Tiles(clouds, wisps, _standard(np.exp(0.3 * swell)))


def sample(tile: Array, u: Array, v: Array) -> Array:
    """Read a tile at (column u, row v), in texels, bilinearly; it repeats in both directions."""
    left, top = np.floor(u), np.floor(v)
    du, dv = u - left, v - top
    i, j = left.astype(np.int64), top.astype(np.int64)
    west, east = i & (TILE - 1), (i + 1) & (TILE - 1)
    north, south = (j & (TILE - 1)) * TILE, ((j + 1) & (TILE - 1)) * TILE
    flat = tile.reshape(-1)
    upper = flat.take(north + west)
    upper += du * (flat.take(north + east) - upper)
    lower = flat.take(south + west)
    lower += du * (flat.take(south + east) - lower)
    upper += dv * (lower - upper)
    return upper


def _colored(rng: np.random.Generator, amplitude: NDArray[np.float64]) -> Array:
    spectrum = np.fft.rfft2(rng.standard_normal((TILE, TILE))) * amplitude
    spectrum[0, 0] = 0
    return _standard(np.fft.irfft2(spectrum, s=(TILE, TILE)))


def _standard(field: NDArray[np.floating]) -> Array:
    scaled: Array = ((field - field.mean()) / field.std()).astype(np.float32)
    return scaled

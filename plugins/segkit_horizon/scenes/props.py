"""The bank of sprites: some of every sort, drawn once a process from a fixed seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from threading import Lock

import numpy as np

from segkit_horizon.scenes import buildings, plants, vessels
from segkit_horizon.scenes.sprites import Sprite

_SEED = 20240301
_LOCK = Lock()
_SORTS: Mapping[str, tuple[int, Callable[[np.random.Generator], Sprite]]] = {
    "bare_tree": (20, plants.bare_tree),
    "leafy_tree": (20, plants.leafy_tree),
    "bush": (8, plants.bush),
    "conifer": (6, plants.conifer),
    "facade": (72, buildings.facade),
    "vehicle": (10, buildings.vehicle),
    "person": (4, buildings.person),
    "post": (12, buildings.post),
    "sail_boat": (6, vessels.sail_boat),
    "motor_boat": (8, vessels.motor_boat),
    "trawler": (6, vessels.trawler),
    "ship": (8, vessels.ship),
    "buoy": (8, vessels.buoy),
    "bird": (5, vessels.bird),
    "aircraft": (6, vessels.aircraft),
    "bow": (8, vessels.bow),
}


def prop(sort: str, rng: np.random.Generator) -> Sprite:
    """Draw one of a sort's sprites; the first call makes them all. Safe to call from several threads."""
    with _LOCK:
        sprites = _bank()[sort]
    return sprites[int(rng.integers(len(sprites)))]


@cache
def _bank() -> Mapping[str, tuple[Sprite, ...]]:
    rng = np.random.default_rng(_SEED)
    return {sort: tuple(draw(rng) for _ in range(count)) for sort, (count, draw) in _SORTS.items()}

"""From what every pixel shows to the mask of a task."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segkit.kinds import IGNORE
from segkit_horizon.scenes.canvas import FLYER, LAND, OBSTACLE, OWN, SKY, WATER
from segkit_horizon.scenes.render import Scene

NAMES = {"sky": SKY, "water": WATER, "land": LAND, "obstacle": OBSTACLE}
_INSTEAD = {"land": "obstacle", "obstacle": "land", "water": "land"}  # what a missing class is counted as
TASKS = ("", "sea", "ground")


def check_classes(classes: Sequence[str], task: str) -> None:
    """Refuse classes and a task that no mask can be made for.

    Raises:
        ValueError: When there are fewer than two classes, or sky is not the first; when one of three or four is none of
            NAMES, or comes twice; when the task is none of TASKS.
    """
    if task not in TASKS:
        raise ValueError(f"task must be sea or ground, not {task!r}: give sea")
    if len(classes) == 2 and "sky" not in classes[1:]:
        return
    if len(classes) < 3 or classes[0] != "sky" or len(set(classes)) < len(classes) or not set(classes) <= set(NAMES):
        names = ", ".join(NAMES)
        raise ValueError(
            f"classes must be two names, sky first, or three or four of {names}, not {list(classes)}: give [sky, sea]"
        )


def make_mask(scene: Scene, classes: Sequence[str], task: str) -> NDArray[np.uint8]:
    """Give the mask (H, W) of two classes by the task, of more by their names; the own craft is 255.

    Two classes: for ``sea``, 1 is water and what of a floating thing is below the horizon; for ``ground`` or no task,
    all but the sky. What flies before the sky counts as sky.
    """
    if len(classes) > 2:
        mask = _table(classes)[scene.ids]
    elif task == "sea":
        afloat = (scene.ids == OBSTACLE) & scene.below if scene.afloat else np.zeros_like(scene.below)
        mask = ((scene.ids == WATER) | afloat).astype(np.uint8)
    else:
        mask = ((scene.ids != SKY) & (scene.ids != FLYER)).astype(np.uint8)
    mask[scene.ids == OWN] = IGNORE
    return mask


def _table(classes: Sequence[str]) -> NDArray[np.uint8]:
    table = np.full(OWN + 1, IGNORE, np.uint8)
    for name, code in NAMES.items():
        seen = name if name in classes else _INSTEAD[name]
        table[code] = classes.index(seen if seen in classes else _INSTEAD[seen])
    table[FLYER] = table[OBSTACLE]
    return table

"""The data set that needs no file: frame ``index`` of a split is rendered from the seed whenever it is asked for."""

from __future__ import annotations

import operator
from collections.abc import Sequence

import numpy as np

from segkit.kinds import Sample
from segkit_horizon.scenes.render import VERSION, render

_SPLITS = ("train", "val", "test")
_TASKS = ("", "sea", "ground")  # with water and sky alone in the frame they agree


class SyntheticHorizon:
    """Rendered frames of the open sea from a rolling, pitching boat, each with its exact horizon.

    A frame depends on the seed, the split, the index and the options below only: not on the order of access, the
    process or the other frames. The mask is 0 for sky and 1 for water; ``meta`` holds the line as ``slope`` (dy/dx),
    ``offset`` (y at x = 0 over the height) and ``roll_deg`` (positive clockwise as seen), y pointing down. The line is
    known also where it misses the frame. No threshold solves it: the brightness of sky and sea overlap on purpose.

    Args:
        split: "train", "val" or "test"; no two share a scene.
        classes: Two names, sky first.
        task: "sea" or "ground", which agree here: there is nothing but water and sky.
        counts: Frames of the three splits, in the order above.
        frame_size: Height and width of the frames in pixels, before the network's own size is taken of them.
        seed: Another one gives other scenes.
        max_roll: The largest roll of the line in degrees, up to 60.
        infrared: The share of gray, thermal-like frames of either polarity, in [0, 1]; they are harder.

    Raises:
        ValueError: When an option is out of its range.

    Example:
        >>> sample = SyntheticHorizon("val", frame_size=(64, 96))[3]
        >>> sample.id, sample.image.shape, sorted(sample.meta)
        ('val/00003', (64, 96, 3), ['offset', 'roll_deg', 'slope'])
    """

    def __init__(
        self,
        split: str = "train",
        classes: Sequence[str] = ("sky", "sea"),
        task: str = "sea",
        counts: tuple[int, int, int] = (600, 80, 120),
        frame_size: tuple[int, int] = (128, 256),
        seed: int = 0,
        max_roll: float = 30.0,
        infrared: float = 0.0,
    ) -> None:
        _check_engine_values(split, classes, task)
        if len(counts) != 3 or min(counts) < 1:
            raise ValueError(f"counts must be three numbers of at least 1, not {counts}: give such as [600, 80, 120]")
        if len(frame_size) != 2 or min(frame_size) < 1:
            raise ValueError(f"frame_size must be a height and a width, at least 1, not {frame_size}: give [128, 256]")
        if seed < 0:
            raise ValueError(f"seed must be 0 or more, not {seed}: give such as 0")
        if not 0 <= max_roll <= 60:
            raise ValueError(f"max_roll must be in [0, 60] degrees, not {max_roll}: give such as 30")
        if not 0 <= infrared <= 1:
            raise ValueError(f"infrared must be a share in [0, 1], not {infrared}: give such as 0.15")
        self.split, self.seed = split, seed
        self.size, self.max_roll, self.infrared = (frame_size[0], frame_size[1]), max_roll, infrared
        self._count = counts[_SPLITS.index(split)]
        self.fingerprint = (
            f"synthetic_horizon version={VERSION} numpy={np.__version__} split={split} count={self._count} "
            f"size={frame_size[0]}x{frame_size[1]} seed={seed} "
            f"max_roll={float(max_roll)!r} infrared={float(infrared)!r}"
        )

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Sample:
        index = operator.index(index)
        if not 0 <= index < self._count:
            raise IndexError(f"index must be in [0, {self._count}), not {index}: split {self.split!r} ends there")
        stream = np.random.SeedSequence(self.seed, spawn_key=(_SPLITS.index(self.split), index))
        image, camera = render(np.random.default_rng(stream), self.size, self.max_roll, self.infrared)
        line = {"slope": camera.slope, "offset": camera.offset, "roll_deg": camera.roll_deg}
        return Sample(image, camera.mask(), f"{self.split}/{index:05d}", meta=line)


def _check_engine_values(split: str, classes: Sequence[str], task: str) -> None:
    if split not in _SPLITS:
        raise ValueError(f"split must be one of {', '.join(_SPLITS)}, not {split!r}: give such as train")
    if len(classes) != 2 or "sky" in classes[1:]:
        raise ValueError(f"classes must be two names, sky first, not {list(classes)}: give [sky, sea]")
    if task not in _TASKS:
        raise ValueError(f"task must be sea or ground, not {task!r}: give sea")

"""The data set that needs no file: frame ``index`` of a split is rendered from the seed whenever it is asked for."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from segkit.kinds import Sample
from segkit_horizon.scenes.masks import check_classes, make_mask
from segkit_horizon.scenes.presets import EFFECTS, PRESETS, Place
from segkit_horizon.scenes.render import VERSION, Scene, render

_SPLITS = ("train", "val", "test")


class SyntheticHorizon:
    """Rendered frames of the sea, of land from the air and of streets, each with its mask and its exact horizon.

    A frame depends on the seed, the split, the index and the options below only: not on the order of access, the
    process or the other frames. Two classes are sky and the task's: for ``sea``, 1 is water and what of a floating
    thing is below the horizon; for ``ground``, all but the sky. Three or four classes are taken by their names, of
    sky, water, land and obstacle; land counts as obstacle where it is no class, and so on. Birds and aircraft before
    the sky count as sky where there are two classes. The own craft is 255.

    ``meta`` holds the line as ``slope`` (dy/dx), ``offset`` (y at x = 0 over the height) and ``roll_deg`` (positive
    clockwise as seen, beyond 90 with the sky below), y pointing down; ``intrinsics`` (fx, fy, cx, cy in pixels and
    ``distortion``, OpenCV's five coefficients) and ``camera_height_m``. The line is known also where it misses the
    frame or is hidden. Where there is distortion, it is the line of the undistorted frame; the mask is as seen.

    The effects are shares of the scenes in [0, 1]; where none is given, the preset's own holds.

    Args:
        split: "train", "val" or "test"; no two share a scene.
        classes: Two names, sky first; or three or four of sky, water, land, obstacle, sky first.
        task: "sea" or "ground" (the same as none).
        preset: "boat" (a low camera at sea), "drone" (over land, at any roll), "street", "infrared" (a boat's thermal
            camera) or "any" of them.
        counts: Frames of the three splits, in the order above.
        frame_size: Height and width of the frames in pixels, before the network's own size is taken of them.
        seed: Another one gives other scenes.
        max_roll: The largest roll of the line in degrees, up to 180; most are within a third of it. None takes the
            preset's: a boat's is 30.
        clouds: Skies with clouds.
        broken: Broken clouds, white and gray, instead of a layer in the mood of the sky; by day.
        sun: The sun's glow, glitter and backlight.
        night: Night, with lights.
        haze: Haze and fog.
        rain: Rain, some with drops on the lens.
        land: Coasts beyond water, hills and far ridges beyond land.
        boats: Boats, ships and buoys on water.
        birds: Birds and aircraft.
        bow: The own craft's bow in view.
        sensor: Each of the sensor's flaws: glare, wrong exposure and colors, blur, noise, compression.
        highlights: Exposure for what is bright: the sky keeps its shape, and the ground is dark.
        distortion: A lens that bends straight lines.
        infrared: Gray, thermal frames of either polarity; they are harder.

    Raises:
        ValueError: When an option is out of its range.

    Example:
        >>> sample = SyntheticHorizon("val", frame_size=(64, 96))[3]
        >>> sample.id, sample.image.shape, sorted(sample.meta)
        ('val/00003', (64, 96, 3), ['camera_height_m', 'intrinsics', 'offset', 'roll_deg', 'slope'])
    """

    def __init__(
        self,
        split: str = "train",
        classes: Sequence[str] = ("sky", "sea"),
        task: str = "sea",
        preset: str = "boat",
        counts: tuple[int, int, int] = (600, 80, 120),
        frame_size: tuple[int, int] = (128, 256),
        seed: int = 0,
        max_roll: float | None = None,
        clouds: float | None = None,
        broken: float | None = None,
        sun: float | None = None,
        night: float | None = None,
        haze: float | None = None,
        rain: float | None = None,
        land: float | None = None,
        boats: float | None = None,
        birds: float | None = None,
        bow: float | None = None,
        sensor: float | None = None,
        highlights: float | None = None,
        distortion: float | None = None,
        infrared: float | None = None,
    ) -> None:
        given = (
            clouds,
            broken,
            sun,
            night,
            haze,
            rain,
            land,
            boats,
            birds,
            bow,
            sensor,
            highlights,
            distortion,
            infrared,
        )
        effects = {name: float(share) for name, share in zip(EFFECTS, given, strict=True) if share is not None}
        if split not in _SPLITS:
            raise ValueError(f"split must be one of {', '.join(_SPLITS)}, not {split!r}: give such as train")
        check_classes(classes, task)
        _check_options(preset, counts, frame_size, seed, max_roll)
        _check_effects(effects)
        self.split, self.seed, self.classes, self.task = split, seed, tuple(classes), task
        self.size = (frame_size[0], frame_size[1])
        self._count = counts[_SPLITS.index(split)]
        self._places = _places(preset, max_roll, effects)
        kind = self.classes if len(classes) > 2 else task or "ground"
        self.fingerprint = (
            f"synthetic_horizon version={VERSION} numpy={np.__version__} opencv={cv2.__version__} split={split} "
            f"count={self._count} size={frame_size[0]}x{frame_size[1]} seed={seed} masks={kind} {self._places!r}"
        )

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Sample:
        scene = self.scene(index)
        camera, lens = scene.camera, scene.lens
        meta: dict[str, Any] = {
            "slope": camera.slope,
            "offset": camera.offset,
            "roll_deg": camera.roll_deg,
            "intrinsics": {
                "fx": camera.focal,
                "fy": camera.focal,
                "cx": camera.center[0],
                "cy": camera.center[1],
                "distortion": lens.coefficients if lens else [0.0] * 5,
            },
            "camera_height_m": camera.altitude,
        }
        mask = make_mask(scene, self.classes, self.task)
        return Sample(scene.image, mask, f"{self.split}/{operator.index(index):05d}", meta=meta)

    def scene(self, index: int) -> Scene:
        """Render a frame with all that is known of it.

        Raises:
            IndexError: When the split ends before it.
        """
        index = operator.index(index)
        if not 0 <= index < self._count:
            raise IndexError(f"index must be in [0, {self._count}), not {index}: split {self.split!r} ends there")
        stream = np.random.SeedSequence(self.seed, spawn_key=(_SPLITS.index(self.split), index))
        rng = np.random.default_rng(stream)
        shares = np.cumsum([share for share, _ in self._places])
        _, place = self._places[int(np.searchsorted(shares, rng.random() * shares[-1], side="right"))]
        return render(rng, self.size, place)


def _places(preset: str, max_roll: float | None, effects: dict[str, float]) -> tuple[tuple[float, Place], ...]:
    """Give the places that a preset is mixed of, each with its share, and with the options that replace its own."""
    places = []
    for share, place in PRESETS[preset]:
        if max_roll is not None:
            place = replace(place, max_roll=float(max_roll), roll_spread=max_roll / 3)
        places.append((share, replace(place, shares=replace(place.shares, **effects))))
    return tuple(places)


def _check_options(
    preset: str, counts: Sequence[int], frame_size: Sequence[int], seed: int, max_roll: float | None
) -> None:
    if preset not in PRESETS:
        raise ValueError(f"preset must be one of {', '.join(PRESETS)}, not {preset!r}: give such as boat")
    if len(counts) != 3 or min(counts) < 1:
        raise ValueError(f"counts must be three numbers of at least 1, not {counts}: give such as [600, 80, 120]")
    if len(frame_size) != 2 or min(frame_size) < 1:
        raise ValueError(f"frame_size must be a height and a width, at least 1, not {frame_size}: give [128, 256]")
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, not {seed}: give such as 0")
    if max_roll is not None and not 0 <= max_roll <= 180:
        raise ValueError(f"max_roll must be in [0, 180] degrees, not {max_roll}: give such as 30")


def _check_effects(effects: dict[str, float]) -> None:
    for name, share in effects.items():
        if not 0 <= share <= 1:
            raise ValueError(f"{name} must be a share in [0, 1], not {share}: give such as 0.15")

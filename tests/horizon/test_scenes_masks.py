"""Masks of every task from hand-made ids, and what the effects put into scenes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from segkit_horizon.scenes.camera import Camera
from segkit_horizon.scenes.canvas import FLYER, LAND, OBSTACLE, OWN, SKY, WATER
from segkit_horizon.scenes.dataset import SyntheticHorizon
from segkit_horizon.scenes.masks import make_mask
from segkit_horizon.scenes.presets import EFFECTS
from segkit_horizon.scenes.render import Scene
from segkit_horizon.scenes.sensor import expose, skyline

IDS = [[SKY, FLYER, LAND, OBSTACLE], [WATER, LAND, OBSTACLE, OWN]]
NONE = dict.fromkeys(EFFECTS, 0.0)


def scene(afloat: bool = True) -> Scene:
    """Two rows, the upper above the line: sky, a bird, a hill, a mast; water, a coast, a hull, the own bow."""
    below = np.array([[False] * 4, [True] * 4])
    camera = Camera(2, 4, 4.0, 0.0, 0.0, 2.0, (2.0, 1.0))
    return Scene(np.zeros((2, 4, 3), np.uint8), np.array(IDS, np.uint8), below, camera, None, afloat)


@pytest.mark.parametrize(
    ("classes", "task", "expected"),
    [
        (("sky", "sea"), "sea", [[0, 0, 0, 0], [1, 0, 1, 255]]),
        (("sky", "ground"), "ground", [[0, 0, 1, 1], [1, 1, 1, 255]]),
        (("background", "foreground"), "", [[0, 0, 1, 1], [1, 1, 1, 255]]),
        (("sky", "water", "obstacle"), "sea", [[0, 2, 2, 2], [1, 2, 2, 255]]),
        (("sky", "obstacle", "water"), "", [[0, 1, 1, 1], [2, 1, 1, 255]]),
        (("sky", "land", "water"), "ground", [[0, 1, 1, 1], [2, 1, 1, 255]]),
        (("sky", "land", "obstacle"), "ground", [[0, 2, 1, 2], [1, 1, 2, 255]]),
        (("sky", "obstacle", "land", "water"), "", [[0, 1, 2, 1], [3, 2, 1, 255]]),
    ],
)
def test_masks_follow_task_and_names(classes: Sequence[str], task: str, expected: list[list[int]]) -> None:
    assert make_mask(scene(), classes, task).tolist() == expected


def test_on_land_nothing_is_afloat() -> None:
    assert make_mask(scene(afloat=False), ("sky", "sea"), "sea").tolist() == [[0, 0, 0, 0], [1, 0, 0, 255]]


def ids(**options: Any) -> set[int]:
    """What the first scenes of a boat show, of any effect only what is given."""
    data = SyntheticHorizon(frame_size=(64, 96), **(NONE | options))
    return {int(code) for index in range(24) for code in np.unique(data.scene(index).ids)}


def test_an_effect_at_none_or_all_is_in_no_scene_or_in_some() -> None:
    """Not in every scene: what is too far or out of view cannot be seen."""
    assert ids() == {SKY, WATER}
    assert ids(land=1.0) == {SKY, WATER, LAND}
    assert ids(boats=1.0) == {SKY, WATER, OBSTACLE}
    assert ids(bow=1.0) == {SKY, WATER, OWN}
    assert FLYER in ids(birds=1.0)
    assert ids(preset="street", land=0.5) >= {SKY, LAND, OBSTACLE}


def brightness(scenes: int = 16, **options: Any) -> np.ndarray:
    data = SyntheticHorizon(frame_size=(64, 96), **(NONE | options))
    return np.stack([data[index].image for index in range(scenes)]).astype(float)


def roughness(frames: np.ndarray) -> float:
    """The mean difference of neighbors, of which noise gives most."""
    return float(np.abs(np.diff(frames, axis=2)).mean())


def unevenness(frames: np.ndarray) -> float:
    """How much fields of 4 x 4 pixels differ from the mean of their neighbors: noise and gradients give little."""
    scenes, height, width, _ = frames.shape
    fields = frames[..., 0].reshape(scenes, height // 4, 4, width // 4, 4).mean(axis=(2, 4))
    return float(np.abs(np.diff(fields, n=2, axis=2)).mean())


def test_effects_of_light_and_air_do_what_they_say() -> None:
    plain, night = brightness(), brightness(night=1.0)
    assert night.mean() < 0.5 * plain.mean()
    assert brightness(sun=1.0).max(axis=(1, 2, 3)).mean() > plain.max(axis=(1, 2, 3)).mean()
    assert roughness(brightness(rain=1.0)) > roughness(plain)
    for infrared in (0.0, 1.0):
        skies = (brightness(48, clouds=share, broken=0.5, infrared=infrared)[:, :16] for share in (0.0, 1.0))
        tops = [unevenness(sky) for sky in skies]
        assert tops[1] > 1.15 * tops[0]
    upper = [brightness(48, clouds=1.0, broken=share)[:, :16] for share in (0.0, 1.0)]
    assert unevenness(upper[1]) > 1.15 * unevenness(upper[0])


def test_exposed_for_the_highlights_the_sky_is_not_cut_off_and_the_ground_is_dark() -> None:
    usual, dark = (brightness(32, preset="drone", highlights=share) for share in (0.0, 1.0))
    assert (dark == 255).mean() < 0.5 * (usual == 255).mean()
    assert dark[:, -16:].mean() < usual[:, -16:].mean()


def test_a_flawed_sensor_varies_more_in_exposure_and_color() -> None:
    light = np.full((3, 32, 32), 0.5, np.float32)
    rng = np.random.default_rng(0)
    sound, flawed = (
        np.stack([expose(light, None, flaws, 0.0, rng) for _ in range(200)]).astype(float) for flaws in (0.0, 1.0)
    )
    assert flawed.mean((1, 2, 3)).std() > 1.2 * sound.mean((1, 2, 3)).std()
    tints = [np.log(frames[..., 0].mean((1, 2)) / frames[..., 2].mean((1, 2))).std() for frames in (sound, flawed)]
    assert tints[1] > 1.2 * tints[0]


def test_what_borders_on_the_sky_is_not_over_exposed() -> None:
    light, ids = np.full((3, 32, 32), 0.02, np.float32), np.full((32, 32), LAND, np.uint8)
    light[:, :12], light[:, :8], ids[:8] = 0.9, 1.0, SKY
    frames = np.stack([expose(light, skyline(ids), 0.0, 0.0, np.random.default_rng(seed)) for seed in range(200)])
    sky, land = (frames[:, rows, 8:24].mean((1, 2, 3)) for rows in (slice(2, 6), slice(9, 11)))
    assert sky.max() > 254
    assert land.max() < 252


def test_haze_takes_the_contrast_from_hills() -> None:
    def contrast(haze: float) -> float:
        """Of land far away against the sky beside it, in the colors of the frame."""
        data = SyntheticHorizon(
            preset="drone", task="ground", frame_size=(64, 64), **(NONE | {"haze": haze, "land": 1.0})
        )
        values = []
        for index in range(60):
            found = data.scene(index)
            hill = (found.ids == LAND) & ~found.below
            if hill.sum() > 100 and (found.ids == SKY).any():
                values.append(np.abs(found.image[hill].mean(0) - found.image[found.ids == SKY].mean(0)).mean())
        assert len(values) > 15
        return float(np.mean(values))

    assert contrast(1.0) < contrast(0.0)

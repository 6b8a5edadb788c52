"""Every shipped recipe trains: two steps of its own network on small frames, then a validation and a test."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import segkit
from segkit.recipe import shipped

SMALL = ["data.size=[32, 64]", "train.steps=2", "train.batch_size=2", "train.precision=fp32"]


def write_pairs(images: Path, masks: Path, values: tuple[int, int]) -> None:
    """Write six frames, bright above a line and dark below it, with their masks."""
    rng = np.random.default_rng(0)
    images.mkdir(parents=True)
    masks.mkdir(parents=True)
    for number in range(6):
        below = np.arange(40)[:, None] >= rng.integers(10, 30, size=48)[None].mean().astype(int) + number
        below = np.broadcast_to(below, (40, 48))
        frame = np.where(below, 60, 180)[..., None] + rng.integers(0, 40, size=(40, 48, 3))
        Image.fromarray(frame.astype(np.uint8)).save(images / f"frame.{number}.jpg")
        Image.fromarray(np.where(below, values[1], values[0]).astype(np.uint8)).save(masks / f"frame.{number}.png")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with splits, beside it the lab's layout."""
    folder = tmp_path_factory.mktemp("frames")
    for split in ("train", "val", "test"):
        write_pairs(folder / "ours" / split / "images", folder / "ours" / split / "masks", (0, 1))
        write_pairs(folder / "lab" / f"{split}_frames", folder / "lab" / f"{split}_masks", (0, 255))
    return folder


def few_frames(name: str, root: Path) -> list[str]:
    """Give overrides that leave a recipe its kind of data, but few frames."""
    if name == "scenes_and_own":
        scenes = "{use: synthetic_horizon, preset: any, counts: [4, 2, 2], frame_size: [32, 64]}"
        return [f"data.root={root / 'ours'}", f"data.sources=[{scenes}, folder]"]
    extended = {"horizon_timm": "horizon_unet", "zero_shot_scratch": "zero_shot"}
    if "synthetic_horizon" in shipped()[extended.get(name, name)].read_text():
        return ["data.counts=[4, 2, 2]"]
    return [f"data.root={root / ('lab' if name.startswith('lab') else 'ours')}"]


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_shipped_recipe_trains(name: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGKIT_CACHE", str(tmp_path / "cache"))
    result = segkit.run(name, [*few_frames(name, root), *SMALL, f"run.dir={tmp_path / 'run'}"])
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert written["metrics"] == dict(result.metrics)
    assert 0 <= written["metrics"]["iou_mean"] <= 1
    assert {"recipe.yaml", "environment.json", "metrics.csv", "curves.png", "preview.png", "model.json", "log.txt"} <= {
        path.name for path in (tmp_path / "run").iterdir()
    }

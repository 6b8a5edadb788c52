"""The main job on photographs: a recipe, a folder of frames, masks that beat a threshold by far, and their use."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import segkit
from segkit import api

DATA = Path(os.environ.get("SEGKIT_DATA", Path(__file__).parents[3] / "shared" / "data"))
UAV = DATA / "horizon_uav"


@pytest.mark.slow
@pytest.mark.skipif(not UAV.is_dir(), reason=f"no real frames in {UAV}; SEGKIT_DATA names their folder")
def test_a_minute_on_frames_of_a_drone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGKIT_CACHE", str(tmp_path / "cache"))
    run = tmp_path / "run"
    overrides = [f"data.root={UAV}", "data.size=[128, 128]", "train.steps=84", "train.precision=fp32"]
    result = segkit.run("horizon_uav", [*overrides, f"run.dir={run}"])
    assert result.images == 29
    assert result.metrics["iou_mean"] >= 0.95  # Otsu's threshold: about 0.92

    again = api.evaluate(run, data=UAV, split="test")
    assert again["metrics"] == pytest.approx(json.loads((run / "metrics.json").read_text())["metrics"])

    frames = sorted((UAV / "test" / "images").iterdir())[:3]
    assert api.predict(run, frames, tmp_path / "out") == 0
    for frame in frames:
        mask = np.asarray(Image.open(tmp_path / "out" / "masks" / f"{frame.stem}.png"))
        truth = np.asarray(Image.open(UAV / "test" / "masks" / f"{frame.stem}.png"))
        assert mask.shape == truth.shape
        assert (mask == truth)[truth != 255].mean() > 0.9

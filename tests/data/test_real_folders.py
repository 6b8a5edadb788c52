"""Real folders: what init writes passes the check and trains to good figures; leakage is caught."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

DATA = Path(os.environ.get("SEGKIT_DATA", Path(__file__).parents[3] / "shared" / "data"))
UAV = DATA / "horizon_uav"
SPLITS = ("train", "val", "test")
LEAKS = {"leak", "near_duplicate", "divided_group"}

Cli = Callable[..., Any]

pytestmark = pytest.mark.skipif(not UAV.is_dir(), reason=f"no real frames in {UAV}; SEGKIT_DATA names their folder")


def lay_together(folder: Path) -> list[str]:
    """Link all frames of the drone into one folder of images and one of masks; give the lines of their tables."""
    rows: list[str] = []
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
        for split in SPLITS:
            for file in (UAV / split / part).iterdir():
                (folder / part / file.name).symlink_to(file)
    for split in SPLITS:
        head, *lines = (UAV / split / "lines.csv").read_text().splitlines()
        rows += lines
    return [head, *rows]


@pytest.mark.slow
def test_frames_of_a_drone_split_by_frame_leak_and_split_by_group_do_not(tmp_path: Path, cli: Cli) -> None:
    lines = lay_together(tmp_path / "drone")
    assert cli("init", "drone", "--yes").code == 0
    by_frame = cli("data", "check", "recipe.yaml", "--json", "data.group_pattern=null")
    assert by_frame.code == 1
    kinds = [finding["kind"] for finding in by_frame.report["findings"]]
    assert kinds.count("leak") + kinds.count("near_duplicate") >= 20

    (tmp_path / "drone" / "lines.csv").write_text("\n".join(lines))
    by_group = cli("data", "check", "drone", "--json")
    assert by_group.code == 0
    assert not by_group.kinds() & LEAKS


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "task", "size", "pairs"),
    [
        ("horizon_uav", "ground", [160, 160], [333, 34, 29]),
        ("camvid_sky", "ground", [160, 224], [367, 101, 62]),
        ("sea_video", "sea", [160, 192], [140, 30, 30]),
    ],
)
def test_the_real_folders_are_read_as_they_are(
    name: str, task: str, size: list[int], pairs: list[int], cli: Cli
) -> None:
    if not (DATA / name).is_dir():
        pytest.skip(f"no frames in {DATA / name}")
    assert cli("init", DATA / name, "--yes").code == 0
    text = Path("recipe.yaml").read_text()
    assert f"task: {task} " in text
    assert f"size: {size} " in text
    assert cli("check", "recipe.yaml").code == 0
    shown = cli("data", "check", "recipe.yaml", "--json")
    assert shown.code == 0
    assert [shown.report["splits"][split]["frames"] for split in SPLITS] == pairs


@pytest.mark.slow
def test_init_and_a_minute_of_training_beat_a_threshold_by_far(cli: Cli, tmp_path: Path) -> None:
    assert cli("init", UAV, "--yes").code == 0
    fixed = ["train.steps=84", "train.precision=fp32", "data.size=[128, 128]", "run.dir=out"]
    assert cli("run", "recipe.yaml", *fixed).code == 0
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert metrics["images"] == 29
    assert metrics["metrics"]["iou_mean"] >= 0.95  # Otsu's threshold: about 0.92

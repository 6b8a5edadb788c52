"""A stranger's plugin, from an empty folder to a trained model, in a clean environment beside segkit's wheel."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

COMMANDS = """\
segkit new plugin sea-losses --kind loss --kind metric
pip wheel --quiet --no-deps --wheel-dir dist ./sea-losses
pip install --quiet dist/sea_losses-0.1.0-py3-none-any.whl
segkit list --json > list.json
segkit run horizon_unet loss=brier metrics=[iou,error_rate] train.steps=2 data.size=[32,64] data.counts=[8,4,4]
"""


@pytest.mark.slow
def test_scaffold_build_install_list_and_train(shell: Callable[..., str], tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    assert len(COMMANDS.splitlines()) <= 10
    shell(COMMANDS, folder)
    listed = [row for row in json.loads((folder / "list.json").read_text()) if row["distribution"] == "sea-losses"]
    assert [(row["kind"], row["name"], row["state"]) for row in listed] == [
        ("loss", "brier", "ok"),
        ("metric", "error_rate", "ok"),
    ]
    run = folder / "runs" / "horizon_unet" / "1"
    metrics = json.loads((run / "metrics.json").read_text())["metrics"]
    assert 0 <= metrics["error_rate"] <= 1
    assert (run / "model.safetensors").is_file()
    assert "sea-losses:brier" in (run / "recipe.yaml").read_text()

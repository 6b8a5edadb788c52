"""A stranger's wheel with one loss: installed, listed, trained with; a broken neighbor is named and harms nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PLUGIN = """
@hookimpl
def segkit_components():
    yield ComponentSpec("loss", "mean_square", "square_plugin_loss:MeanSquare", "Mean squared error.")
"""
LOSS = """
import torch

class MeanSquare:
    \"\"\"Mean squared error of the probability.

    Args:
        scale: A factor.
    \"\"\"

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale

    def __call__(self, logits, target):
        valid = target != 255
        error = (torch.sigmoid(logits[:, 0]) - target) ** 2
        return self.scale * (error * valid).sum() / valid.sum().clamp(min=1)
"""
RECIPE = """
classes: [sky, sea]
task: sea
data: {use: synthetic_horizon, counts: [8, 4, 4], size: [32, 64]}
model: {backbone: {use: plain, widths: [4, 8]}}
loss: LOSS
metrics: [iou]
train: {steps: 2, batch_size: 4, precision: fp32}
"""


@pytest.fixture
def site(tmp_path: Path, make_wheel: Callable[..., Path]) -> Path:
    """A folder into which pip installed the plugin and a broken neighbor."""
    files = {"square_plugin_loss.py": LOSS}
    wheels = [
        make_wheel("square-plugin", PLUGIN, files=files),
        make_wheel("broken-plugin", "raise RuntimeError('not today')"),
    ]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target"]
    subprocess.run([*pip, str(tmp_path / "site"), *map(str, wheels)], check=True)
    return tmp_path / "site"


def _run(python: Callable[..., subprocess.CompletedProcess[str]], site: Path, tmp_path: Path, loss: str, name: str):
    recipe = tmp_path / f"{name}.yaml"
    recipe.write_text(RECIPE.replace("LOSS", loss))
    return python(site, "-m", "segkit", "run", str(recipe), f"run.dir={tmp_path / name}")


@pytest.mark.slow
def test_a_wheel_with_a_loss_is_listed_and_trains_and_a_broken_one_harms_nothing(
    tmp_path: Path,
    site: Path,
    python: Callable[..., subprocess.CompletedProcess[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SEGKIT_CACHE", str(tmp_path / "cache"))
    listed = python(site, "-m", "segkit", "list", "loss", "--json")
    assert {("mean_square", "square-plugin"), ("bce", "segkit")} <= {
        (row["name"], row["distribution"]) for row in json.loads(listed.stdout)
    }
    assert "broken-plugin 1.0 is broken: " in listed.stderr
    assert "not today" in listed.stderr
    assert "Traceback" not in listed.stderr

    trained = _run(python, site, tmp_path, "{use: mean_square, scale: 2.0}", "strange")
    assert trained.returncode == 0, trained.stderr
    environment = json.loads((tmp_path / "strange" / "environment.json").read_text())
    assert environment["distributions"]["square-plugin"] == "1.0"

    beside = _run(python, site, tmp_path, "bce", "beside")
    alone = _run(python, tmp_path / "nothing", tmp_path, "bce", "alone")
    assert beside.returncode == alone.returncode == 0
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("beside", "alone")]
    assert weights[0] == weights[1]

    missing = _run(python, site, tmp_path, "from_the_broken_one", "missing")
    assert missing.returncode == 2
    assert "unknown loss 'from_the_broken_one'" in missing.stderr
    assert "broken-plugin 1.0 may have it but is broken" in missing.stderr
    assert "Traceback" not in missing.stderr

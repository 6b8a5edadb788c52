"""T14: too many epochs.

A network that is trained on and on learns the training frames by heart, their faults included: the training loss falls
and the validation loss rises. With ``train.patience`` segkit stops when validation no longer improves, and says from
which epoch on it worsened; it always keeps the weights of the best epoch, not of the last.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import segkit
from segkit.api import evaluate

RECIPE = """
classes: [sky, sea]
task: sea
data: {use: folder, root: ROOT, mask_values: index, size: [32, 32]}
model: {backbone: {use: plain, widths: [24]}, norm: group}
loss: bce
optimizer: {use: adam, lr: 2e-2}
metrics: [iou]
train: {epochs: 40, batch_size: 1, precision: fp32, monitor: val/loss, patience: 3}
"""


@pytest.fixture
def recipe(tmp_path: Path, save: Any) -> Path:
    """Frames whose sea is a little brighter, a fifth of their pixels mislabeled; one to train on, labeled at places."""
    rng = np.random.default_rng(0)
    for split, count, labeled in (("train", 1, 0.06), ("val", 4, 1.0), ("test", 4, 1.0)):
        for number in range(count):
            sea = np.arange(32)[:, None].repeat(32, axis=1) >= rng.integers(8, 24)
            mislabeled, known = rng.random(sea.shape) < 0.2, rng.random(sea.shape) < labeled
            save(f"{split}/images/{number}.png", 60 * sea + rng.integers(0, 190, sea.shape))
            save(f"{split}/masks/{number}.png", np.where(known, sea ^ mislabeled, 255))
    path = tmp_path / "overfit.yaml"
    path.write_text(RECIPE.replace("ROOT", str(tmp_path)))
    return path


def curves(folder: Path) -> list[dict[str, float]]:
    with (folder / "metrics.csv").open() as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def test_a_run_made_to_overfit_is_stopped_and_says_so(cli: Any, recipe: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    code, _, said = cli("run", recipe, f"run.dir={folder}")
    assert code == 0, said
    epochs = curves(folder)
    validation = [epoch["val/loss"] for epoch in epochs]
    best = int(np.argmin(validation))

    assert best > 0  # it learned something first
    assert len(epochs) == best + 1 + 3 < 40
    assert epochs[-1]["train/loss"] < epochs[best]["train/loss"]  # and went on to learn by heart
    stopped = f"early stopping: validation worsened from epoch {best + 2} on; val/loss was best in epoch {best + 1} "
    assert stopped in said
    assert stopped in (folder / "log.txt").read_text()
    assert (folder / "curves.png").stat().st_size > 0
    kept = evaluate(folder, split="val")["metrics"]["iou_mean"]
    assert kept == pytest.approx(epochs[best]["val/iou_mean"], abs=1e-6)
    assert kept != pytest.approx(epochs[-1]["val/iou_mean"], abs=1e-4)


def test_without_patience_the_same_run_goes_on_and_gets_worse(recipe: Path, tmp_path: Path) -> None:
    done = segkit.run(recipe, [f"run.dir={tmp_path / 'run'}", "train.patience=null", "train.epochs=18"])
    validation = [epoch["val/loss"] for epoch in curves(done.folder)]
    assert len(validation) == 18
    assert done.stopped == "all steps are done"
    assert validation[-1] > 1.2 * min(validation)

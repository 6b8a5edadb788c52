"""A plugin adds a callback, a logger and a verb, and all three work from the command line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

PLUGIN = """
@hookimpl
def segkit_components():
    yield ComponentSpec("callback", "stop_after", "sea_parts:StopAfter", "Ends a run after some steps.")
    yield ComponentSpec("logger", "diary", "sea_parts:Diary", "Writes what was measured.")

@hookimpl
def segkit_commands():
    yield CommandSpec("read-diary", "sea_parts:read_diary", "Print a run's diary.")
"""
PARTS = '''
from pathlib import Path

import pytest

import typer

from segkit.hooks import hookimpl


class StopAfter:
    """Args:
        epochs: How many."""

    def __init__(self, epochs: int = 3) -> None:
        self.epochs, self.steps = epochs, 0

    @hookimpl
    def step_end(self, run) -> None:
        self.steps += 1

    @hookimpl
    def epoch_end(self, run) -> str | None:
        return f"{self.steps} steps are enough" if run.epoch + 1 == self.epochs else None


class Diary:
    """Writes."""

    def __init__(self, run_dir: Path) -> None:
        self.file = run_dir / "diary.txt"

    def log(self, values, step: int) -> None:
        with self.file.open("a") as file:
            file.write(f"step {step}: {'train/loss' in values and 'val/iou_mean' in values}\\n")

    def resume(self, step: int) -> None: ...


def read_diary(run: Path) -> None:
    typer.echo((run / "diary.txt").read_text(), nl=False)
'''
RUN = """
classes: [sky, sea]
data: {use: synthetic_horizon, size: [32, 64], counts: [8, 2, 2]}
model: {backbone: {use: plain, widths: [4, 8]}}
loss: bce
optimizer: sgd
scheduler: constant
metrics: [iou]
callbacks: [{use: stop_after, epochs: 2}]
loggers: [diary]
train: {epochs: 5, batch_size: 4, precision: fp32}
run: {dir: run}
"""


@pytest.mark.slow
def test_a_callback_a_logger_and_a_verb(
    add_plugin: Callable[..., None], segkit: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    add_plugin("sea-parts-plugin", PLUGIN, sea_parts=PARTS)
    (tmp_path / "recipe.yaml").write_text(RUN)
    trained = segkit("run", "recipe.yaml")
    assert trained.returncode == 0, trained.stderr
    assert "4 steps are enough" in (tmp_path / "run" / "log.txt").read_text()  # 2 epochs of 8 / 4 steps
    assert segkit("read-diary", "run").stdout == "step 2: True\nstep 4: True\n"
    environment = json.loads((tmp_path / "run" / "environment.json").read_text())
    assert environment["distributions"]["sea-parts-plugin"] == "1.0"

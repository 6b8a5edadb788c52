"""What every callback promises (``segkit.kinds.Callback``)."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pluggy
import pytest
import torch
from torch import nn

from segkit.hooks import PROJECT, RunHooks
from segkit.testing.subject import Subject

STEPS = 3  # an epoch
EPOCHS = 4
EVENTS = ("run_start", "epoch_start", "step_end", "validation_start", "validation_end", "epoch_end", "run_end")
MONITORED: Mapping[str, Sequence[float]] = {
    "better and better": (0.1, 0.5, 0.8, 0.9),
    "worse and worse": (0.9, 0.8, 0.5, 0.1),
    "never finite": (math.nan, math.inf, -math.inf, math.nan),
    "now and then": (0.1, math.nan, 0.5, math.inf),
}


@dataclass(frozen=True)
class FrozenRun:
    """A run at one moment (``segkit.kinds.Run``), which nobody can change. Frames are sky over sea, 32x48."""

    dir: Path
    classes: Sequence[str] = ("sky", "sea")
    monitor: str = "val/iou_mean"
    higher_is_better: bool = True
    epochs: int = EPOCHS
    epoch: int = 0
    steps_per_epoch: int = STEPS
    total_steps: int = STEPS * EPOCHS
    step: int = 0
    values: Mapping[str, float] = field(default_factory=dict)
    stopped: str = ""
    model: nn.Module = field(default_factory=lambda: nn.Conv2d(3, 1, 1))

    def time_left(self) -> float:
        """Give some seconds; NaN before the first step."""
        return 12.5 if self.step else math.nan

    def validation_frames(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Give at most five frames, bright above and dark below a line of ignored pixels, and their masks."""
        masks = np.zeros((min(count, 5), 32, 48), np.uint8)
        masks[:, 16:], masks[:, 15] = 1, 255
        return np.where(masks == 0, 200, 60).astype(np.uint8)[..., None].repeat(3, axis=3), masks

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Find the sea by its darkness."""
        classes: np.ndarray = (images.mean(axis=3) < 128).astype(np.uint8)
        return classes

    def save_weights(self, path: Path) -> None:
        """Write a file."""
        path.write_bytes(b"weights")


def hear(callback: Any, run: FrozenRun, event: str) -> list[Any]:
    """Tell a callback of an event, as the engine does."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(RunHooks)
    manager.register(callback)
    answers: list[Any] = getattr(manager.hook, event)(run=run)
    return answers


def go_through(
    callback: Any, run: FrozenRun, monitored: Sequence[float], epochs: range = range(EPOCHS)
) -> list[list[Any]]:
    """Tell of all events of some epochs of a run; give what the end of each was answered."""
    answers = []
    now = replace(run, epoch=epochs.start, step=epochs.start * STEPS)
    hear(callback, now, "run_start")
    for epoch in epochs:
        values = {"train/loss": 0.5, "train/lr": 1e-3, "train/images_per_s": 9.0}
        now = replace(run, epoch=epoch, step=epoch * STEPS)
        hear(callback, now, "epoch_start")
        for step in range(STEPS):
            now = replace(now, step=epoch * STEPS + step + 1, values=MappingProxyType(values))
            hear(callback, now, "step_end")
        hear(callback, now, "validation_start")
        values = values | {"val/loss": 0.6, run.monitor: monitored[epoch]}
        now = replace(now, values=MappingProxyType(values))
        hear(callback, now, "validation_end")
        answers.append(hear(callback, now, "epoch_end"))
    hear(callback, replace(now, stopped="all steps are done"), "run_end")
    return answers


def through_a_file(state: Any) -> Any:
    """What comes back from a checkpoint, which holds plain data and tensors only."""
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def test_its_methods_are_events_of_a_run(subject: Subject) -> None:
    manager, callback = pluggy.PluginManager(PROJECT), subject()
    manager.add_hookspecs(RunHooks)
    manager.register(callback)
    manager.check_pending()
    assert manager.get_hookcallers(callback), "it hears no event: mark a method with segkit.hooks.hookimpl"


@pytest.mark.parametrize("monitored", MONITORED.values(), ids=MONITORED)
@pytest.mark.parametrize("higher", [True, False], ids=["higher", "lower"])
def test_it_hears_a_whole_run(subject: Subject, tmp_path: Path, monitored: Sequence[float], higher: bool) -> None:
    answers = go_through(subject(), FrozenRun(tmp_path, higher_is_better=higher), monitored)
    assert all(isinstance(reason, str) for reasons in answers for reason in reasons)


def test_it_bears_a_run_that_fails_at_once(subject: Subject, tmp_path: Path) -> None:
    callback, run = subject(), FrozenRun(tmp_path)
    hear(callback, run, "run_start")
    hear(callback, replace(run, stopped="diverged"), "run_end")


def test_it_bears_epochs_without_the_monitored_value(subject: Subject, tmp_path: Path) -> None:
    callback, run = subject(), FrozenRun(tmp_path, step=STEPS, values=MappingProxyType({"train/loss": 0.5}))
    for event in EVENTS:
        hear(callback, run, event)


def test_it_says_nothing_on_standard_output(
    subject: Subject, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    go_through(subject(), FrozenRun(tmp_path), MONITORED["now and then"])
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("monitored", [MONITORED["worse and worse"], MONITORED["now and then"]], ids=["worse", "gaps"])
@pytest.mark.parametrize("done", [1, 3])
def test_its_state_goes_on_as_if_never_interrupted(
    subject: Subject, tmp_path: Path, monitored: Sequence[float], done: int
) -> None:
    run, whole, begun, resumed = FrozenRun(tmp_path), subject(), subject(), subject()
    if not hasattr(whole, "state_dict"):
        return
    expected = go_through(whole, run, monitored)
    go_through(begun, run, monitored, range(done))
    resumed.load_state_dict(through_a_file(begun.state_dict()))
    assert go_through(resumed, run, monitored, range(done, EPOCHS)) == expected[done:]
    assert repr(resumed.state_dict()) == repr(whole.state_dict())

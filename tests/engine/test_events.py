"""What callbacks and loggers hear, in which order, and what they can see."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from segkit.api import resume
from segkit.engine.checkpoint import LAST, load_checkpoint
from segkit.errors import RunInterruptedError
from segkit.hooks import hookimpl
from segkit.kinds import Run

HOOKS = ("run_start", "epoch_start", "step_end", "validation_start", "validation_end", "epoch_end", "run_end")


def recorder(heard: list[Any], act: Any = None) -> type:
    """Make a callback class that keeps (event, epoch, step) of all it hears, and then acts."""

    def method(event: str) -> Any:
        def hear(self: Any, run: Run) -> None:
            heard.append((event, run.epoch, run.step))
            if act is not None:
                act(event, run)

        return hookimpl(hear)

    return type("Recorder", (), {event: method(event) for event in HOOKS})


def test_callbacks_hear_every_event_in_its_order(run: Any, plug: Any) -> None:
    heard: list[Any] = []
    run("run", f"callbacks=[{plug('callback', 'recorder', recorder(heard))}]", "train.epochs=2", "train.batch_size=7")
    assert heard == [
        ("run_start", 0, 0),
        ("epoch_start", 0, 0),
        ("step_end", 0, 1),
        ("step_end", 0, 2),
        ("validation_start", 0, 2),
        ("validation_end", 0, 2),
        ("epoch_end", 0, 2),
        ("epoch_start", 1, 2),
        ("step_end", 1, 3),
        ("step_end", 1, 4),
        ("validation_start", 1, 4),
        ("validation_end", 1, 4),
        ("epoch_end", 1, 4),
        ("run_end", 2, 4),
    ]


def test_a_run_of_steps_ends_inside_an_epoch_with_a_validation(run: Any, plug: Any) -> None:
    heard: list[Any] = []
    done = run("run", f"callbacks=[{plug('callback', 'recorder', recorder(heard))}]", "train.steps=5")
    assert [event for event in heard if event[0] == "epoch_end"] == [("epoch_end", 0, 4), ("epoch_end", 1, 5)]
    assert done.stopped == "all steps are done"


def test_a_resumed_run_hears_its_epoch_begin_again(run: Any, plug: Any, tmp_path: Path) -> None:
    heard: list[Any] = []

    def stop(event: str, run: Run) -> None:
        if (event, run.step, heard.count(("step_end", 1, 6))) == ("step_end", 6, 1):
            os.kill(os.getpid(), signal.SIGINT)

    name = plug("callback", "recorder", recorder(heard, stop))
    with pytest.raises(RunInterruptedError):
        run("run", f"callbacks=[{name}]", "train.epochs=2")
    assert heard[-2:] == [("step_end", 1, 6), ("run_end", 1, 6)]
    heard.clear()
    heard.append(("step_end", 1, 6))
    resume(tmp_path / "run")
    assert heard[1:5] == [("run_start", 1, 6), ("epoch_start", 1, 6), ("step_end", 1, 7), ("step_end", 1, 8)]


@pytest.mark.parametrize("event", ["run_start", "step_end", "epoch_end"])
def test_run_end_comes_once_also_when_something_fails(run: Any, plug: Any, event: str) -> None:
    heard: list[Any] = []

    def fail(heard_event: str, run: Run) -> None:
        if heard_event == event:
            raise RuntimeError("the callback's own fault")

    with pytest.raises(RuntimeError, match="the callback's own fault"):
        run("run", f"callbacks=[{plug('callback', 'recorder', recorder(heard, fail))}]")
    assert [e for e, _, _ in heard].count("run_end") == 1
    assert heard[-1][0] == "run_end"


def test_what_a_run_shows(run: Any, plug: Any, tmp_path: Path) -> None:
    seen: dict[str, dict[str, Any]] = {}

    def look(event: str, run: Run) -> None:
        assert isinstance(run, Run)
        seen[event] = {name: getattr(run, name) for name in ("epochs", "steps_per_epoch", "total_steps", "stopped")}
        seen[event]["values"] = set(run.values)
        seen[event]["left"] = run.time_left()
        if event == "epoch_end":
            images, masks = run.validation_frames(4)
            assert (images.shape, masks.shape) == ((4, 32, 64, 3), (4, 32, 64))
            assert run.validation_frames(100)[0].shape[0] == 6
            before = run.model.training
            classes = run.predict(images)
            assert (classes.shape, run.model.training) == ((4, 32, 64), before)
            assert classes.dtype == np.uint8
            assert set(np.unique(classes)) <= {0, 1}
            run.save_weights(run.dir / "mine.safetensors")
            saved = load_file(run.dir / "mine.safetensors")
            assert all(torch.equal(value, saved[name]) for name, value in run.model.state_dict().items())
            assert (run.dir, run.classes, run.monitor) == (tmp_path / "run", ("sky", "sea"), "val/iou_mean")
            assert run.higher_is_better

    run("run", f"callbacks=[{plug('callback', 'recorder', recorder([], look))}]", "train.steps=6")
    common = {"epochs": 2, "steps_per_epoch": 4, "total_steps": 6}
    assert all(shown.items() >= common.items() for shown in seen.values())
    train = {"train/loss", "train/lr", "train/images_per_s"}
    metrics = {"val/loss", "val/iou_mean", "val/iou_sky", "val/iou_sea", "val/accuracy"}
    assert seen["run_start"]["values"] == set()
    assert np.isnan(seen["run_start"]["left"])
    assert seen["epoch_end"]["values"] == train | metrics
    assert seen["epoch_end"]["left"] == 0
    assert [seen[event]["stopped"] for event in ("epoch_end", "run_end")] == ["", "all steps are done"]


def test_what_a_callback_does_with_the_values_changes_nothing(run: Any, plug: Any) -> None:
    def spoil(event: str, run: Run) -> None:
        run.values.clear()  # type: ignore[attr-defined]

    done = run("run", f"callbacks=[{plug('callback', 'recorder', recorder([], spoil))}]", "train.epochs=1")
    assert "val/iou_mean" in (done.folder / "metrics.csv").read_text().splitlines()[0]


def test_callbacks_hear_an_event_in_the_order_of_the_recipe(run: Any, plug: Any) -> None:
    heard: list[str] = []
    names = [
        plug("callback", name, recorder([], lambda e, r, name=name: heard.append(name))) for name in ("one", "two")
    ]
    run("run", f"callbacks=[{', '.join(names)}]", "train.steps=1")
    assert heard[:4] == ["one", "two", "one", "two"]


def test_the_state_of_a_callback_is_checkpointed_and_comes_back(run: Any, plug: Any, tmp_path: Path) -> None:
    made: list[Any] = []

    class Counter:
        def __init__(self) -> None:
            self.steps = 0
            made.append(self)

        @hookimpl
        def step_end(self, run: Run) -> None:
            self.steps += 1
            if run.step == 6 and len(made) == 1:
                os.kill(os.getpid(), signal.SIGINT)

        def state_dict(self) -> dict[str, Any]:
            return {"steps": self.steps}

        def load_state_dict(self, state: dict[str, Any]) -> None:
            self.steps = state["steps"]

    name = plug("callback", "counter", Counter)
    with pytest.raises(RunInterruptedError):
        run("run", f"callbacks=[{name}]")
    assert load_checkpoint(tmp_path / "run" / LAST)["callbacks"][name] == {"steps": 6}
    resume(tmp_path / "run")
    assert made[-1].steps == 12


class Memory:
    """A logger that keeps what it is told."""

    def __init__(self, run_dir: Path, told: list[Any]) -> None:
        self.run_dir, self.told = run_dir, told

    def log(self, values: Mapping[str, float], step: int) -> None:
        self.told.append((step, dict(values)))

    def resume(self, step: int) -> None:
        self.told.append(("resume", step))


def test_loggers_get_the_numbers_of_each_epoch_before_callbacks_hear_of_its_end(run: Any, plug: Any) -> None:
    told: list[Any] = []

    def make(run_dir: Path) -> Memory:
        return Memory(run_dir, told)

    def ended(event: str, run: Run) -> None:
        if event == "epoch_end":
            told.append("epoch_end")

    logger, callback = plug("logger", "memory", make), plug("callback", "recorder", recorder([], ended))
    run("run", f"loggers=[{logger}]", f"callbacks=[{callback}]", "train.epochs=2")
    assert [entry if isinstance(entry, str) else entry[0] for entry in told] == [4, "epoch_end", 8, "epoch_end"]
    assert [told[0][1]["epoch"], told[2][1]["epoch"]] == [1, 2]
    assert all(isinstance(value, (int, float)) for value in told[0][1].values())


@pytest.mark.parametrize(("event", "kept"), [("run_start", 0), ("step_end", 4)])
def test_loggers_are_told_which_epochs_are_kept_when_a_run_goes_on(
    run: Any, plug: Any, tmp_path: Path, event: str, kept: int
) -> None:
    told: list[Any] = []

    def crash(heard: str, run: Run) -> None:
        if heard == event and run.step in (0, 6) and not told.count("crashed"):
            told.append("crashed")
            raise RuntimeError("power cut")

    logger = plug("logger", "memory", lambda run_dir: Memory(run_dir, told))
    callback = plug("callback", "recorder", recorder([], crash))
    with pytest.raises(RuntimeError, match="power cut"):
        run("run", f"loggers=[{logger}]", f"callbacks=[{callback}]")
    resume(tmp_path / "run")
    after = told[told.index("crashed") + 1 :]
    assert after[0] == ("resume", kept)
    assert [step for step, _ in after[1:]] == [step for step in (4, 8, 12) if step > kept]


def test_patience_stops_a_run_and_says_why(run: Any) -> None:
    done = run("run", "train.patience=2", "train.epochs=50", "optimizer={use: sgd, lr: 0.0}")  # nothing can improve
    assert "early stopping" in done.stopped
    assert "epoch 1" in done.stopped
    rows = (done.folder / "metrics.csv").read_text().splitlines()
    assert len(rows) == 1 + 3  # the best one and two without improvement

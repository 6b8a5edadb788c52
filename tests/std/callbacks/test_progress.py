from __future__ import annotations

import io
import logging
import math
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from segkit.cli.main import Talk
from segkit_std.callbacks.progress import Progress

NUMBERS = {"train/loss": 0.25, "train/images_per_s": 31.44, "val/loss": 0.5, "val/iou_mean": 0.875}


@pytest.fixture(autouse=True)
def talk() -> Iterator[None]:
    """What is logged is said as the command line says it."""
    logger, handler = logging.getLogger("segkit"), Talk()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield
    logger.removeHandler(handler)
    logger.setLevel(level)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_says_the_steps_and_one_line_an_epoch_on_standard_error(
    run: Any, hooks: Callable[[object], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    hook = hooks(Progress())
    hook.run_start(run=run)
    run.values = {"train/loss": 0.25}
    for run.step in range(1, 89):
        hook.step_end(run=run)
    run.values = NUMBERS
    hook.epoch_end(run=run)
    hook.run_end(run=run)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "10 epochs: 88 steps an epoch, 880 in all",
        "epoch 1/10: loss 0.2500, val/loss 0.5000, val/iou_mean 0.8750, 31.4 images/s, 1:05 left",
    ]


def test_speaks_within_a_long_epoch(
    run: Any, hooks: Callable[[object], Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    hook = hooks(Progress(seconds=30))
    hook.run_start(run=run)
    spoke = []
    for run.step in range(1, 9):
        now += 10
        hook.step_end(run=run)
        spoke += [run.step] * ("step" in capsys.readouterr().err.replace("steps", ""))
    assert spoke == [3, 6]


def test_says_what_was_done_before_a_resume_and_why_it_stopped(
    run: Any, hooks: Callable[[object], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    run.step, run.stopped = 176, "early stopping: [reason]"
    hook = hooks(Progress())
    hook.run_start(run=run)
    hook.run_end(run=run)
    assert capsys.readouterr().err.splitlines() == [
        "10 epochs: 88 steps an epoch, 880 in all, 176 done",
        "early stopping: [reason]",
    ]


@pytest.mark.parametrize(("seconds", "shown"), [(3.4, "0:03 left"), (59.6, "1:00 left"), (3723, "1:02:03 left")])
def test_time_left_is_hours_minutes_seconds(
    run: Any, hooks: Callable[[object], Any], capsys: pytest.CaptureFixture[str], seconds: float, shown: str
) -> None:
    run.seconds_left = seconds
    hooks(Progress()).epoch_end(run=run)
    assert shown in capsys.readouterr().err


def test_leaves_out_what_is_not_known(
    run: Any, hooks: Callable[[object], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    run.values, run.seconds_left, run.monitor = {"val/loss": 2.0}, math.nan, "val/loss"
    hooks(Progress()).epoch_end(run=run)
    assert capsys.readouterr().err == "epoch 1/10: val/loss 2.0000\n"


def test_draws_a_bar_on_a_terminal_and_leaves_standard_output_alone(
    run: Any, hooks: Callable[[object], Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "140")
    hook = hooks(Progress())
    hook.run_start(run=run)
    sys.stdout.write("data\n")
    run.values, run.step, run.epoch = NUMBERS, 89, 1
    hook.step_end(run=run)
    hook.epoch_end(run=run)
    run.stopped = "stopped [because]"
    hook.run_end(run=run)
    shown = terminal.getvalue()
    assert capsys.readouterr().out == "data\n"
    assert "89/880" in shown
    assert "loss 0.2500, val/iou_mean 0.8750, 31.4 images/s, 1:05 left" in shown
    assert "epoch 2/10: loss 0.2500, val/loss 0.5000" in shown
    assert shown.endswith("stopped [because]\n")


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan])
def test_refuses_a_pause_that_is_not_positive(seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds must be positive"):
        Progress(seconds)

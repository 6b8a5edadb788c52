"""A run that was stopped and goes on ends with the bytes of a run that was never stopped."""

from __future__ import annotations

import csv
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

import segkit
from segkit.api import resume
from segkit.engine.checkpoint import LAST, load_checkpoint
from segkit.errors import RunInterruptedError, UserError
from segkit.hooks import hookimpl
from segkit.kinds import Run

TIMING = "train/images_per_s"
STEPS = 12  # of the tiny recipe: 3 epochs of 4, the last of an epoch with 2 images instead of 4
EVENTS = ("run_start", "epoch_start", "step_end", "validation_end", "epoch_end")


class Stopper:
    """Does something once, at an event and a step."""

    def __init__(self, event: str, step: int, act: Callable[[], object]) -> None:
        self._event, self._step, self._act = event, step, act

    def _hear(self, event: str, run: Run) -> None:
        if event == self._event and run.step == self._step:
            self._event = ""
            self._act()

    @hookimpl
    def run_start(self, run: Run) -> None:
        self._hear("run_start", run)

    @hookimpl
    def epoch_start(self, run: Run) -> None:
        self._hear("epoch_start", run)

    @hookimpl
    def step_end(self, run: Run) -> None:
        self._hear("step_end", run)

    @hookimpl
    def validation_end(self, run: Run) -> None:
        self._hear("validation_end", run)

    @hookimpl
    def epoch_end(self, run: Run) -> None:
        self._hear("epoch_end", run)


class CrashError(Exception):
    pass


def crash() -> None:
    raise CrashError


def interrupt(number: int = signal.SIGINT) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


def stopping(plug: Callable[..., str], event: str, step: int, act: Callable[[], object]) -> str:
    stopper = Stopper(event, step, act)  # one object, so that it acts once even when the run is resumed
    return f"callbacks=[{plug('callback', 'stopper', lambda: stopper)}]"


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def final_state(folder: Path) -> dict[str, Any]:
    return load_checkpoint(folder / LAST)


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open(newline="") as file:
        return [{name: cell for name, cell in row.items() if name != TIMING} for row in csv.DictReader(file)]


def assert_same_run(whole: Path, resumed: Path) -> None:
    """Compare the best weights, the last ones, and what was logged."""
    assert weights(resumed) == weights(whole)
    expected, got = final_state(whole), final_state(resumed)
    for state in (expected, got):
        state["callbacks"] = {k: v for k, v in state["callbacks"].items() if k == "best"}
        state["values"].pop(TIMING)
    assert_equal(expected, got)
    assert table(resumed) == table(whole)
    assert (resumed / "metrics.json").read_text() == (whole / "metrics.json").read_text()


def assert_equal(expected: Any, got: Any) -> None:
    if isinstance(expected, torch.Tensor):
        assert torch.equal(expected, got)
    elif isinstance(expected, Mapping):
        assert expected.keys() == got.keys()
        for key, value in expected.items():
            assert_equal(value, got[key])
    elif isinstance(expected, (list, tuple)):
        assert len(expected) == len(got)
        for one, other in zip(expected, got, strict=True):
            assert_equal(one, other)
    else:
        assert expected == got


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, _small_world: None) -> Callable[..., Path]:
    """``whole(*overrides)`` gives the folder of an uninterrupted run, made once."""
    made: dict[tuple[str, ...], Path] = {}

    def folder(recipe: Path, *overrides: str) -> Path:
        if overrides not in made:
            made[overrides] = tmp_path_factory.mktemp("whole") / "run"
            segkit.run(recipe, [f"run.dir={made[overrides]}", *overrides])
        return made[overrides]

    return folder


BF16 = ("train.precision=bf16", "train.epochs=2")
ACCUMULATE = ("train.accumulate=2", "train.batch_size=3", "train.clip_norm=0.5")  # steps of 6, 6 and 2 images


@pytest.mark.parametrize("overrides", [(), BF16, ACCUMULATE], ids=["fp32", "bf16", "accumulate"])
def test_a_run_interrupted_behind_every_step_ends_with_the_same_bytes(
    run: Any, plug: Any, whole: Any, recipe: Path, tmp_path: Path, overrides: tuple[str, ...]
) -> None:
    steps = final_state(whole(recipe, *overrides))["step"]
    with pytest.raises(RunInterruptedError, match=f"at step 1 of {steps}"):
        run("stopped", *overrides, stopping(plug, "step_end", 1, interrupt()))
    for step in range(2, steps + 1):
        stopping(plug, "step_end", step, interrupt())
        with pytest.raises(RunInterruptedError, match=f"at step {step} of {steps}"):
            resume(tmp_path / "stopped")
        assert final_state(tmp_path / "stopped")["step"] == step
    resume(tmp_path / "stopped")
    assert_same_run(whole(recipe, *overrides), tmp_path / "stopped")


@pytest.mark.parametrize("step", [2, 4, 10])
def test_a_run_interrupted_once_ends_with_the_same_bytes(
    run: Any, plug: Any, whole: Any, recipe: Path, tmp_path: Path, step: int
) -> None:
    with pytest.raises(RunInterruptedError):
        run("stopped", stopping(plug, "step_end", step, interrupt(signal.SIGTERM)))
    resume(tmp_path / "stopped")
    assert_same_run(whole(recipe), tmp_path / "stopped")


@pytest.mark.parametrize(
    ("event", "step"),
    [("epoch_start", 0), ("epoch_start", 4), ("validation_end", 8), ("epoch_end", 4), ("epoch_end", 12)],
)
def test_it_does_not_matter_during_which_event_the_signal_comes(
    run: Any, plug: Any, whole: Any, recipe: Path, tmp_path: Path, event: str, step: int
) -> None:
    with pytest.raises(RunInterruptedError):
        run("stopped", stopping(plug, event, step, interrupt()))
    resume(tmp_path / "stopped")
    assert_same_run(whole(recipe), tmp_path / "stopped")


@pytest.mark.parametrize(
    ("event", "step", "every"),
    [
        ("run_start", 0, 3),  # nothing was saved yet
        ("step_end", 2, 3),
        ("step_end", 4, 4),  # in the middle of step_end: the checkpoint is older
        ("validation_end", 4, 4),  # the epoch's last step is saved, its validation is not
        ("epoch_end", 4, 2),  # the epoch is already logged
        ("epoch_end", 12, 4),
        ("step_end", 7, 5),
        ("epoch_start", 8, 100),
    ],
)
def test_a_run_that_crashed_goes_on_from_its_last_checkpoint(
    run: Any, plug: Any, whole: Any, recipe: Path, tmp_path: Path, event: str, step: int, every: int
) -> None:
    with pytest.raises(CrashError):
        run("crashed", f"train.checkpoint_every={every}", stopping(plug, event, step, crash))
    resume(tmp_path / "crashed")
    assert_same_run(whole(recipe), tmp_path / "crashed")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_command_line_says_how_to_go_on(
    cli: Any, plug: Any, whole: Any, recipe: Path, tmp_path: Path, number: int, code: int
) -> None:
    folder = tmp_path / "stopped"
    outcome = cli("run", recipe, f"run.dir={folder}", stopping(plug, "step_end", 6, interrupt(number)))
    assert outcome.code == code
    assert f"interrupted at step 6 of {STEPS}" in outcome.err
    assert f"segkit run --resume {folder}" in outcome.err
    assert "Traceback" not in outcome.err
    assert cli("run", "--resume", folder).code == 0
    assert_same_run(whole(recipe), folder)


def test_a_second_sigint_interrupts_at_once(cli: Any, plug: Any, recipe: Path, tmp_path: Path) -> None:
    def twice() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    outcome = cli("run", recipe, f"run.dir={tmp_path / 'stopped'}", stopping(plug, "step_end", 6, twice))
    assert outcome.code == 130
    assert "Traceback" not in outcome.err
    assert final_state(tmp_path / "stopped")["step"] == 4  # that of the last whole epoch
    assert signal.getsignal(signal.SIGINT) is before


def test_resuming_a_finished_run_only_tests_again(run: Any, plug: Any, tmp_path: Path) -> None:
    heard: list[str] = []
    stopper = stopping(plug, "step_end", -1, crash)
    done = run("done", stopper)
    before = {name: (done.folder / name).read_bytes() for name in ("model.safetensors", "metrics.csv", str(LAST))}
    (done.folder / "metrics.json").unlink()
    plug("callback", "stopper", lambda: Stopper("step_end", STEPS, lambda: heard.append("step")))
    again = resume(done.folder)
    assert again == done
    assert heard == []
    assert (done.folder / "metrics.json").is_file()
    assert before == {name: (done.folder / name).read_bytes() for name in before}


def test_a_run_that_a_callback_stopped_stays_stopped(run: Any, plug: Any, tmp_path: Path) -> None:
    class Enough:
        @hookimpl
        def epoch_end(self, run: Run) -> str | None:
            return "it is enough" if run.epoch == 1 else None

    done = run("done", f"callbacks=[{plug('callback', 'enough', Enough)}]")
    assert done.stopped == "it is enough"
    assert final_state(done.folder)["step"] == 8
    assert resume(done.folder) == done
    assert final_state(done.folder)["step"] == 8


def test_equal_runs_give_equal_bytes_and_another_seed_other_ones(run: Any, whole: Any, recipe: Path) -> None:
    first = whole(recipe)
    assert_same_run(first, run("again").folder)
    assert weights(first) != weights(run("other", "seed=1").folder)


def test_what_is_no_run_folder_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no run folder"):
        resume(tmp_path)


def test_resume_goes_on_writing_the_log(run: Any, plug: Any, tmp_path: Path) -> None:
    with pytest.raises(RunInterruptedError):
        run("stopped", stopping(plug, "step_end", 3, interrupt()))
    resume(tmp_path / "stopped")
    log = (tmp_path / "stopped" / "log.txt").read_text()
    assert log.count("14 training images, 4 a step, fp32") == 2
    assert "resumed at step 3" in log

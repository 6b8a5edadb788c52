"""What every logger promises (``segkit.kinds.Logger``)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from segkit.testing.subject import Subject

EPOCH = {"epoch": 1, "train/loss": 0.25, "train/lr": 1e-3, "val/loss": 0.5, "val/iou_mean": 0.9}


@pytest.fixture
def run_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run's folder; where the process works is another one, in which nothing may appear."""
    for name in ("run", "elsewhere"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path / "run"


def logged(subject: Subject, run_dir: Path, steps: range, resume: int | None = None) -> Any:
    """A logger that was told of the epochs that end at these steps."""
    logger = subject(run_dir=run_dir)
    if resume is not None:
        logger.resume(resume)
    for step in steps:
        logger.log({**EPOCH, "epoch": step // 10, "train/loss": 1 / step}, step)
    return logger


def outside(run_dir: Path) -> list[Path]:
    """What lies beside the run's folder."""
    return [path for path in run_dir.parent.rglob("*") if run_dir not in (path, *path.parents) and not path.is_dir()]


def test_it_logs_epoch_after_epoch(subject: Subject, run_dir: Path) -> None:
    logged(subject, run_dir, range(10, 40, 10))
    assert outside(run_dir) == []


def test_it_goes_on_from_the_step_of_a_checkpoint(subject: Subject, run_dir: Path) -> None:
    logged(subject, run_dir, range(10, 40, 10))
    logged(subject, run_dir, range(30, 60, 10), resume=20)
    assert outside(run_dir) == []


@pytest.mark.parametrize("step", [0, 20])
def test_it_can_resume_where_nothing_was_logged(subject: Subject, run_dir: Path, step: int) -> None:
    logged(subject, run_dir, range(30, 50, 10), resume=step)


def test_names_may_come_and_go(subject: Subject, run_dir: Path) -> None:
    logger = logged(subject, run_dir, range(10, 20, 10))
    logger.log({"epoch": 2, "train/loss": 0.2, "val/iou_open sea, far": 0.5}, 20)
    logger.log({"epoch": 3}, 30)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 0.0, 1e-300, 3])
def test_any_number_can_be_logged(subject: Subject, run_dir: Path, value: float) -> None:
    logged(subject, run_dir, range(0)).log({**EPOCH, "val/loss": value}, 10)


def test_it_leaves_the_values_as_they_are(subject: Subject, run_dir: Path) -> None:
    values = dict(EPOCH)
    logged(subject, run_dir, range(0)).log(values, 10)
    assert values == EPOCH


def test_it_says_nothing_on_standard_output(subject: Subject, run_dir: Path, capfd: pytest.CaptureFixture[str]) -> None:
    logged(subject, run_dir, range(10, 40, 10))
    assert capfd.readouterr().out == ""

"""Tell how far the run is, on standard error."""

from __future__ import annotations

import logging
import math
import sys
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from segkit.hooks import hookimpl
from segkit.kinds import Run

_log = logging.getLogger("segkit")


class Progress:
    """One bar over all steps on a terminal; elsewhere one line an epoch, and others while an epoch takes long.

    Both tell loss, monitored value, images per second and time left, all on standard error.

    Args:
        seconds: How long no line may come where there is no terminal.

    Raises:
        ValueError: When it is not positive.
    """

    def __init__(self, seconds: float = 30.0) -> None:
        if not seconds > 0:
            raise ValueError(f"seconds must be positive, not {seconds}: give such as 30")
        self.seconds = seconds
        self._bar: Bar | None = None
        self._said = 0.0

    @hookimpl
    def run_start(self, run: Run) -> None:
        """Say how many steps there are, and begin the bar."""
        console = Console(stderr=True)
        if sys.stderr.isatty() and not console.is_dumb_terminal:
            # Left alone, rich sends what others print to standard output to the bar's console: standard error.
            self._bar = Bar(*_columns(), console=console, redirect_stdout=False)
            self._bar.add_task(_epoch(run), total=run.total_steps, completed=run.step, numbers="")
            self._bar.start()
        done = f", {run.step} done" if run.step else ""
        epochs = f"{run.epochs} epoch{'s' if run.epochs > 1 else ''}"
        self._say(f"{epochs}: {run.steps_per_epoch} steps an epoch, {run.total_steps} in all{done}")

    @hookimpl
    def step_end(self, run: Run) -> None:
        """Move the bar on; without one, say where the run is when nothing was said for long."""
        numbers = _numbers(run, "train/loss", run.monitor)
        if self._bar is not None:
            task = self._bar.task_ids[0]
            self._bar.update(task, completed=run.step, description=_epoch(run), numbers=numbers)
        elif time.monotonic() - self._said >= self.seconds:
            self._say(f"{_epoch(run)}, step {run.step}/{run.total_steps}: {numbers}")

    @hookimpl
    def epoch_end(self, run: Run) -> None:
        """Say the epoch's numbers, on a line that stays."""
        self._say(f"{_epoch(run)}: {_numbers(run, 'train/loss', 'val/loss', run.monitor)}")

    @hookimpl
    def run_end(self, run: Run) -> None:
        """End the bar and say why, when the run did not end by itself."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        if run.stopped:
            self._say(run.stopped)

    def _say(self, text: str) -> None:
        self._said = time.monotonic()
        _log.info("%s", text)


def _columns() -> list[TextColumn | BarColumn | MofNCompleteColumn]:
    plain = TextColumn("{task.description}", markup=False)
    return [plain, BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[numbers]}", markup=False)]


def _epoch(run: Run) -> str:
    return f"epoch {run.epoch + 1}/{run.epochs}"


def _numbers(run: Run, *names: str) -> str:
    """Give the named values, pace and time left; what is not known yet is left out."""
    known = [name for name in dict.fromkeys(names) if name in run.values]
    parts = [f"{name.removeprefix('train/')} {run.values[name]:.4f}" for name in known]
    if "train/images_per_s" in run.values:
        parts.append(f"{run.values['train/images_per_s']:.1f} images/s")
    left = run.time_left()
    if math.isfinite(left):
        parts.append(f"{_duration(left)} left")
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    """Give a time as 1:02:03 or 2:03."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"

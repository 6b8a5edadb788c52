"""How far a prediction is, on standard error: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import logging
import sys
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

_SECONDS = 10.0  # between lines
_log = logging.getLogger("segkit")


class Progress:
    """Counts frames and tells how many a second there are.

    Args:
        total: How many there will be; None when that is not known.
    """

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._done = 0
        self._begun = self._said = time.monotonic()
        self._bar: Bar | None = None

    def __enter__(self) -> Progress:
        console = Console(stderr=True)
        if sys.stderr.isatty() and not console.is_dumb_terminal:
            text = TextColumn("{task.description}", markup=False)
            columns = (BarColumn(), MofNCompleteColumn(), text, TimeRemainingColumn())
            self._bar = Bar(*columns, console=console, redirect_stdout=False, transient=True)
            self._bar.add_task("", total=self._total)
            self._bar.start()
        self._begun = self._said = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    @property
    def pace(self) -> float:
        """Frames a second since the beginning."""
        return self._done / max(time.monotonic() - self._begun, 1e-9)

    def advance(self) -> None:
        """Count one frame."""
        self._done += 1
        now = time.monotonic()
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], advance=1, description=f"{self.pace:.1f} images/s")
        elif now - self._said >= _SECONDS:
            self._said = now
            of = "" if self._total is None else f" of {self._total}"
            _log.info("%d%s frames, %.1f images/s", self._done, of, self.pace)

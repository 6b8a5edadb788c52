"""A bar on standard error while the frames of a data set are read for the first time, where that is a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def reading_bar() -> Iterator[None]:
    """Draw a bar for every data set that is read meanwhile; elsewhere than on a terminal the log tells it."""
    if not sys.stderr.isatty():
        yield
        return
    from segkit.engine.reading import watching

    bar = _Bar()
    with watching(bar):
        try:
            yield
        finally:
            bar.stop()


class _Bar:
    """One bar at a time."""

    def __init__(self) -> None:
        self._bar: Any = None

    def __call__(self, what: str, done: int, total: int) -> None:
        """Move the bar on; the first frame begins it and the last one ends it."""
        if self._bar is None:
            self._start(what, total)
        self._bar.update(self._bar.task_ids[0], completed=done)
        if done == total:
            self.stop()

    def _start(self, what: str, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        text = TextColumn("{task.description}", markup=False)
        columns = (text, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=Console(stderr=True), redirect_stdout=False, transient=True)
        self._bar.add_task(f"reading {what}", total=total)
        self._bar.start()

    def stop(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

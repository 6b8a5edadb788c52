"""How far the reading of a data set is: told to whoever watches, else in a line of the log now and then."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar

Watch = Callable[[str, int, int], None]
"""Called with the name of what is read, the number of frames that are, and of those there will be."""

_SECONDS = 10.0  # between lines; a data set that is read faster needs none
_watch: ContextVar[Watch | None] = ContextVar("segkit_watch", default=None)
_log = logging.getLogger("segkit")


@contextlib.contextmanager
def watching(watch: Watch) -> Iterator[None]:
    """Tell ``watch`` of every frame that is read meanwhile, and the log of none."""
    token = _watch.set(watch)
    try:
        yield
    finally:
        _watch.reset(token)


class Reading:
    """The reading of one split; called with the number of frames that are read.

    Args:
        what: The name of the split.
        total: How many frames it has.
    """

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total = what, total
        self._begun = self._said = time.monotonic()

    def __call__(self, done: int) -> None:
        """Tell that ``done`` frames are read."""
        watch, now = _watch.get(), time.monotonic()
        if watch is not None:
            watch(self._what, done, self._total)
        elif now - self._said >= _SECONDS and done < self._total:
            self._said, pace = now, done / (now - self._begun)
            left = (self._total - done) / pace
            _log.info("%s: %d of %d frames read, %.0f a second, %.0f s left", self._what, done, self._total, pace, left)


def tell_skipped(what: str, faults: Sequence[str]) -> None:
    """Warn of the frames that were left out; ``what`` is the name of the split."""
    if faults:
        _log.warning("%s: %d frames skipped:\n%s", what, len(faults), "\n".join(faults))

"""Many things done at once, and taken one after the other."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_MOST_WORKERS = 16
_AHEAD = 2  # results a worker that wait to be taken: what is in memory at once


def workers() -> int:
    """Give the number of processors that this process may use, within reason."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, _MOST_WORKERS)


def in_order(function: Callable[[T], R], items: Iterable[T]) -> Generator[R]:
    """Call a function on every item in several threads; give the results, or raise what was raised, in their order.

    Threads, for decoding a file and resizing it leave Python's lock to others most of the time: two of them read JPEG
    files as fast as two processes, without the seconds that a process takes to import torch, and they share an object
    that cannot be pickled.
    """
    left = iter(items)
    waiting: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(workers(), "segkit-frames")
    try:
        waiting += (pool.submit(function, item) for item in islice(left, _AHEAD * workers()))
        while waiting:
            result = waiting.popleft().result()
            waiting += (pool.submit(function, item) for item in islice(left, 1))
            yield result
    finally:
        pool.shutdown(cancel_futures=True)

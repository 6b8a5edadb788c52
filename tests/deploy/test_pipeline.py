"""Frames on their way: read ahead, in order, in batches that fit."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from segkit.deploy.inputs import Source
from segkit.deploy.pipeline import MOST_PIXELS, Frame, ahead, batches


def frame(height: int, width: int) -> Frame:
    return Frame(Source("a.png", Path("a.png")), image=np.broadcast_to(np.zeros(1, np.uint8), (height, width, 3)))


def test_batches_are_full_and_smaller_where_frames_are_large() -> None:
    side = 1 << 11  # four such are the most
    assert side * side * 4 == MOST_PIXELS
    small = [frame(8, 8) for _ in range(7)]
    assert [len(batch) for batch in batches(small, 3)] == [3, 3, 1]
    assert [len(batch) for batch in batches([frame(side, side)] * 9, 8)] == [4, 4, 1]
    assert [len(batch) for batch in batches([frame(4 * side, 4 * side)] * 2, 8)] == [1, 1]
    assert list(batches([], 8)) == []


def test_what_is_read_ahead_comes_in_order_and_no_further_than_asked() -> None:
    begun: list[int] = []

    def items() -> Iterator[int]:
        for n in range(50):
            begun.append(n)
            yield n

    taken = []
    for item in ahead(items(), 2):
        time.sleep(0.001)
        assert len(begun) <= item + 1 + 2 + 1  # what was taken, what waits, and what is being made
        taken.append(item)
    assert taken == begun == [*range(50)]


def test_an_error_comes_in_its_turn() -> None:
    def items() -> Iterator[int]:
        yield from range(3)
        raise OSError("the disk is gone")

    read = ahead(items(), 4)
    assert [next(read) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(OSError, match="the disk is gone"):
        next(read)


def test_leaving_early_ends_the_thread_and_lets_the_items_be_closed() -> None:
    closed = threading.Event()

    def items() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    source = items()
    reading = ahead(source, 2)
    assert next(reading) == 1
    reading.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("segkit-ahead")]
    source.close()  # type: ignore[attr-defined]
    assert closed.is_set()

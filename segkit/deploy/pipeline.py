"""Frames on their way through a prediction: read ahead, in batches, while others are looked at and written."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from typing import Any, Literal, TypeVar

import numpy as np

from segkit.deploy.films import FilmReader
from segkit.deploy.inputs import Source
from segkit.engine.in_order import in_order
from segkit.errors import DataError
from segkit.images import read_image

T = TypeVar("T")

MOST_PIXELS = 1 << 24  # in a batch of more than one: what is in memory at once


@dataclass(frozen=True, eq=False)
class Frame:
    """A frame, or what is told in its place.

    Attributes:
        source: The image, film or camera that it comes from.
        number: Its number in a film or camera; None of an image.
        time: Seconds from the beginning of the film or camera; None of an image.
        image: (H, W, C) uint8 or uint16; None where there is none, or where it is needed no more.
        error: Why there is no frame.
        is_end: Whether there is none because the film is read to its end.
        fps: How many frames a second are read of the film or camera.
    """

    source: Source
    number: int | None = None
    time: float | None = None
    image: np.ndarray | None = None
    error: DataError | None = None
    is_end: bool = False
    fps: float = 0.0

    @property
    def meta(self) -> Mapping[str, Any]:
        """What a postprocess is told of it."""
        known = {"file": self.source.file, "frame": self.number, "time": self.time}
        return {key: value for key, value in known.items() if value is not None}


def read_frames(sources: Iterable[Source], starts: Mapping[str, int], every: int = 1) -> Generator[Frame]:
    """Read images, several at once, and films, frame by frame, in their order.

    Args:
        sources: What to read.
        starts: The number of the first frame that is wanted of a film, by its file; 0 where it is not named.
        every: Of a film only the frames whose number it divides.

    Returns:
        The frames; an error in place of one that cannot be read; at the end of a whole film a frame that says so.
    """
    for film, group in groupby(sources, key=lambda source: source.film):
        if not film:
            with closing(in_order(_read_image, group)) as images:
                yield from images
        else:
            for source in group:
                yield from _read_film(source, starts.get(source.file, 0), every)


def _read_image(source: Source) -> Frame:
    try:
        return Frame(source, image=read_image(source.path))
    except DataError as error:
        return Frame(source, error=error)


def _read_film(source: Source, start: int, every: int) -> Iterator[Frame]:
    number = None
    try:
        with closing(FilmReader(source)) as film:
            for number, time, image in film.frames(start, every):
                yield Frame(source, number, time, image, fps=film.fps / every)
        yield Frame(source, is_end=True)
    except DataError as error:
        yield Frame(source, None if number is None else number + 1, error=error)


def batches(frames: Iterable[Frame], most: int) -> Generator[list[Frame]]:
    """Put neighbors together, at most so many, and fewer where they are large."""
    batch: list[Frame] = []
    pixels = 0
    for frame in frames:
        area = 0 if frame.image is None else frame.image.shape[0] * frame.image.shape[1]
        if batch and (len(batch) == most or pixels + area > MOST_PIXELS):
            yield batch
            batch, pixels = [], 0
        batch.append(frame)
        pixels += area
    if batch:
        yield batch


class _End(Enum):
    END = 0


def ahead(items: Iterable[T], most: int) -> Generator[T]:
    """Iterate in a thread of its own, at most so many items ahead; what is raised there is raised here, in its turn.

    When this is closed, the thread ends with the item that it is at; ``items`` may be closed from then on.
    """
    left = iter(items)
    pool = ThreadPoolExecutor(1, "segkit-ahead")
    waiting: deque[Future[T | Literal[_End.END]]] = deque()
    try:
        waiting += (pool.submit(next, left, _End.END) for _ in range(most))
        while (item := waiting.popleft().result()) is not _End.END:
            waiting.append(pool.submit(next, left, _End.END))
            yield item
    finally:
        pool.shutdown(cancel_futures=True)

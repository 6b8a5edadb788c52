"""What is written in the order of the frames: the table, annotated films, and which films are finished."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from types import TracebackType

import numpy as np

from segkit.deploy.film_writer import FilmWriter
from segkit.deploy.inputs import Source
from segkit.deploy.outputs import Outputs
from segkit.deploy.pipeline import Frame
from segkit.deploy.predictor import Prediction
from segkit.deploy.progress import Progress
from segkit.deploy.record import Record
from segkit.deploy.tables import Table

_log = logging.getLogger("segkit")


class Scribe:
    """Takes frames one after the other, when their own files are written.

    Args:
        table: Gets a row a frame.
        record: Is told of films that are finished.
        outputs: Says where films are written.
        progress: Counts the frames.

    Attributes:
        done: How many frames were looked at.
        failed: How many images, and films, could not be read, or not to their end.
    """

    def __init__(self, table: Table, record: Record, outputs: Outputs, progress: Progress) -> None:
        self._table, self._record, self._outputs, self._progress = table, record, outputs, progress
        self._film: FilmWriter | None = None
        self._films = ExitStack()
        self.done = self.failed = 0

    def __enter__(self) -> Scribe:
        return self

    def take(self, frame: Frame, prediction: Prediction | None, picture: np.ndarray | None) -> None:
        """Write down a frame, that one could not be read, or that a film is at its end.

        Args:
            frame: What was read.
            prediction: What is said of it; None where there is no frame.
            picture: What goes into the film, (H, W, 3) uint8; None where none is wanted.
        """
        if picture is not None:
            self._film_of(frame).write(picture)
        if prediction is not None:
            self._table.append(frame.source.file, frame.number, prediction.row)
            self.done += 1
            self._progress.advance()
        elif frame.error is not None:
            _log.error("%s", frame.error)
            self._close_film()
            self._table.append_error(frame.source.file, frame.number)
            self.failed += 1
        elif frame.is_end:
            self._close_film()
            self._record.finish(frame.source.file)

    def interrupt(self, source: Source) -> None:
        """Keep the film of a camera, which has no other end; that of a film is begun anew by the next call."""
        if source.camera is not None:
            self._close_film()

    def _film_of(self, frame: Frame) -> FilmWriter:
        if self._film is None:
            self._film = self._films.enter_context(FilmWriter(self._outputs.film_of(frame.source), frame.fps))
        return self._film

    def _close_film(self) -> None:
        if self._film is not None:
            self._film.close()
            self._film = None
            self._films.close()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._films.close()

"""Frames through a predictor: read, looked at and written at the same time, and taken down in their order."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Any

import numpy as np

from segkit.deploy.outputs import Outputs
from segkit.deploy.pipeline import Frame, ahead, batches
from segkit.deploy.predictor import Prediction, Predictor
from segkit.deploy.scribe import Scribe
from segkit.deploy.tables import ANSWER
from segkit.engine.in_order import in_order
from segkit.engine.signals import Signals
from segkit.errors import RunInterruptedError

PLAIN_ROW: Mapping[str, Any] = {ANSWER: "done"}  # of a frame when there is no postprocess
_AHEAD = 2  # batches that are read while one is looked at
_NOTHING = np.empty(0, np.uint8)

Seen = tuple[Frame, Prediction | None]


def look_at(predictor: Predictor, frames: Generator[Frame], batch: int, outputs: Outputs, scribe: Scribe) -> None:
    """Read, look and write at the same time: each in threads of its own, a few batches ahead of the next.

    Args:
        predictor: Looks at frames, ``batch`` of them together.
        frames: What to look at; closed at the end.
        batch: How many frames at most; fewer where they are large.
        outputs: Writes the files of a frame.
        scribe: Takes the frames in their order.

    Raises:
        RunInterruptedError: When a signal came.
    """

    def write(seen: Seen) -> tuple[Frame, Prediction | None, np.ndarray | None]:
        frame, prediction = seen
        picture = None if prediction is None else outputs.write(frame, prediction)
        return replace(frame, image=None), prediction, picture

    with Signals() as signals, ExitStack() as stack:  # which closes the last stage first: none waits for one before it
        stack.enter_context(closing(frames))
        reading = stack.enter_context(closing(batches(frames, batch)))
        read = stack.enter_context(closing(ahead(reading, _AHEAD)))
        looking = stack.enter_context(closing(_see(predictor, read, outputs)))
        looked = stack.enter_context(closing(ahead(looking, 1)))
        written = stack.enter_context(closing(in_order(write, (seen for some in looked for seen in some))))
        for frame, prediction, picture in written:
            scribe.take(frame, prediction, picture)
            if signals.received:
                scribe.interrupt(frame.source)
                cause = f"interrupted after {scribe.done} frames, which are kept"
                raise RunInterruptedError(signals.received, cause, "the same command goes on")


def _see(predictor: Predictor, read: Iterator[list[Frame]], outputs: Outputs) -> Generator[list[Seen]]:
    """Look at batches; of a frame that only the table is made of, nothing else is kept."""
    for some in read:
        frames = [frame for frame in some if frame.image is not None]
        images = [frame.image for frame in frames if frame.image is not None]
        predictions = iter(predictor(images, [frame.meta for frame in frames]) if frames else ())
        looked: list[Seen] = []
        for frame in some:
            prediction = None if frame.image is None else next(predictions)
            if prediction is not None and predictor.postprocess is None:
                prediction = replace(prediction, row=PLAIN_ROW)
            if prediction is not None and not outputs.wanted.any_of(frame.source):
                prediction = replace(prediction, mask=_NOTHING, probabilities=_NOTHING)
                frame = replace(frame, image=None)
            looked.append((frame, prediction))
        yield looked

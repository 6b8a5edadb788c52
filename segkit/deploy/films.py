"""Films and cameras by OpenCV: frames with their numbers and times."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator

import cv2
import numpy as np

from segkit.deploy.inputs import Source
from segkit.errors import DataError, SegkitError, UserError
from segkit.images import named

_FPS = 25.0  # of a film that does not say
_MOST_FPS = 240.0  # more is a clock's rate, as some containers give, and no film's
_TOLERANCE = 0.02  # of the length that a container gives, which may be that of its sound


class FilmReader:
    """The frames of a film or a camera.

    Args:
        source: A film or a camera.

    Raises:
        DataError: When the film cannot be opened or holds no picture.
        UserError: When there is no such camera.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._live = source.camera is not None
        self._capture = cv2.VideoCapture()
        with contextlib.suppress(cv2.error, UnicodeError):  # told below: it is not open then
            if source.camera is not None:
                self._capture.open(source.camera, cv2.CAP_ANY)
            else:  # absolute, so that no name is taken for an address; no other backend, some count digits up in names
                self._capture.open(str(source.path.absolute()), cv2.CAP_FFMPEG)
        if not self._capture.isOpened():
            raise self._closed()

    @property
    def fps(self) -> float:
        """Frames a second."""
        told = self._capture.get(cv2.CAP_PROP_FPS)
        return told if 0 < told <= _MOST_FPS else _FPS

    @property
    def told(self) -> int | None:
        """How many frames the film says to hold; None when it does not, and of a camera."""
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        return int(count) if not self._live and 0 < count < math.inf else None

    def frames(self, start: int = 0, every: int = 1) -> Iterator[tuple[int, float, np.ndarray]]:
        """Give number, time in seconds and picture (H, W, 3) uint8, red first, of the frames from ``start`` on.

        Args:
            start: The number of the first that is wanted; a camera's frames are numbered from here.
            every: Of the others only those whose number it divides.

        Raises:
            DataError: When the film ends, or the camera, before it should; at the end of those that could be read.
        """
        number, last, begun = start if self._live else 0, 0.0, time.monotonic()
        while self._capture.grab():
            last = self._time(number, begun)
            if number >= start and number % every == 0:
                read, picture = self._capture.retrieve()
                if not read:
                    break
                yield number, last, cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
            number += 1
        self._check_end(number, last)

    def close(self) -> None:
        """Let go of the file or the camera."""
        self._capture.release()

    def _time(self, number: int, begun: float) -> float:
        if self._live:
            return time.monotonic() - begun
        told = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        return told if told > 0 or number == 0 else number / self.fps  # 0 where pictures carry no time

    def _closed(self) -> SegkitError:
        if self._source.camera is not None:
            cause = f"camera {self._source.camera} cannot be opened"
            return UserError(cause, "plug it in, let no other program use it, or name another number; 0 is the first")
        path = self._source.path
        if path.is_file() and path.stat().st_size == 0:
            return DataError(f"{named(path)}: the file is empty (0 bytes)", "replace the file, or leave it out")
        cause = f"{named(path)}: cannot be opened as a film"
        return DataError(cause, "replace the file, or leave it out; a recorder that is cut off may not finish one")

    def _check_end(self, number: int, last: float) -> None:
        if self._live:
            raise DataError(f"{self._source.file} gives no more frames", "look at its cable")
        path, told = self._source.path, self.told
        if number == 0:
            raise DataError(f"{named(path)}: no frame can be read", "replace the file, or leave it out")
        length = (told or 0) / self.fps
        # A container rounds its length, and a film of few frames a second shows its last one long.
        if length - last > max(1.0, 2 / self.fps, _TOLERANCE * length):
            cause = f"{named(path)}: breaks off after {number} frames ({last:.1f} s of {length:.1f} s)"
            raise DataError(cause, "what was read is kept; replace the file and predict again for the rest")

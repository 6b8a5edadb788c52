"""Frames of films by their number."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Final

import cv2
import numpy as np

from segkit.errors import DataError
from segkit.images import named

_WHOLE: Final = {b"MJPG", b"FFV1"}  # codecs of which every frame stands alone
_STEP: Final = 16  # frames ahead that are sooner decoded than sought
_KEPT: Final = 8  # decoders that stay open


def count_frames(film: Path) -> int:
    """Give the number of frames that a film says it has.

    Raises:
        DataError: When it cannot be opened, or says nothing of frames.
    """
    count = int(_open(film).get(cv2.CAP_PROP_FRAME_COUNT))
    if count < 1:
        raise DataError(f"{named(film)}: says that it has {count} frames", "replace the film, or leave it out")
    return count


class FilmFrames:
    """Reads frames of films by number, counted from 0 at a film's beginning.

    A frame is the same in whatever order frames are asked for, by several threads at once too. Frames in their order
    cost least. Another order is quick where every frame of a film stands alone (Motion JPEG); other films are decoded
    from the beginning to go back, for where seeking leads in them depends on how they were encoded.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._idle = list[_Decoder]()  # the one used last stands last

    def read(self, film: Path, number: int) -> np.ndarray:
        """Give a frame, (H, W, 3) uint8, red, green and blue; a new array each time.

        Raises:
            DataError: When it cannot be decoded.
        """
        decoder = self._take(film, number) or _Decoder(film)
        image = decoder.read(number)
        with self._lock:
            self._idle = [*self._idle, decoder][-_KEPT:]
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)

    def _take(self, film: Path, number: int) -> _Decoder | None:
        """Take the idle decoder of a film that stands nearest before a frame, or else any of it."""
        with self._lock:
            mine = [decoder for decoder in self._idle if decoder.film == film]
            if not mine:
                return None
            best = max(mine, key=lambda decoder: (decoder.next <= number, decoder.next))
            self._idle.remove(best)
            return best


class _Decoder:
    """A film that is open, at its frame ``next``; for one thread at a time."""

    def __init__(self, film: Path) -> None:
        self.film = film
        self._rewind()
        code = int(self._film.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little", signed=True)
        self._whole = code.upper() in _WHOLE
        self._rate = self._film.get(cv2.CAP_PROP_FPS)

    def read(self, number: int) -> np.ndarray:
        near = self.next <= number <= self.next + _STEP
        image = self._step(number) if near or not self._whole else None
        if self._whole and (image is None or self._shown() != number):
            image = self._seek(number)
        if image is None:
            cause = f"{named(self.film)}: frame {number} cannot be decoded"
            raise DataError(cause, "replace the film, or leave it out")
        self.next = number + 1
        return image

    def _step(self, number: int) -> np.ndarray | None:
        if number < self.next:
            self._rewind()
        for _ in range(number - self.next):
            self._film.grab()
        return self._film.read()[1]

    def _seek(self, number: int) -> np.ndarray | None:
        self._film.set(cv2.CAP_PROP_POS_FRAMES, number)
        image = self._film.read()[1]
        # Behind a damaged frame, seeking leads to an earlier one.
        while image is not None and self._shown() < number:
            image = self._film.read()[1]
        return image if image is not None and self._shown() == number else None

    def _shown(self) -> int:
        """Give the number of the frame decoded last, by its time."""
        return round(self._film.get(cv2.CAP_PROP_POS_MSEC) * self._rate / 1000)

    def _rewind(self) -> None:
        self._film, self.next = _open(self.film), 0


def _open(film: Path) -> cv2.VideoCapture:
    # By FFmpeg alone, so that frames do not hang on what else OpenCV was built with; in one thread, for several threads
    # ask for frames.
    capture = cv2.VideoCapture(str(film), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    if not capture.isOpened():
        raise DataError(f"{named(film)}: cannot be opened as a film", "replace the film, or leave it out")
    return capture

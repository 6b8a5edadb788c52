"""A film by OpenCV, of pictures that come one after the other."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from segkit.errors import SegkitError
from segkit.images import named


class FilmWriter:
    """An MPEG-4 film, written beside its place and renamed when it is closed; thrown away when that is not reached.

    A film's height and width are even: an odd row or column at its end is left out.

    Args:
        path: Ends in .mp4.
        fps: Frames a second.
    """

    def __init__(self, path: Path, fps: float) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._fps = path, fps
        self._work = path.with_name(f".{path.stem}.part{path.suffix}")  # the suffix says which container is written
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)

    def __enter__(self) -> FilmWriter:
        return self

    def write(self, picture: np.ndarray) -> None:
        """Append a picture (H, W, 3) uint8, red first; one of another size is brought to that of the first.

        Raises:
            SegkitError: When no film can be written.
        """
        if self._writer is None:
            self._size = (picture.shape[1], picture.shape[0])
            code = cv2.VideoWriter.fourcc(*"mp4v")
            self._writer = cv2.VideoWriter(str(self._work.absolute()), cv2.CAP_FFMPEG, code, self._fps, self._size)
            if not self._writer.isOpened():
                cause = f"{named(self._path)}: no film of {self._size[0]} x {self._size[1]} pixels can be written there"
                raise SegkitError(cause, "look whether the disk is full, or leave --film out")
        if picture.shape[1::-1] != self._size:
            picture = cv2.resize(picture, self._size, interpolation=cv2.INTER_AREA)
        self._writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))

    def close(self) -> None:
        """Finish the film, if anything was written, and put it into its place."""
        if self._writer is not None:
            self._writer.release()
            self._writer = None
            self._work.replace(self._path)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._writer is not None:
            self._writer.release()
        self._work.unlink(missing_ok=True)

"""The files that are made of frames: masks, overlays, probabilities, and the picture that goes into a film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from segkit.deploy.inputs import Source
from segkit.deploy.overlay import overlay, palette
from segkit.deploy.pipeline import Frame
from segkit.deploy.predictor import Prediction
from segkit.engine.checkpoint import whole_file
from segkit.errors import SegkitError
from segkit.images import named
from segkit.kinds import Postprocess

_QUALITY = 90  # of JPEG


@dataclass(frozen=True)
class Wanted:
    """Which files are wanted beside the table.

    Attributes:
        masks: Class indices as masks/<stem>.png; None: of images only.
        overlays: Frames tinted by their classes and drawn into, as overlays/<stem>.jpg; None: of images only.
        probabilities: Of all classes, as probabilities/<stem>.npz.
        film: Of a film or camera the overlays as films/<stem>.mp4.

    Of frames of films and cameras they are <stem>/<frame>, six digits or more, instead of <stem>.
    """

    masks: bool | None = None
    overlays: bool | None = None
    probabilities: bool = False
    film: bool = False

    def any_of(self, source: Source) -> bool:
        """Whether any file is wanted of it."""
        asked = (self.masks, self.overlays, self.probabilities, self.film)
        return (
            any(asked) if source.film else self.masks is not False or self.overlays is not False or self.probabilities
        )


class Outputs:
    """Writes the files of one frame; several threads may call it at once.

    Args:
        out: The folder of predictions.
        wanted: Which files are wanted.
        classes: The number of classes.
        postprocess: What draws into overlays.
    """

    def __init__(self, out: Path, wanted: Wanted, classes: int, postprocess: Postprocess | None) -> None:
        self._out, self.wanted = out, wanted
        self._colors = palette(classes)
        self._postprocess = postprocess

    def film_of(self, source: Source) -> Path:
        """Give the place of a film's annotated film."""
        return self._out / "films" / f"{source.stem}.mp4"

    def write(self, frame: Frame, prediction: Prediction) -> np.ndarray | None:
        """Write the files of a frame; give its overlay (H, W, 3) uint8 where it belongs into a film.

        Raises:
            SegkitError: When a file cannot be written.
        """
        images = not frame.source.film
        if images if self.wanted.masks is None else self.wanted.masks:
            _encode(self._place("masks", frame, ".png"), prediction.mask)
        if self.wanted.probabilities:
            place = self._place("probabilities", frame, ".npz")
            with whole_file(place) as work, work.open("wb") as file:
                np.savez_compressed(file, probabilities=prediction.probabilities.astype(np.float16))
        to_file = images if self.wanted.overlays is None else self.wanted.overlays
        to_film = self.wanted.film and frame.source.film
        if not to_file and not to_film:
            return None
        picture = self._drawn(frame, prediction)
        if to_file:
            bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
            _encode(self._place("overlays", frame, ".jpg"), bgr, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
        return picture if to_film else None

    def _drawn(self, frame: Frame, prediction: Prediction) -> np.ndarray:
        assert frame.image is not None  # noqa: S101 - it is kept where an overlay is wanted
        picture = overlay(frame.image, prediction.mask, self._colors)
        return picture if self._postprocess is None else self._postprocess.draw(picture, prediction.row)

    def _place(self, part: str, frame: Frame, suffix: str) -> Path:
        number = "" if frame.number is None else f"/{frame.number:06}"
        return self._out / part / f"{frame.source.stem}{number}{suffix}"


def _encode(path: Path, pixels: np.ndarray, options: Sequence[int] = ()) -> None:
    try:
        done, data = cv2.imencode(path.suffix, pixels, options)
    except cv2.error as error:
        raise SegkitError(f"{named(path)}: cannot be encoded: {error}", "make the frame smaller") from error
    if not done:
        raise SegkitError(f"{named(path)}: a picture of {pixels.shape[1]} x {pixels.shape[0]} pixels cannot be encoded")
    with whole_file(path) as work:
        work.write_bytes(data.tobytes())

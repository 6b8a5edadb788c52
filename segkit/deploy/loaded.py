"""``segkit.load``: a trained model as a function of whatever a picture is held in."""

from __future__ import annotations

from typing import Any

from segkit.deploy.pictures import as_frames
from segkit.deploy.predictor import Prediction, Predictor

_BATCH = 8


class LoadedModel:
    """A trained model: one picture -> Prediction, several -> a list of them.

    Args:
        predictor: The model as a function of frames.

    Attributes:
        classes: Names of the classes, in index order.
        task: What they mean: "sea", "ground" or another word.
    """

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self.classes = tuple(predictor.card.classes)
        self.task = predictor.card.task

    def __call__(self, pictures: Any) -> Prediction | list[Prediction]:
        """Look at one picture or several.

        Args:
            pictures: As ``segkit.deploy.pictures.as_frames`` takes them: numpy, torch, PIL, paths; a list or a batch.

        Raises:
            UserError: When it is no picture.
            DataError: When the file of a path cannot be decoded.
        """
        frames, many = as_frames(pictures)
        batches = (frames[start : start + _BATCH] for start in range(0, len(frames), _BATCH))
        predictions = [one for batch in batches for one in self._predictor(batch)]
        return predictions if many else predictions[0]

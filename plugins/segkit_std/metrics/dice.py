"""The Dice coefficient."""

from __future__ import annotations

from typing import final

from torch import Tensor

from segkit_std.metrics._confusion import ClassPixels, ClassScores


@final
class Dice(ClassScores):
    """Dice coefficient (F1 score) of each class and their mean, over all valid pixels of the data set.

    Twice the pixels that are both true and predicted, over the true ones plus the predicted ones. A class that is
    neither true nor predicted anywhere has no Dice coefficient: it is NaN, and left out of the mean.

    Args:
        classes: Names of the classes, in index order.
    """

    def scores(self, pixels: ClassPixels) -> Tensor:
        """Give the Dice coefficient of each class."""
        return 2 * pixels.hits / (pixels.predicted + pixels.true)

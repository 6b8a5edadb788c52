"""Recall."""

from __future__ import annotations

from typing import final

from torch import Tensor

from segkit_std.metrics._confusion import ClassPixels, ClassScores


@final
class Recall(ClassScores):
    """Share of a class's true pixels that are predicted, and the mean over the classes, over the whole data set.

    A class that is predicted somewhere and never true scores 0. A class that is neither true nor predicted anywhere has
    no recall: it is NaN, and left out of the mean.

    Args:
        classes: Names of the classes, in index order.
    """

    def scores(self, pixels: ClassPixels) -> Tensor:
        """Give the recall of each class."""
        return pixels.hits / pixels.true.clamp(min=1)

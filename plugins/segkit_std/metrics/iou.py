"""Intersection over union."""

from __future__ import annotations

from typing import final

from torch import Tensor

from segkit_std.metrics._confusion import ClassPixels, ClassScores


@final
class IoU(ClassScores):
    """Intersection over union (Jaccard index) of each class and their mean, over all valid pixels of the data set.

    A class's pixels that are both true and predicted, over those that are either. A class that is neither true nor
    predicted anywhere has no IoU: it is NaN, and left out of the mean.

    Args:
        classes: Names of the classes, in index order.
    """

    def scores(self, pixels: ClassPixels) -> Tensor:
        """Give the IoU of each class."""
        return pixels.hits / pixels.union

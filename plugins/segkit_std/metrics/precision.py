"""Precision."""

from __future__ import annotations

from typing import final

from torch import Tensor

from segkit_std.metrics._confusion import ClassPixels, ClassScores


@final
class Precision(ClassScores):
    """Share of a class's predicted pixels that are true, and the mean over the classes, over the whole data set.

    A class that is true somewhere and never predicted scores 0, so that keeping silent never pays. A class that is
    neither true nor predicted anywhere has no precision: it is NaN, and left out of the mean.

    Args:
        classes: Names of the classes, in index order.
    """

    def scores(self, pixels: ClassPixels) -> Tensor:
        """Give the precision of each class."""
        return pixels.hits / pixels.predicted.clamp(min=1)

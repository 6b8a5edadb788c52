"""Pixel accuracy."""

from __future__ import annotations

from typing import final

from torch import Tensor

from segkit_std.metrics._confusion import ConfusionMetric


@final
class Accuracy(ConfusionMetric):
    """Share of all valid pixels of the data set whose class is predicted right.

    Args:
        classes: Names of the classes, in index order.
    """

    def compute(self) -> Tensor:
        """Give the accuracy in [0, 1]; NaN when every pixel is ignored."""
        return self.confusion.diagonal().sum().double() / self.confusion.sum()

"""The Tversky loss."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import final

from torch import Tensor

from segkit.kinds import DEFAULT_CLASSES
from segkit_std.losses._regions import Areas, RegionLoss


def tversky_cost(areas: Areas, alpha: float, beta: float) -> Tensor:
    """Give one minus the soft Tversky index of each class."""
    wrong = alpha * areas.extra + beta * areas.missed
    return wrong / (areas.true - areas.missed + wrong)


def check_factors(alpha: float, beta: float) -> None:
    """Refuse factors that are not above 0: where one of them is 0, the index can be 0 / 0.

    Raises:
        ValueError: Then.
    """
    if not (0 < alpha < inf and 0 < beta < inf):
        raise ValueError(f"alpha and beta must be numbers above 0, not {alpha} and {beta}: give such as 0.3 and 0.7")


@final
class TverskyLoss(RegionLoss):
    """One minus the soft Tversky index, the mean over the included classes.

    A class costs ``1 - TP / (TP + alpha FP + beta FN)``, its soft true positives, false positives and false negatives
    taken over the valid pixels (Salehi et al. 2017, arXiv:1706.05721). With ``alpha = beta = 0.5`` that is the Dice
    loss, with both 1 the Jaccard loss. A class that is absent from the target costs its mean predicted probability.

    Args:
        alpha: Weight of false positives, above 0.
        beta: Weight of false negatives, above 0; more than ``alpha`` asks for recall.
        include: Names of the classes that count; all when none are given, both of two classes too.
        per_image: Take the sums over each image and average over the images that hold a valid pixel, instead of taking
            them over the batch.

    Raises:
        ValueError: When a factor is not above 0, or ``include`` is empty, repeats a class or names an unknown one.
    """

    def __init__(
        self,
        classes: Sequence[str] = DEFAULT_CLASSES,
        alpha: float = 0.3,
        beta: float = 0.7,
        include: Sequence[str] | None = None,
        per_image: bool = False,
    ) -> None:
        super().__init__(classes, include, per_image)
        check_factors(alpha, beta)
        self.alpha, self.beta = alpha, beta

    def cost(self, areas: Areas) -> Tensor:
        """Give one minus the soft Tversky index of each class, (rows, K)."""
        return tversky_cost(areas, self.alpha, self.beta)

"""The focal Tversky loss."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import final

from torch import Tensor

from segkit.kinds import DEFAULT_CLASSES
from segkit_std.losses._regions import Areas, RegionLoss
from segkit_std.losses.tversky import check_factors, tversky_cost

_FLOOR = 1e-6  # of the Tversky loss: below it the slope of its power grows without bound


@final
class FocalTverskyLoss(RegionLoss):
    """A power of the Tversky loss of each included class, the mean over these.

    A class whose Tversky index is T costs ``(1 - T)^(1 / gamma)`` (Abraham and Khan 2018, arXiv:1810.07842). With
    gamma above 1 the pull grows as the overlap improves, until T comes within 1e-6 of 1, where it ends. A class that is
    absent from the target costs its mean predicted probability.

    Args:
        gamma: Above 0; 4/3 is the authors' choice, 1 gives the Tversky loss.
        alpha: Weight of false positives, above 0.
        beta: Weight of false negatives, above 0.
        include: Names of the classes that count; all when none are given, both of two classes too.
        per_image: Take the sums over each image and average over the images that hold a valid pixel, instead of taking
            them over the batch.

    Raises:
        ValueError: When a number is not above 0, or ``include`` is empty, repeats a class or names an unknown one.
    """

    def __init__(
        self,
        classes: Sequence[str] = DEFAULT_CLASSES,
        gamma: float = 4 / 3,
        alpha: float = 0.3,
        beta: float = 0.7,
        include: Sequence[str] | None = None,
        per_image: bool = False,
    ) -> None:
        super().__init__(classes, include, per_image)
        check_factors(alpha, beta)
        if not 0 < gamma < inf:
            raise ValueError(f"gamma must be a number above 0, not {gamma}: give such as 1.33")
        self.gamma, self.alpha, self.beta = gamma, alpha, beta

    def cost(self, areas: Areas) -> Tensor:
        """Give the power of one minus the soft Tversky index of each class, (rows, K)."""
        return tversky_cost(areas, self.alpha, self.beta).clamp(min=_FLOOR) ** (1 / self.gamma)

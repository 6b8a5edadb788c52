"""The log-cosh Dice loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, final

import torch
from torch import Tensor

from segkit.kinds import DEFAULT_CLASSES
from segkit_std.losses._regions import Areas, RegionLoss
from segkit_std.losses.dice import dice_cost


@final
class LogCoshDiceLoss(RegionLoss):
    """The logarithm of the hyperbolic cosine of the Dice loss of each included class, the mean over these.

    With d the Dice loss of a class it costs ``log(cosh(d))``: about d^2 / 2 near 0, so that the pull fades as the
    overlap becomes perfect, and nearly linear near 1 (Jadon 2020, arXiv:2006.14822). A class that is absent from the
    target costs its mean predicted probability.

    Args:
        include: Names of the classes that count; all when none are given, both of two classes too.
        per_image: Take the sums over each image and average over the images that hold a valid pixel, instead of taking
            them over the batch.

    Raises:
        ValueError: When ``include`` is empty, repeats a class or names an unknown one.
    """

    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)  # of an absent class; one that is present costs at most 0.434

    def __init__(
        self, classes: Sequence[str] = DEFAULT_CLASSES, include: Sequence[str] | None = None, per_image: bool = False
    ) -> None:
        super().__init__(classes, include, per_image)

    def cost(self, areas: Areas) -> Tensor:
        """Give log(cosh(Dice loss)) of each class, (rows, K)."""
        return torch.log(torch.cosh(dice_cost(areas)))

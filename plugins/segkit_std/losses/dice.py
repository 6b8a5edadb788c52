"""The soft Dice loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from torch import Tensor

from segkit.kinds import DEFAULT_CLASSES
from segkit_std.losses._regions import Areas, RegionLoss


def dice_cost(areas: Areas) -> Tensor:
    """Give one minus the soft Dice coefficient of each class."""
    return (areas.extra + areas.missed) / (2 * areas.true - areas.missed + areas.extra)


@final
class DiceLoss(RegionLoss):
    """One minus the soft Dice coefficient, the mean over the included classes.

    A class with probabilities A and target B costs ``1 - 2 |A B| / (|A| + |B|)``, with ``|.|`` the sum over the valid
    pixels (Milletari et al. 2016, arXiv:1606.04797, with plain sums for their squares); a class that is absent from the
    target costs its mean predicted probability.

    Example:
        >>> import torch
        >>> DiceLoss(include=["foreground"])(torch.zeros(1, 1, 2, 2), torch.ones(1, 2, 2, dtype=torch.long))
        tensor(0.3333)

    Args:
        include: Names of the classes that count; all when none are given, both of two classes too.
        per_image: Take the sums over each image and average over the images that hold a valid pixel, instead of taking
            them over the batch.

    Raises:
        ValueError: When ``include`` is empty, repeats a class or names an unknown one.
    """

    def __init__(
        self, classes: Sequence[str] = DEFAULT_CLASSES, include: Sequence[str] | None = None, per_image: bool = False
    ) -> None:
        super().__init__(classes, include, per_image)

    def cost(self, areas: Areas) -> Tensor:
        """Give one minus the soft Dice coefficient of each class, (rows, K)."""
        return dice_cost(areas)

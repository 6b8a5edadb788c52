"""The boundary difference over union loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, final

import torch
from torch import Tensor, nn

from segkit.kinds import DEFAULT_CLASSES
from segkit.tensors import class_maps
from segkit_std.losses._options import class_indices
from segkit_std.losses._regions import areas

_MOST = 0.8  # of the intersection may be left out: with all of it, every wrong prediction would cost 1


@final
class BoundaryDoULoss(nn.Module):
    """The boundary difference over union, the mean over the included classes.

    A class with soft union U and intersection I of truth and prediction, over the valid pixels of the batch, costs
    ``(U - I) / (U - alpha I)`` (Sun et al. 2023, arXiv:2308.00220). It is the Jaccard loss with a part of the
    intersection taken out of the union, so that what is wrong counts against little more than the boundary.
    ``alpha = 1 - 2 C / S``, kept in [0, 0.8], with C the number of the class's pixels on its boundary, and S that of
    all of its pixels: the larger the class, the more it is taken out. On the boundary are pixels with one of another
    class to the left, right, above or below; unlike in the authors' code the edge of the frame makes no boundary, and
    nor do ignored pixels. A class that is absent from the target costs its mean predicted probability.

    Args:
        include: Names of the classes that count; all when none are given, both of two classes too.

    Raises:
        ValueError: When ``include`` is empty, repeats a class or names an unknown one.
    """

    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __init__(self, classes: Sequence[str] = DEFAULT_CLASSES, include: Sequence[str] | None = None) -> None:
        super().__init__()
        self.include = class_indices(include, classes)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Give the loss, 0-d, of logits (N, K, H, W) and target (N, H, W); 0 when every pixel is ignored."""
        measured = areas(logits, target, per_image=False)
        size = measured.true.clamp(min=1)  # an absent class's own formula is not used, and must not be 0 / 0
        alpha = (1 - 2 * boundary_pixels(target, size.shape[1], size.dtype) / size).clamp(0, _MOST)
        intersection = size - measured.missed
        costs = (measured.extra + measured.missed) / (size + measured.extra - alpha * intersection)
        costs = torch.where(measured.true > 0, costs, measured.extra / measured.pixels.clamp(min=1))
        return costs.mean() if self.include is None else costs[:, self.include].mean()


def boundary_pixels(target: Tensor, channels: int, dtype: torch.dtype) -> Tensor:
    """Count each class's pixels (channels,) in the target (N, H, W) that adjoin one of another class by a side."""
    own = class_maps(target, channels, dtype)
    other = own.sum(dim=1, keepdim=True) - own
    touches = torch.zeros_like(own)
    for side in (2, 3):
        length = own.shape[side] - 1
        first, last = touches.narrow(side, 0, length), touches.narrow(side, 1, length)
        first.add_(other.narrow(side, 1, length))
        last.add_(other.narrow(side, 0, length))
    return (own * touches.clamp_(max=1)).sum(dim=(0, 2, 3))

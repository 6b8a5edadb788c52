"""The boundary loss."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import hypot
from typing import ClassVar, final

import torch
from torch import Tensor, nn

from segkit.kinds import DEFAULT_CLASSES
from segkit.tensors import binary_logit, class_maps, valid_map, widen
from segkit_std.losses._distance import distance_maps
from segkit_std.losses._options import class_indices


@final
class BoundaryLoss(nn.Module):
    """The mean of probability times signed distance to the true boundary, over valid pixels and included classes.

    The signed distance of a class is the distance to its nearest pixel, minus the distance to the nearest pixel of
    another class: positive outside the class and negative inside. Up to a constant it is the area between the true and
    the predicted boundary, every part of it weighted with how far off it lies (Kervadec et al. 2019,
    arXiv:1812.07032). Distances are measured between pixel centers and in diagonals of the frame, so that neither the
    value nor the gradient depends on the resolution; that to a boundary which does not exist, for the class is absent
    or alone, is the diagonal. Ignored pixels belong to no class: they make no boundary.

    The loss is least, and negative, where the prediction is the truth; that least value depends on the truth. It is
    made to be added to a loss of regions or pixels, best with a weight that grows: alone it barely tells one prediction
    near the boundary from the other.

    Args:
        include: Names of the classes that count; all when none are given, both of two classes too.

    Raises:
        ValueError: When ``include`` is empty, repeats a class or names an unknown one.
    """

    bounds: ClassVar[tuple[float, float]] = (-1.0, 1.0)

    def __init__(self, classes: Sequence[str] = DEFAULT_CLASSES, include: Sequence[str] | None = None) -> None:
        super().__init__()
        self.include = class_indices(include, classes)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Give the loss, 0-d, of logits (N, K, H, W) and target (N, H, W); 0 when every pixel is ignored."""
        if logits.shape[1] <= 2:
            likely = binary_logit(logits).sigmoid()
            probabilities = [1 - likely, likely]
        else:
            probabilities = list(widen(logits).softmax(dim=1).unbind(dim=1))
        valid = valid_map(target, probabilities[0].dtype)
        signed = signed_distances(target, len(probabilities), valid.dtype)
        included = range(len(probabilities)) if self.include is None else self.include
        costs = [(probabilities[k] * (signed[k] * valid)).sum() for k in included]
        return torch.stack(costs).mean() / valid.sum().clamp(min=1)


def signed_distances(target: Tensor, channels: int, dtype: torch.dtype) -> list[Tensor]:
    """Give each class's signed distance (N, H, W), in diagonals of the frame, right at the pixels of any class.

    With two classes, the map of one is minus that of the other.
    """
    distances = (
        distance_maps(class_maps(target, channels, dtype) > 0, dtype).div_(hypot(*target.shape[-2:])).unbind(dim=1)
    )
    return [own - reduce(torch.minimum, distances[:k] + distances[k + 1 :]) for k, own in enumerate(distances)]

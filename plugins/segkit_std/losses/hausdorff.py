"""The Hausdorff distance loss."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot, isfinite
from typing import ClassVar, final

import torch
from torch import Tensor, nn

from segkit.kinds import DEFAULT_CLASSES
from segkit.tensors import binary_logit, class_map, class_maps, valid_map, widen
from segkit_std.losses._distance import distance_maps
from segkit_std.losses._options import class_indices


@final
class HausdorffLoss(nn.Module):
    """The squared error, weighted with how far from both boundaries it is made: an estimate of the Hausdorff distance.

    A class with probability p and target y costs ``(p - y)^2 (d_p^alpha + d_y^alpha)``, the mean over valid pixels and
    included classes (Karimi and Salcudean 2019, arXiv:1904.10030, the form with distance transforms). ``d_y`` is the
    distance to the nearest pixel on the other side of the class's boundary, seen from both of its sides and measured
    between pixel centers; ``d_p`` is the same for the prediction, whose class is where p > 0.5, and has no gradient.
    Distances are in diagonals of the frame, so that the value does not depend on the resolution; that to a boundary
    which does not exist, for the class is absent or alone, is the diagonal.

    Ignored pixels are background, in the prediction as in the target, before distances are taken. Two classes share
    one boundary, that of class 1, and so have the same cost.

    Args:
        alpha: Power of the distances, above 0: how much more a distant error costs than a near one.
        include: Names of the classes that count; all when none are given. Of two classes, one counts as much as both.

    Raises:
        ValueError: When ``alpha`` is not a number above 0, or ``include`` is empty, repeats a class or names an unknown
            one.
    """

    bounds: ClassVar[tuple[float, float]] = (0.0, 2.0)

    def __init__(
        self, classes: Sequence[str] = DEFAULT_CLASSES, alpha: float = 2.0, include: Sequence[str] | None = None
    ) -> None:
        super().__init__()
        if not (alpha > 0 and isfinite(alpha)):
            raise ValueError(f"alpha must be a finite number above 0, not {alpha}: give such as 2")
        self.alpha = alpha
        self.include = class_indices(include, classes)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Give the loss, 0-d, of logits (N, K, H, W) and target (N, H, W); 0 when every pixel is ignored."""
        if logits.shape[1] <= 2:
            z = binary_logit(logits).unsqueeze(1)
            probability, truth = z.sigmoid(), class_map(target, 1, z.dtype).unsqueeze(1)
        else:
            probability = widen(logits).softmax(dim=1)
            truth = class_maps(target, probability.shape[1], probability.dtype)
            if self.include is not None:
                probability, truth = probability[:, self.include], truth[:, self.include]
        valid = valid_map(target, truth.dtype).unsqueeze(1)
        predicted = (probability.detach() > 0.5) & (valid > 0)
        weight = self._weights(predicted, truth.dtype) + self._weights(truth > 0, truth.dtype)
        costs = (probability - truth).square() * (weight * valid)
        return costs.mean(dim=1).sum() / valid.sum().clamp(min=1)

    def _weights(self, masks: Tensor, dtype: torch.dtype) -> Tensor:
        """Give the power of the distance from each pixel of (N, K, H, W) to the nearest one on the other side."""
        inward, outward = distance_maps(torch.stack([masks, ~masks]), dtype)
        distance: Tensor = (inward + outward) / hypot(*masks.shape[-2:])
        return distance.pow_(self.alpha)

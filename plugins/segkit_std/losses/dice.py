"""The soft Dice loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn

from segkit.kinds import DEFAULT_CLASSES, IGNORE
from segkit_std.losses._shared import class_indices, expand, hits


@final
class DiceLoss(nn.Module):
    """One minus the soft Dice coefficient, the mean over the included classes.

    A class with probabilities A and target B costs ``1 - 2 |A B| / (|A| + |B|)``, with ``|.|`` the sum over the valid
    pixels (Milletari et al. 2016, arXiv:1606.04797, with plain sums for their squares). Where the class is absent from
    the target this is 1 whatever is predicted, so it would teach nothing; there the class costs its mean predicted
    probability instead, which is 0 when nothing is predicted, and has a gradient when something is. No smoothing
    constant is needed then, for a class that is present has ``|B| >= 1``.

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
        super().__init__()
        self.include = None if include is None else class_indices(include, classes)
        self.per_image = per_image

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Give the loss, 0-d, in [0, 1], of logits (N, K, H, W) and target (N, H, W); 0 when every pixel is ignored."""
        probabilities = expand(logits).softmax(dim=1)
        valid = (target != IGNORE).unsqueeze(1)
        predicted_map = probabilities * valid
        true_map = hits(target, probabilities.shape[1])
        both = self._sums(predicted_map * true_map)
        predicted, true, pixels = self._sums(predicted_map), self._sums(true_map), self._sums(valid)

        overlap = 2 * both / (predicted + true.clamp(min=1))
        costs = torch.where(true > 0, 1 - overlap, predicted / pixels.clamp(min=1))
        if self.include is not None:
            costs = costs[:, self.include]
        # Rows without a valid pixel cost 0, and must not dilute the mean either.
        return costs.mean(dim=1).sum() / (pixels > 0).sum().clamp(min=1)

    def _sums(self, maps: Tensor) -> Tensor:
        """Sum (N, K, H, W) to a row of K a picture, or to one row when the statistics are the batch's."""
        sums = maps.sum(dim=(2, 3))
        return sums if self.per_image else sums.sum(dim=0, keepdim=True)

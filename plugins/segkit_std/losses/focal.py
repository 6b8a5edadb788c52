"""The focal loss."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite
from typing import final

import torch
from torch import Tensor, nn

from segkit.kinds import DEFAULT_CLASSES, IGNORE
from segkit_std.losses._pixels import cross_entropy_map, mean_over_valid


@final
class FocalLoss(nn.Module):
    """Cross-entropy that fades where the prediction is right already, the mean over the valid pixels.

    A pixel of class y with probability p costs ``-alpha[y] (1 - p)^gamma log p`` (Lin et al. 2017, arXiv:1708.02002).
    With ``gamma`` 0 and no ``alpha`` it is the cross-entropy, of one logit the binary one. The mean divides by the
    number of valid pixels, whatever ``alpha`` is.

    Example:
        >>> import torch
        >>> FocalLoss()(torch.zeros(1, 1, 2, 2), torch.ones(1, 2, 2, dtype=torch.long))
        tensor(0.1733)

    Args:
        gamma: How fast the cost fades, 0 or at least 1: in between, its slope is infinite where p is 1.
        alpha: A weight a class, in the order of the classes; the authors' 0.25 for the foreground is
            ``[0.75, 0.25]``. All 1 when none is given.

    Raises:
        ValueError: When an option lies outside its range, or ``alpha`` is not a number for each class.
    """

    def __init__(
        self, classes: Sequence[str] = DEFAULT_CLASSES, gamma: float = 2.0, alpha: Sequence[float] | None = None
    ) -> None:
        super().__init__()
        if not (gamma == 0 or 1 <= gamma < inf):
            raise ValueError(f"gamma must be 0 or a number of at least 1, not {gamma}: give such as 2.0")
        if alpha is not None and (len(alpha) != len(classes) or not all(a >= 0 and isfinite(a) for a in alpha)):
            raise ValueError(f"alpha must be a number >= 0 for each of {list(classes)}, not {list(alpha)}")
        self.gamma = gamma
        self.alpha = None if alpha is None else list(alpha)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Give the loss, 0-d, of logits (N, K, H, W) and target (N, H, W); 0 when every pixel is ignored."""
        pixels, valid = cross_entropy_map(logits, target)
        if self.gamma:
            pixels = (1 - torch.exp(-pixels)) ** self.gamma * pixels
        if self.alpha is not None:
            pixels = pixels * pixels.new_tensor(self.alpha)[torch.where(target == IGNORE, 0, target)]
        return mean_over_valid(pixels, valid)

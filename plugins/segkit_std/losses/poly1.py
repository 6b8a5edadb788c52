"""The Poly-1 loss."""

from __future__ import annotations

from math import isfinite
from typing import final

import torch
from torch import Tensor, nn

from segkit_std.losses._pixels import cross_entropy_map, mean_over_valid


@final
class Poly1Loss(nn.Module):
    """Cross-entropy with a heavier first term of its series, the mean over the valid pixels.

    A pixel whose true class has the probability p costs ``-log p + epsilon (1 - p)``: the logarithm is the series
    ``(1 - p) + (1 - p)^2 / 2 + ...``, whose first coefficient becomes ``1 + epsilon`` (Leng et al. 2022,
    arXiv:2204.12511).

    Example:
        >>> import torch
        >>> Poly1Loss()(torch.zeros(1, 1, 2, 2), torch.ones(1, 2, 2, dtype=torch.long))
        tensor(1.1931)

    Args:
        epsilon: At least -1, where the first term is gone; 0 gives the cross-entropy.

    Raises:
        ValueError: When ``epsilon`` is below -1 or not finite.
    """

    def __init__(self, epsilon: float = 1.0) -> None:
        super().__init__()
        if not (epsilon >= -1 and isfinite(epsilon)):
            raise ValueError(f"epsilon must be a number of at least -1, not {epsilon}: give such as 1.0")
        self.epsilon = epsilon

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Give the loss, 0-d, of logits (N, K, H, W) and target (N, H, W); 0 when every pixel is ignored."""
        pixels, valid = cross_entropy_map(logits, target)
        return mean_over_valid(pixels + self.epsilon * (1 - torch.exp(-pixels)), valid)

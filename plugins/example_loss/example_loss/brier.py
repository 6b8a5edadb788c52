"""The Brier score as a loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from segkit.kinds import IGNORE
from torch import Tensor, nn


class BrierLoss(nn.Module):
    """Squared error of the class probabilities, the mean over the valid pixels.

    A pixel of class y costs ``sum_k (p_k - t_k)^2``, where p is the softmax of its logits and t is 1 for y, else 0
    (Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2). It lies in [0, 2].

    Args:
        smoothing: Share e in [0, 1) of the target that is spread over all K classes: t becomes ``1 - e + e / K`` for y
            and ``e / K`` for the others.

    Raises:
        ValueError: When ``smoothing`` lies outside its range.
    """

    bounds = (0.0, 2.0)

    def __init__(self, smoothing: float = 0.0) -> None:
        super().__init__()
        if not 0 <= smoothing < 1:
            raise ValueError(f"smoothing must lie in [0, 1), not {smoothing}: give such as 0.1")
        self.smoothing = smoothing

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Give the loss, 0-d, of logits (N, K, H, W) and target (N, H, W); 0 when every pixel is ignored."""
        wide = logits if logits.dtype == torch.float64 else logits.float()
        if wide.shape[1] == 1:
            wide = torch.cat([torch.zeros_like(wide), wide], dim=1)  # one logit z stands for the two (0, z)
        classes = wide.shape[1]
        valid = target != IGNORE
        truth = F.one_hot(torch.where(valid, target, 0), classes).movedim(-1, 1)
        smooth = truth * (1 - self.smoothing) + self.smoothing / classes
        pixels = (wide.softmax(dim=1) - smooth).square().sum(dim=1)
        return (pixels * valid).sum() / valid.sum().clamp(min=1)

"""The generalized cross-entropy."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from segkit.kinds import IGNORE
from torch import Tensor, nn


class GeneralizedCrossEntropyLoss(nn.Module):
    """Between the cross-entropy and the absolute error: wrong labels pull less than with the former.

    A pixel whose true class has the probability p costs ``(1 - p^q) / q``; the loss is the mean over the valid pixels.
    It tends to the cross-entropy ``-log p`` as q goes to 0 and is ``1 - p`` at q = 1. Its slope is the cross-entropy's
    times p^q, so a pixel that the network is sure is labelled wrong teaches little. It lies in [0, 1 / q].

    Source: Zhang and Sabuncu, 2018, arXiv:1805.07836 (without their truncation).

    Args:
        q: In (0, 1]; the authors' choice is 0.7.

    Raises:
        ValueError: When ``q`` lies outside its range.
    """

    def __init__(self, q: float = 0.7) -> None:
        super().__init__()
        if not 0 < q <= 1:
            raise ValueError(f"q must lie in (0, 1], not {q}: give such as 0.7")
        self.q = q
        self.bounds = (0.0, 1 / q)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Give the loss, 0-d, of logits (N, K, H, W) and target (N, H, W); 0 when every pixel is ignored."""
        wide = logits if logits.dtype == torch.float64 else logits.float()
        if wide.shape[1] == 1:
            wide = torch.cat([torch.zeros_like(wide), wide], dim=1)  # one logit z stands for the two (0, z)
        log_p = -F.cross_entropy(wide, target, ignore_index=IGNORE, reduction="none")  # 0 where ignored, and so costs 0
        pixels = -torch.expm1(self.q * log_p) / self.q  # 1 - p^q would lose the small differences near p = 1
        return pixels.sum() / (target != IGNORE).sum().clamp(min=1)

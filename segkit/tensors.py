"""Logits and targets as a loss or a metric reads them: one form of logits, masks of classes, what is ignored.

For authors of losses and metrics, in any distribution. Ignored pixels belong to no class.
"""

from __future__ import annotations

import torch
from torch import Tensor

from segkit.kinds import IGNORE


def widen(logits: Tensor) -> Tensor:
    """Give the logits in float32, or as they are when they are float64."""
    return logits if logits.dtype == torch.float64 else logits.float()


def binary_logit(logits: Tensor) -> Tensor:
    """Give the one logit (N, H, W) that logits (N, 1 or 2, H, W) of two classes stand for: that of class 1."""
    wide = widen(logits)
    return wide[:, 0] if wide.shape[1] == 1 else wide[:, 1] - wide[:, 0]


def expand(logits: Tensor) -> Tensor:
    """Give (N, K >= 2, H, W) logits: z of two classes becomes (0, z), whose softmax is (1 - sigmoid(z), sigmoid(z))."""
    wide = widen(logits)
    return torch.cat([torch.zeros_like(wide), wide], dim=1) if wide.shape[1] == 1 else wide


def predicted_classes(logits: Tensor) -> Tensor:
    """Give the likeliest class (N, H, W) of logits (N, K, H, W); of two classes as a bool, on a tie the first."""
    if logits.shape[1] == 1:
        return logits[:, 0] > 0
    if logits.shape[1] == 2:
        return logits[:, 1] > logits[:, 0]
    return logits.max(dim=1).indices  # ten times as fast as argmax over the channels on a CPU


# The maps below are arithmetic in floats, where comparisons would say it more plainly: on a CPU the maps of bool that
# those give, and what is then computed with them, cost several times as much.


def valid_map(target: Tensor, dtype: torch.dtype) -> Tensor:
    """Give 1 where the target (N, H, W) counts and 0 where it is ignored."""
    return (IGNORE - target.to(dtype)).clamp_(max=1)


def binary_maps(target: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Give ``class_map`` of class 1 and ``valid_map`` of a target (N, H, W) that holds 0, 1 and ignored pixels only."""
    wide = target.to(dtype)
    valid = (IGNORE - wide).clamp_(max=1)
    return wide * valid, valid


def class_map(target: Tensor, label: int | Tensor, dtype: torch.dtype) -> Tensor:
    """Give 1 where the target (N, H, W) is the class ``label`` and 0 elsewhere."""
    return (1 - (target.to(dtype) - label).abs_()).clamp_(min=0)


def class_maps(target: Tensor, channels: int, dtype: torch.dtype) -> Tensor:
    """Give ``class_map`` of each class (N, channels, H, W)."""
    return class_map(target.unsqueeze(1), torch.arange(channels, device=target.device).view(1, -1, 1, 1), dtype)

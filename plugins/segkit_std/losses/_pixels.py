"""The cost of a pixel that the losses which average over pixels share."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from segkit.kinds import IGNORE
from segkit_std.losses._shared import binary_logit, class_map, valid_map, widen


def cross_entropy_map(logits: Tensor, target: Tensor) -> Tensor:
    """Give each pixel's softmax cross-entropy (N, H, W), which is minus the log probability of its true class.

    It comes from the logits, never from probabilities, so it is finite where these round to 0. Ignored pixels cost 0.

    Args:
        logits: (N, K, H, W), K = 1 standing for two classes.
        target: (N, H, W).
    """
    if logits.shape[1] <= 2:
        z = binary_logit(logits)
        truth, valid = class_map(target, 1, z.dtype), valid_map(target, z.dtype)
        return F.binary_cross_entropy_with_logits(z, truth, weight=valid, reduction="none")
    return F.cross_entropy(widen(logits), target, ignore_index=IGNORE, reduction="none")


def mean_over_valid(pixels: Tensor, target: Tensor) -> Tensor:
    """Give the mean, 0-d, of pixels (N, H, W) over those that the target counts; 0 when it counts none."""
    return pixels.sum() / valid_map(target, pixels.dtype).sum().clamp(min=1)

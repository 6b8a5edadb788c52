"""The cost of a pixel that the losses which average over pixels share."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from segkit.kinds import IGNORE
from segkit.tensors import binary_logit, binary_maps, valid_map, widen


def cross_entropy_map(logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Give each pixel's softmax cross-entropy, minus the log probability of its true class, and which pixels are valid.

    It comes from the logits, never from probabilities, so it is finite where these round to 0. Ignored pixels cost 0.

    Args:
        logits: (N, K, H, W), K = 1 standing for two classes.
        target: (N, H, W).

    Returns:
        The cost and, 1 or 0, whether the pixel counts; both (N, H, W).
    """
    if logits.shape[1] <= 2:
        z = binary_logit(logits)
        truth, valid = binary_maps(target, z.dtype)
        return F.binary_cross_entropy_with_logits(z, truth, reduction="none") * valid, valid
    wide = widen(logits)
    pixels = F.cross_entropy(wide, target, ignore_index=IGNORE, reduction="none")
    return pixels, valid_map(target, wide.dtype)


def mean_over_valid(pixels: Tensor, valid: Tensor) -> Tensor:
    """Give the mean, 0-d, of pixels (N, H, W) that are 0 where not valid, over the valid ones; 0 when there is none."""
    return pixels.sum() / valid.sum().clamp(min=1)

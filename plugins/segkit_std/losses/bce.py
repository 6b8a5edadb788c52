"""Binary cross-entropy on logits."""

from __future__ import annotations

from math import isfinite
from typing import final

import torch.nn.functional as F
from torch import Tensor, nn

from segkit.tensors import binary_logit, binary_maps, class_maps, valid_map, widen
from segkit_std.losses._options import check_label_smoothing


@final
class BinaryCrossEntropyLoss(nn.Module):
    """Binary cross-entropy on logits, the mean over the valid pixels.

    A pixel with target y in {0, 1} and logit z costs ``-y log s(z) - (1 - y) log(1 - s(z))``, s the sigmoid; it is
    computed from the logit, so it stays finite where ``log(1 - s(z))`` in float32 would be infinite. Two channels count
    as the one logit ``l1 - l0``. With three classes or more it is one-vs-rest: the mean over the classes too.

    Example:
        >>> import torch
        >>> BinaryCrossEntropyLoss()(torch.zeros(1, 1, 2, 2), torch.ones(1, 2, 2, dtype=torch.long))
        tensor(0.6931)

    Args:
        pos_weight: Factor, above 0, on the cost of a pixel where its class is true; above 1 it asks for recall, below 1
            for precision. The mean still divides by the number of pixels.
        label_smoothing: Share e in [0, 1): targets become ``y (1 - e) + e / 2``.

    Raises:
        ValueError: When an option lies outside its range.
    """

    def __init__(self, pos_weight: float = 1.0, label_smoothing: float = 0.0) -> None:
        super().__init__()
        if not (pos_weight > 0 and isfinite(pos_weight)):
            raise ValueError(f"pos_weight must be a finite number above 0, not {pos_weight}: give 1.0 for none")
        self.pos_weight = pos_weight
        self.label_smoothing = check_label_smoothing(label_smoothing)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Give the loss, 0-d, of logits (N, K, H, W) and target (N, H, W); 0 when every pixel is ignored."""
        if logits.shape[1] <= 2:
            z = binary_logit(logits).unsqueeze(1)
            truth, valid = binary_maps(target.unsqueeze(1), z.dtype)
        else:
            z = widen(logits)
            truth, valid = class_maps(target, z.shape[1], z.dtype), valid_map(target, z.dtype).unsqueeze(1)
        weight = valid if self.pos_weight == 1 else valid + (self.pos_weight - 1) * truth
        smooth = truth * (1 - self.label_smoothing) + self.label_smoothing / 2 if self.label_smoothing else truth
        total = F.binary_cross_entropy_with_logits(z, smooth, weight=weight, reduction="sum")
        return total / (valid.sum() * z.shape[1]).clamp(min=1)

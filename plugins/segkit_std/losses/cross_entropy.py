"""Softmax cross-entropy."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Literal, final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from segkit.kinds import DEFAULT_CLASSES, IGNORE
from segkit.tensors import expand
from segkit_std.losses._options import check_label_smoothing
from segkit_std.losses._pixels import cross_entropy_map, mean_over_valid


@final
class CrossEntropyLoss(nn.Module):
    """Softmax cross-entropy, the (weighted) mean over the valid pixels.

    A pixel of class y costs ``-w[y] log softmax(logits)[y]``; the sum is divided by the sum of ``w[y]``, so only the
    ratios of the weights matter. With one logit, and no weights, it equals binary cross-entropy.

    Example:
        >>> import torch
        >>> CrossEntropyLoss()(torch.zeros(1, 1, 2, 2), torch.ones(1, 2, 2, dtype=torch.long))
        tensor(0.6931)

    Args:
        class_weights: A weight a class, in the order of the classes; or "auto": the inverse of the class's share of the
            training pixels, ``sum(counts) / (classes seen * count)``, and 1 for a class that is never seen.
        label_smoothing: Share e in [0, 1) of the target that is spread evenly over all classes (Szegedy et al. 2016,
            arXiv:1512.00567).

    Raises:
        ValueError: When an option lies outside its range, or "auto" comes without the counts.
    """

    def __init__(
        self,
        classes: Sequence[str] = DEFAULT_CLASSES,
        class_counts: Sequence[int] | None = None,
        class_weights: list[float] | Literal["auto"] | None = None,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__()
        self.class_weights = _weights(class_weights, classes, class_counts)
        self.label_smoothing = check_label_smoothing(label_smoothing)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Give the loss, 0-d, of logits (N, K, H, W) and target (N, H, W); 0 when every pixel is ignored."""
        if self.class_weights is None and not self.label_smoothing:
            return mean_over_valid(*cross_entropy_map(logits, target))
        wide = expand(logits)
        weights = wide.new_tensor(self.class_weights or [1.0] * wide.shape[1])
        # "none" and a sum: the reductions of torch's own add atomically on CUDA, so they are refused when the run is
        # to be deterministic, and they divide 0 by 0 when every pixel is ignored.
        pixels = F.cross_entropy(
            wide, target, weights, ignore_index=IGNORE, reduction="none", label_smoothing=self.label_smoothing
        )
        valid = target != IGNORE
        total = (weights[torch.where(valid, target, 0)] * valid).sum()
        return pixels.sum() / total.clamp(min=torch.finfo(total.dtype).tiny)


def _weights(
    given: list[float] | Literal["auto"] | None, classes: Sequence[str], counts: Sequence[int] | None
) -> list[float] | None:
    if given is None:
        return None
    if isinstance(given, str):
        if given != "auto":
            raise ValueError(f"class_weights must be a list of numbers, auto or nothing, not {given!r}")
        if counts is None or len(counts) != len(classes) or not sum(counts):
            raise ValueError(f"class_weights: auto needs the training pixels of each class, not {counts}: give a list")
        seen = sum(count > 0 for count in counts)
        return [sum(counts) / (seen * count) if count else 1.0 for count in counts]
    if len(given) != len(classes) or not all(w >= 0 and isfinite(w) for w in given) or not any(given):
        raise ValueError(
            f"class_weights must be a number >= 0 for each of {list(classes)}, not all of them 0, not {given}"
        )
    return list(given)

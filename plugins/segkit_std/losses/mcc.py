"""The loss of the Matthews correlation coefficient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, final

import torch
from torch import Tensor, nn

from segkit.kinds import DEFAULT_CLASSES
from segkit_std.losses._options import class_indices
from segkit_std.losses._regions import areas

_PSEUDO = 1e-4  # of the valid pixels, added to each of the four counts


@final
class MCCLoss(nn.Module):
    """One minus the Matthews correlation coefficient of truth and prediction, the mean over the included classes.

    With the soft counts of a class against all others as shares of the valid pixels, each 1e-4 larger,
    ``MCC = (TP TN - FP FN) / sqrt((TP + FP) (TP + FN) (TN + FP) (TN + FN))`` (Abhishek and Hamarneh 2021,
    arXiv:2010.13454; Matthews 1975, doi:10.1016/0005-2795(75)90109-9). The pseudo-counts keep it defined, and its
    gradient alive, where a class is absent; they also leave a perfect prediction a cost of a few 1e-4, and of 0.5 for
    an absent class. Of two classes both have the same coefficient.

    Args:
        include: Names of the classes that count; all when none are given.

    Raises:
        ValueError: When ``include`` is empty, repeats a class or names an unknown one.
    """

    bounds: ClassVar[tuple[float, float]] = (0.0, 2.0)

    def __init__(self, classes: Sequence[str] = DEFAULT_CLASSES, include: Sequence[str] | None = None) -> None:
        super().__init__()
        self.include = class_indices(include, classes)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Give the loss, 0-d, of logits (N, K, H, W) and target (N, H, W); 0 when every pixel is ignored."""
        measured = areas(logits, target, per_image=False)
        pixels = measured.pixels.clamp(min=1)
        true, fn, fp = measured.true / pixels, measured.missed / pixels, measured.extra / pixels
        tp, tn = true - fn, measured.pixels / pixels - true - fp
        tp, fp, fn, tn = (share.clamp(min=0) + _PSEUDO for share in (tp, fp, fn, tn))  # rounding may fall below 0
        roots = (torch.sqrt((tp + fp) * (tp + fn)), torch.sqrt((tn + fp) * (tn + fn)))
        cost = 1 - (tp * tn - fp * fn) / (roots[0] * roots[1])
        if self.include is not None:
            cost = cost[:, self.include]
        return cost.mean() * (measured.pixels.sum() > 0)

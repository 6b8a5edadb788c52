"""The loss of the horizon's height and line."""

from __future__ import annotations

from math import isfinite
from typing import final

import torch
from torch import Tensor, nn

from segkit.tensors import binary_logit, class_map, valid_map, widen


@final
class HorizonLineLoss(nn.Module):
    """The error of the horizon in each column, plus that of the straight line through it; class 0 is sky.

    The horizon's place in a column is its count of sky pixels, here the sum of their probabilities. The count is too
    large by the sky that is predicted where there is none, and too small by the sky that is missed. A column costs the
    larger of the two, as a share of the frame's height, and the mean is over the columns that hold a valid pixel. Where
    a column is sky down to some row, as a horizon has it, one of the two is 0 and the other is the error of the count;
    elsewhere the count alone would not see sky in the wrong place that makes up for sky that is missed.

    The line is the least-squares fit of the counts over x = column + 0.5. A fit is linear in what is fitted: so the
    difference between the predicted and the true line is the fit to the error of the counts, and the line's cost is the
    mean of its absolute height, over the same columns. Columns that are all sky, or have none, take part in both.

    It does not see which row is wrong: it is made to be added to a loss of pixels or regions.

    Args:
        line_weight: Weight of the line's cost against the columns', 0 or more.

    Raises:
        ValueError: When ``line_weight`` is negative or not finite.
    """

    def __init__(self, line_weight: float = 1.0) -> None:
        super().__init__()
        if not (line_weight >= 0 and isfinite(line_weight)):
            raise ValueError(f"line_weight must be a finite number of 0 or more, not {line_weight}: give such as 1")
        self.line_weight = line_weight
        self.bounds = (0.0, 1.0 + line_weight)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Give the loss, 0-d, of logits (N, K, H, W) and target (N, H, W); 0 when every pixel is ignored."""
        sky = (-binary_logit(logits)).sigmoid() if logits.shape[1] <= 2 else widen(logits).softmax(dim=1)[:, 0]
        truth, valid = class_map(target, 0, sky.dtype), valid_map(target, sky.dtype)
        height = target.shape[1]
        extra = (sky * (valid - truth)).sum(dim=1) / height
        missed = (truth - sky * truth).sum(dim=1) / height
        columns = valid.amax(dim=1)
        line = fitted_line(extra - missed, columns)
        costs = torch.maximum(extra, missed) + self.line_weight * line.abs()
        return costs.sum() / columns.sum().clamp(min=1)


def fitted_line(heights: Tensor, columns: Tensor) -> Tensor:
    """Give the least-squares line (N, W) through the heights (N, W) of those columns that are 1, and 0 in the others.

    Through a single column it is level.
    """
    count = columns.sum(dim=1, keepdim=True).clamp(min=1)
    x = torch.arange(heights.shape[1], device=heights.device, dtype=heights.dtype) + 0.5
    centered = (x - (x * columns).sum(dim=1, keepdim=True) / count) * columns
    # Two columns at least half a pixel from their center: 0.5. A single one has 0, and no slope.
    slope = (centered * heights).sum(dim=1, keepdim=True) / centered.square().sum(dim=1, keepdim=True).clamp(min=0.5)
    level = (heights * columns).sum(dim=1, keepdim=True) / count
    return level * columns + slope * centered

"""Intersection over union, image by image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, final

import torch
from torch import Tensor
from torchmetrics import Metric

from segkit.kinds import DEFAULT_CLASSES
from segkit_std.metrics._confusion import ClassPixels, image_confusions, where_defined


@final
class ImageMeanIoU(Metric):
    """Mean over the images of each image's mean intersection over union.

    An image's own mean is taken over the classes that are true or predicted in that image. An image whose pixels are
    all ignored has none, and is left out. Other than ``iou``, a small object weighs as much as the image it is in.

    Args:
        classes: Names of the classes, in index order.
    """

    is_differentiable = False
    higher_is_better = True
    full_state_update = False
    total: Tensor
    images: Tensor

    def __init__(self, classes: Sequence[str] = DEFAULT_CLASSES) -> None:
        super().__init__()
        self.classes = tuple(classes)
        self.add_state("total", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("images", torch.zeros((), dtype=torch.int64), dist_reduce_fx="sum")

    def update(self, logits: Tensor, target: Tensor, meta: Sequence[Mapping[str, Any]] = ()) -> None:
        """Take in logits (N, K, H, W) and target (N, H, W); the images' meta is not used."""
        pixels = ClassPixels.of(image_confusions(logits, target, len(self.classes)))
        means = where_defined(pixels.hits / pixels.union, pixels.union > 0).nanmean(dim=1)
        self.total += means.nansum()
        self.images += means.isfinite().sum()

    def compute(self) -> Tensor:
        """Give the mean in [0, 1]; NaN when no image holds a valid pixel."""
        return self.total / self.images

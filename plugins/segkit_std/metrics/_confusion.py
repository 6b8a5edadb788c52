"""The confusion matrix that the metrics are read from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torchmetrics import Metric

from segkit.kinds import DEFAULT_CLASSES, IGNORE
from segkit.tensors import predicted_classes


def image_confusions(logits: Tensor, target: Tensor, count: int) -> Tensor:
    """Give (N, true class, predicted class) pixel counts, int64, of each image; ignored pixels are in none.

    Raises:
        ValueError: When the logits are not for ``count`` classes, or the target holds a class beyond them.
    """
    if logits.shape[1] != count and (logits.shape[1], count) != (1, 2):
        raise ValueError(
            f"logits must have a channel for each of {count} classes (or one of two), not {logits.shape[1]}"
        )
    # Every value of a byte has a row: rows that are no class are cut off afterwards, which is much cheaper than
    # choosing the valid pixels first.
    rows = IGNORE + 1
    images = torch.arange(len(target), device=target.device, dtype=torch.int32).view(-1, 1, 1) * rows
    cells = (images + target.int()) * count + predicted_classes(logits)
    counts = torch.bincount(cells.flatten(), minlength=len(target) * rows * count).view(len(target), rows, count)
    if counts[:, count:IGNORE].any():
        label = int(counts[:, count:IGNORE].sum(dim=(0, 2)).nonzero()[0]) + count
        raise ValueError(f"target must hold class indices below {count} and {IGNORE}, not {label}: check the masks")
    return counts[:, :count]


class ClassPixels(NamedTuple):
    """Pixels of each class, float64: truly it and predicted so, predicted as it, truly it."""

    hits: Tensor
    predicted: Tensor
    true: Tensor

    @property
    def union(self) -> Tensor:
        """Pixels that are the class in truth or in the prediction."""
        return self.predicted + self.true - self.hits

    @classmethod
    def of(cls, confusions: Tensor) -> ClassPixels:
        """Read them from confusion matrices (..., true class, predicted class)."""
        wide = confusions.double()
        return cls(wide.diagonal(dim1=-2, dim2=-1), wide.sum(dim=-2), wide.sum(dim=-1))


def where_defined(score: Tensor, defined: Tensor) -> Tensor:
    """Give the score, and NaN where it is not defined."""
    return torch.where(defined, score, torch.nan)


class ConfusionMetric(Metric, ABC):
    """A metric that is read from one confusion matrix over all valid pixels of the data set.

    How the images are cut into batches, or spread over processes, changes nothing.

    Args:
        classes: Names of the classes, in index order.
    """

    is_differentiable = False
    higher_is_better = True
    full_state_update = False
    confusion: Tensor

    def __init__(self, classes: Sequence[str] = DEFAULT_CLASSES) -> None:
        super().__init__()
        self.classes = tuple(classes)
        empty = torch.zeros(len(self.classes), len(self.classes), dtype=torch.int64)
        self.add_state("confusion", empty, dist_reduce_fx="sum")

    def update(self, logits: Tensor, target: Tensor, meta: Sequence[Mapping[str, Any]] = ()) -> None:
        """Take in logits (N, K, H, W) and target (N, H, W); the images' meta is not used."""
        self.confusion += image_confusions(logits, target, len(self.classes)).sum(dim=0)


class ClassScores(ConfusionMetric):
    """A score of each class, and its mean over the classes that have one."""

    @abstractmethod
    def scores(self, pixels: ClassPixels) -> Tensor:
        """Give the score of each class; what it gives for a class without a single pixel is not used."""

    def compute(self) -> dict[str, Tensor]:
        """Give "mean" and each class's score in [0, 1]; NaN for a class that is neither true nor predicted anywhere."""
        pixels = ClassPixels.of(self.confusion)
        scores = where_defined(self.scores(pixels), pixels.union > 0)
        return {"mean": scores.nanmean(), **dict(zip(self.classes, scores, strict=True))}

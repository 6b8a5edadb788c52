"""The base of the losses that compare regions: soft areas of each class, and what an absent class costs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from segkit.tensors import binary_logit, binary_maps, class_maps, valid_map, widen
from segkit_std.losses._options import class_indices


class Areas(NamedTuple):
    """Soft areas in pixels, over the valid pixels: a column a class; a row an image, or one row for the whole batch.

    Truth and what is wrong, rather than intersections: those are differences of large, nearly equal sums where a
    prediction is good, which float32 would round away.

    Attributes:
        true: (rows, K) pixels of the class.
        missed: (rows, K) of them, the sum of one minus the class's probability: false negatives.
        extra: (rows, K) sum of the class's probability over all other pixels: false positives.
        pixels: (rows, 1) all valid pixels.
    """

    true: Tensor
    missed: Tensor
    extra: Tensor
    pixels: Tensor


def areas(logits: Tensor, target: Tensor, per_image: bool) -> Areas:
    """Measure logits (N, K, H, W), K = 1 standing for two classes, against the target (N, H, W)."""
    if logits.shape[1] <= 2:
        # Class 1 alone, for half the work: what it misses is what class 0 has in excess, and the reverse.
        z = binary_logit(logits).unsqueeze(1)
        one = _measure(z.sigmoid(), *binary_maps(target.unsqueeze(1), z.dtype), per_image)
        return Areas(
            torch.cat([one.pixels - one.true, one.true], dim=1),
            torch.cat([one.extra, one.missed], dim=1),
            torch.cat([one.missed, one.extra], dim=1),
            one.pixels,
        )
    probability = widen(logits).softmax(dim=1)
    truth = class_maps(target, probability.shape[1], probability.dtype)
    return _measure(probability, truth, valid_map(target, probability.dtype).unsqueeze(1), per_image)


def _measure(probability: Tensor, truth: Tensor, valid: Tensor, per_image: bool) -> Areas:
    error = torch.addcmul(truth, valid, probability, value=-1)  # above 0 where the class is, below 0 elsewhere
    missed = _sums(truth * error, per_image)
    return Areas(_sums(truth, per_image), missed, missed - _sums(error, per_image), _sums(valid, per_image))


def _sums(maps: Tensor, per_image: bool) -> Tensor:
    sums = maps.sum(dim=(2, 3))
    return sums if per_image else sums.sum(dim=0, keepdim=True)


class RegionLoss(nn.Module, ABC):
    """The mean over the included classes of what each class's soft areas cost.

    Where a class is absent from the target, any overlap with it is 0 whatever is predicted, so a score of overlap would
    teach nothing; there the class costs its mean predicted probability instead, which is 0 when nothing is predicted,
    and has a gradient when something is. No smoothing constant is needed then, for a class that is present has an area
    of at least one pixel.

    Args:
        classes: Names of the classes, in index order.
        include: Names of those that count; all when none are given, both of two classes too.
        per_image: Measure each image and average over the images that hold a valid pixel, instead of measuring the
            batch as one picture.

    Raises:
        ValueError: When ``include`` is empty, repeats a class or names an unknown one.
    """

    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __init__(self, classes: Sequence[str], include: Sequence[str] | None, per_image: bool) -> None:
        super().__init__()
        self.include = class_indices(include, classes)
        self.per_image = per_image

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Give the loss, 0-d, of logits (N, K, H, W) and target (N, H, W); 0 when every pixel is ignored."""
        measured = areas(logits, target, self.per_image)
        present = measured.true > 0
        # What the formula makes of an absent class is not used, and must not be 0 / 0: its gradient would be NaN.
        cost = self.cost(measured._replace(true=measured.true.clamp(min=1)))
        costs = torch.where(present, cost, measured.extra / measured.pixels.clamp(min=1))
        if self.include is not None:
            costs = costs[:, self.include]
        # Rows without a valid pixel cost 0, and must not dilute the mean either.
        return costs.mean(dim=1).sum() / (measured.pixels > 0).sum().clamp(min=1)

    @abstractmethod
    def cost(self, areas: Areas) -> Tensor:
        """Give what each class costs, (rows, K), finite wherever ``areas.true`` is 1 or more."""

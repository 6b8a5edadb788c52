"""The Lovasz losses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, final

import torch
from torch import Tensor, nn

from segkit.kinds import DEFAULT_CLASSES
from segkit.tensors import binary_logit, binary_maps, class_map, valid_map, widen
from segkit_std.losses._options import class_indices


@final
class LovaszLoss(nn.Module):
    """The Lovasz extension of the Jaccard loss, the mean over the included classes.

    The Jaccard loss of a class is a function of the set of pixels that are wrong. Its Lovasz extension takes errors of
    any size instead: sorted from the largest down, each counts by how much the Jaccard loss grows when its pixel joins
    the set (Berman et al. 2018, arXiv:1705.08790). Where all errors are 0 or 1 it is the Jaccard loss itself. A class
    that is absent from the target costs its mean predicted probability.

    Args:
        form: ``softmax``: a pixel's error is the distance of the class's probability from 0 or 1, in [0, 1].
            ``hinge``: it is ``max(0, 1 - m)``, with m the log odds of the class against all others where the pixel
            belongs to it, and minus these where not; without an upper bound.
        include: Names of the classes that count; all when none are given, both of two classes too.
        per_image: Take each image by itself, and average over the images that hold a valid pixel.

    Raises:
        ValueError: When ``form`` is unknown, or ``include`` is empty, repeats a class or names an unknown one.
    """

    def __init__(
        self,
        classes: Sequence[str] = DEFAULT_CLASSES,
        form: Literal["softmax", "hinge"] = "softmax",
        include: Sequence[str] | None = None,
        per_image: bool = False,
    ) -> None:
        super().__init__()
        if form not in ("softmax", "hinge"):
            raise ValueError(f"form must be softmax or hinge, not {form!r}: give one of the two")
        self.form = form
        self.include = class_indices(include, classes)
        self.per_image = per_image
        self.bounds = (0.0, 1.0 if form == "softmax" else float("inf"))

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Give the loss, 0-d, of logits (N, K, H, W) and target (N, H, W); 0 when every pixel is ignored."""
        if not self.per_image:
            return self._loss(logits, target)
        images = [self._loss(logits[n : n + 1], target[n : n + 1]) for n in range(len(target))]
        valid = (valid_map(target, images[0].dtype).sum(dim=(1, 2)) > 0).sum()
        return torch.stack(images).sum() / valid.clamp(min=1)

    def _loss(self, logits: Tensor, target: Tensor) -> Tensor:
        costs = self._binary(logits, target) if logits.shape[1] <= 2 else self._multiclass(logits, target)
        included = costs if self.include is None else [costs[k] for k in self.include]
        return torch.stack(included).mean()

    def _binary(self, logits: Tensor, target: Tensor) -> list[Tensor]:
        """Give the cost of both classes. Their errors are the same map, so one sort serves both."""
        z = binary_logit(logits)
        truth, valid = binary_maps(target, z.dtype)
        probability = z.sigmoid()
        errors = self._errors(z, probability, truth).flatten()
        order = _descending(errors)
        sides = [(valid - truth, 1 - probability), (truth, probability)]
        return [_cost(errors, order, side, valid, likely) for side, likely in sides]

    def _multiclass(self, logits: Tensor, target: Tensor) -> list[Tensor]:
        wide = widen(logits)
        probabilities = wide.softmax(dim=1)
        valid = valid_map(target, wide.dtype)
        costs = []
        for k in range(wide.shape[1]):
            truth = class_map(target, k, wide.dtype)
            errors = self._errors(self._log_odds(wide, k), probabilities[:, k], truth).flatten()
            costs.append(_cost(errors, _descending(errors), truth, valid, probabilities[:, k]))
        return costs

    def _log_odds(self, logits: Tensor, k: int) -> Tensor:
        if self.form == "softmax":  # which has no use for them
            return logits[:, k]
        return logits[:, k] - torch.cat([logits[:, :k], logits[:, k + 1 :]], dim=1).logsumexp(dim=1)

    def _errors(self, log_odds: Tensor, probability: Tensor, truth: Tensor) -> Tensor:
        if self.form == "softmax":
            return (truth - probability).abs()
        return (1 - log_odds * (2 * truth - 1)).clamp(min=0)


def _descending(errors: Tensor) -> Tensor:
    """Give the order (P,) of errors (P,) >= 0 from the largest down.

    The bits of floats that are not negative order as the floats do, read as integers, and of integers torch has a
    radix sort: many times as fast on a CPU.
    """
    integers = torch.int64 if errors.dtype == torch.float64 else torch.int32
    return (~errors.detach().contiguous().view(integers)).sort().indices


def _cost(errors: Tensor, order: Tensor, truth: Tensor, valid: Tensor, probability: Tensor) -> Tensor:
    """Give the cost, 0-d, of one class with errors (P,) in their order; truth, valid and probability are (N, H, W)."""
    true, pixels = truth.sum(), valid.sum()
    extension = torch.dot(errors, _slopes(order, truth.flatten(), valid.flatten()))
    return torch.where(true > 0, extension, (probability * valid).sum() / pixels.clamp(min=1))


def _slopes(order: Tensor, truth: Tensor, valid: Tensor) -> Tensor:
    """Give by how much the Jaccard loss grows as each pixel joins those that are wrong, in the given order; all (P,).

    With I true pixels still right and a union of U, both counted behind the step: a true pixel lowers I by one, which
    costs 1 / U; another one raises U by one, which costs I / (U (U - 1)). Written out, for the differences of
    neighboring Jaccard losses would leave float32 few digits.
    """
    true, other = truth.index_select(0, order), (valid - truth).index_select(0, order)
    # In int32, which counts exactly where float32 would stop at 2^24.
    right = truth.sum() - true.cumsum(0, dtype=torch.int32)
    union = truth.sum() + other.cumsum(0, dtype=torch.int32)
    slopes = (true + other * right / (union - 1).clamp(min=1)) / union.clamp(min=1)
    return torch.empty_like(slopes).scatter_(0, order, slopes)

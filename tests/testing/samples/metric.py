"""A metric that keeps its contract, and others that break it in one way each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric


class Healthy(Metric):
    """Share of right pixels."""

    higher_is_better = True
    full_state_update = False

    def __init__(self, classes: Sequence[str]) -> None:
        super().__init__()
        self.add_state("right", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("pixels", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, logits: Tensor, target: Tensor, meta: Sequence[Any]) -> None:
        valid = self.valid(target)
        self.add((self.predicted(logits) == target)[valid].sum(), valid.sum())

    def add(self, right: Tensor, pixels: Tensor) -> None:
        self.right += right
        self.pixels += pixels

    def valid(self, target: Tensor) -> Tensor:
        return target != 255

    def predicted(self, logits: Tensor) -> Tensor:
        return (logits[:, 0] > 0).long() if logits.shape[1] == 1 else logits.argmax(dim=1)

    def compute(self) -> Any:
        return self.right / self.pixels


class MeanOfBatches(Healthy):
    """Averages over the batches."""

    def add(self, right: Tensor, pixels: Tensor) -> None:
        super().add(right / pixels.clamp(min=1), pixels.clamp(max=1))


class CountsIgnored(Healthy):
    """Counts ignored pixels, which are never right."""

    def valid(self, target: Tensor) -> Tensor:
        return target > -1


class ReadsIgnored(Healthy):
    """Looks at what is predicted for ignored pixels."""

    def update(self, logits: Tensor, target: Tensor, meta: Sequence[Any]) -> None:
        super().update(logits, target.masked_fill(target == 255, 0), meta)


class OneLogitIsNone(Healthy):
    """Takes the largest of one logit, which is always the first."""

    def predicted(self, logits: Tensor) -> Tensor:
        return logits.argmax(dim=1)


class NoReset(Healthy):
    """Counts where reset does not reach."""

    def __init__(self, classes: Sequence[str]) -> None:
        super().__init__(classes)
        self.total = torch.zeros(2, dtype=torch.float64)

    def add(self, right: Tensor, pixels: Tensor) -> None:
        super().add(right, pixels)
        self.total += torch.stack([right, pixels])

    def compute(self) -> Any:
        return self.total[0] / self.total[1]


class NoMerge(Healthy):
    """Says that of several processes the largest count is to be taken."""

    def __init__(self, classes: Sequence[str]) -> None:
        super().__init__(classes)
        self.add_state("right", torch.zeros((), dtype=torch.float64), dist_reduce_fx="max")


class ZeroForNothing(Healthy):
    """Gives 0 where nothing can be measured."""

    def compute(self) -> Any:
        return self.right / self.pixels.clamp(min=1)


class LowerIsBetter(Healthy):
    """Says the opposite of what is true."""

    higher_is_better = False


class LastImage(Healthy):
    """Measures the last image that it is given."""

    def add(self, right: Tensor, pixels: Tensor) -> None:
        self.right, self.pixels = right.double(), pixels.double()

    def update(self, logits: Tensor, target: Tensor, meta: Sequence[Any]) -> None:
        super().update(logits[-1:], target[-1:], meta)


class NotANumber(Healthy):
    """Never has a value."""

    def compute(self) -> Any:
        return torch.nan


class NeedsEveryClass(Healthy):
    """Refuses a batch without class 0 or class 1."""

    def update(self, logits: Tensor, target: Tensor, meta: Sequence[Any]) -> None:
        if not all((target == label).any() for label in (0, 1)):
            raise ValueError("a class is absent")
        super().update(logits, target, meta)


class ByNumpy(Healthy):
    """Hands logits to numpy, which has no bfloat16."""

    def predicted(self, logits: Tensor) -> Tensor:
        return super().predicted(torch.from_numpy(logits.numpy()))


class WritesIntoTarget(Healthy):
    """Makes ignored pixels class 0 when it is done."""

    def update(self, logits: Tensor, target: Tensor, meta: Sequence[Any]) -> None:
        super().update(logits, target, meta)
        target.masked_fill_(target == 255, 0)


class ForgetsWhenAsked(Healthy):
    """Begins anew behind each value that it gives."""

    def compute(self) -> Any:
        value = self.right / self.pixels
        self.right, self.pixels = torch.zeros_like(self.right), torch.zeros_like(self.pixels)
        return value

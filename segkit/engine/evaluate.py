"""Loss and metrics of a model over the frames of a split, at the frames' own size."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from segkit.engine.cache import Frames
from segkit.engine.frames import at_size
from segkit.engine.intake import Intake
from segkit.kinds import IGNORE, Metric

Forward = Callable[[Tensor], Any]
LossOf = Callable[[Any, Tensor], Tensor]


class Evaluator:
    """Measures a model on one split; every rank sees its share, and the numbers are those of the whole.

    Args:
        fabric: Where it runs.
        frames: The split.
        intake: What the network takes.
        metrics: By name.
        loss: Measured too when given, at network size, as the mean over all valid pixels.
        batch_size: Images a forward pass.
    """

    def __init__(
        self,
        fabric: Fabric,
        frames: Frames,
        intake: Intake,
        metrics: Mapping[str, Metric],
        loss: LossOf | None = None,
        batch_size: int = 8,
    ) -> None:
        self._fabric, self._frames, self._intake = fabric, frames, intake
        self._metrics, self._loss, self._batch_size = metrics, loss, batch_size
        for metric in metrics.values():
            if isinstance(metric, nn.Module):  # torchmetrics' are; their sums have to lie where the logits do
                metric.to(fabric.device)

    def __call__(self, forward: Forward, at_most: int | None = None) -> dict[str, float]:
        """Measure, with the model in the mode that the caller has put it in.

        Args:
            forward: Normalized images (N, C, H, W) -> logits.
            at_most: Only that many frames; for a probe of the time it takes.
        """
        for metric in self._metrics.values():
            metric.reset()
        total, valid = torch.zeros((), dtype=torch.float64), torch.zeros((), dtype=torch.float64)
        with torch.inference_mode():
            for rows in self._batches(at_most):
                images, targets = self._intake(*self._frames.batch(rows))
                logits = forward(images)
                self._update(logits, rows)
                if self._loss is not None:
                    pixels = (targets != IGNORE).sum().cpu().double()
                    total += self._loss(logits, targets).cpu().double() * pixels
                    valid += pixels
            values: dict[str, float] = {}
            if self._loss is not None:
                sums = self._fabric.all_reduce(torch.stack([total, valid]), reduce_op="sum")
                values["loss"] = float(sums[0] / sums[1].clamp(min=1))
            for name, metric in self._metrics.items():
                values |= flatten(name, metric.compute())
        return values

    def _batches(self, at_most: int | None) -> Iterator[list[int]]:
        count = len(self._frames) if at_most is None else min(at_most, len(self._frames))
        rows = list(range(self._fabric.global_rank, count, self._fabric.world_size))
        for start in range(0, len(rows), self._batch_size):
            yield rows[start : start + self._batch_size]

    def _update(self, logits: Tensor, rows: Sequence[int]) -> None:
        """Hand logits and masks at the frames' own size to the metrics, neighbors of one size together."""
        masks = [self._frames.own_mask(row) for row in rows]
        for size, group in groupby(range(len(rows)), key=lambda n: tuple(masks[n].shape)):
            members = list(group)
            own = at_size(logits[members[0] : members[-1] + 1], (size[0], size[1]))
            target = torch.stack([masks[n] for n in members]).to(own.device).long()
            metas = [self._frames.metas[rows[n]] for n in members]
            for metric in self._metrics.values():
                metric.update(own, target, metas)


def flatten(name: str, result: Any, keep_nan: bool = False) -> dict[str, float]:
    """Name what a metric computed: a number ``name``, a dict of numbers ``name_key``; NaN is left out."""
    entries = {f"{name}_{key}": value for key, value in result.items()} if isinstance(result, dict) else {name: result}
    numbers = {key: float(value) for key, value in entries.items()}
    return {key: number for key, number in numbers.items() if keep_nan or not math.isnan(number)}

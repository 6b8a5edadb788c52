"""The losses of a recipe as one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from segkit.kinds import Loss
from segkit.recipe import Weight


class WeightedSum:
    """The sum of losses, each times its weight; of auxiliary logits, the mean of the same times 0.4.

    The factor is that of the auxiliary branch of PSPNet (Zhao et al. 2017, arXiv:1612.01105). A loss whose weight is 0
    is not computed.
    """

    auxiliary = 0.4

    def __init__(self, losses: Sequence[tuple[Loss, Weight]]) -> None:
        self._losses = losses

    def to(self, device: torch.device) -> WeightedSum:
        """Move what the losses hold, such as a kernel, to a device."""
        for loss, _ in self._losses:
            if isinstance(loss, nn.Module):
                loss.to(device)
        return self

    def __call__(self, output: Tensor | tuple[Tensor, list[Tensor]], target: Tensor, epoch: float = math.inf) -> Tensor:
        """Give the loss, 0-d.

        Args:
            output: What the model gave.
            target: (N, H, W).
            epoch: Whose weights count, with its fraction. By default the last ones: what is measured outside of
                training is to be comparable from epoch to epoch.
        """
        if isinstance(output, Tensor):
            return self._sum(output.float(), target, epoch)
        logits, others = output
        extra = torch.stack([self(other, target, epoch) for other in others]).mean() if others else 0.0
        return self(logits, target, epoch) + self.auxiliary * extra

    def _sum(self, logits: Tensor, target: Tensor, epoch: float) -> Tensor:
        weighted = [(loss, weight.at(epoch)) for loss, weight in self._losses]
        costs = [factor * loss(logits, target) for loss, factor in weighted if factor]
        return torch.stack(costs).sum() if costs else logits.sum() * 0

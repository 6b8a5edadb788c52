"""A learning rate that falls along half a cosine."""

from __future__ import annotations

from math import cos, pi
from typing import final

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from segkit_std.schedulers._warmup import warmup_factor, warmup_steps


@final
class CosineSchedule(LambdaLR):
    """The optimizer's learning rate, falling along half a cosine until the end of the run.

    Of T steps, w of them warm-up, step t >= w (from 0) has the optimizer's rate times
    ``floor + (1 - floor) (1 + cos(pi (t - w) / (T - w))) / 2``; past the end it stays at the floor
    (Loshchilov & Hutter 2017, arXiv:1608.03983, without restarts).

    Args:
        floor: Rate at the end as a share of the optimizer's, in [0, 1].
        warmup_epochs: Epochs, or a fraction of one, over which the rate first grows evenly up to the optimizer's.

    Raises:
        ValueError: When ``floor`` lies outside [0, 1] or ``warmup_epochs`` is negative.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        total_steps: int,
        steps_per_epoch: int,
        floor: float = 0.0,
        warmup_epochs: float = 0.0,
    ) -> None:
        if not 0 <= floor <= 1:
            raise ValueError(f"floor must be a share of the learning rate in [0, 1], not {floor}: give such as 0.01")
        warmup = warmup_steps(warmup_epochs, steps_per_epoch)

        def factor(step: int) -> float:
            if step < warmup:
                return warmup_factor(step, warmup)
            progress = min(1.0, (step - warmup) / max(1, total_steps - warmup))
            return floor + (1 - floor) * (1 + cos(pi * progress)) / 2

        super().__init__(optimizer, factor)

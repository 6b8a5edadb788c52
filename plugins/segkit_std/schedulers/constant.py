"""A constant learning rate."""

from __future__ import annotations

from typing import final

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from segkit_std.schedulers._warmup import warmup_factor, warmup_steps


@final
class ConstantSchedule(LambdaLR):
    """The optimizer's learning rate, unchanged, perhaps after a linear warm-up.

    Args:
        warmup_epochs: Epochs, or a fraction of one, over which the rate grows evenly up to the optimizer's.

    Raises:
        ValueError: When ``warmup_epochs`` is negative.
    """

    def __init__(self, optimizer: Optimizer, steps_per_epoch: int, warmup_epochs: float = 0.0) -> None:
        warmup = warmup_steps(warmup_epochs, steps_per_epoch)
        super().__init__(optimizer, lambda step: warmup_factor(step, warmup))

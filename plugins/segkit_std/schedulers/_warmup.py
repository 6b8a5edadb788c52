"""The linear warm-up that schedules share."""

from __future__ import annotations


def warmup_steps(warmup_epochs: float, steps_per_epoch: int) -> int:
    """Give the number of optimizer steps that ``warmup_epochs`` last.

    Raises:
        ValueError: When it is negative.
    """
    if not warmup_epochs >= 0:
        raise ValueError(f"warmup_epochs must be 0 or more, not {warmup_epochs}: give such as 0.5 for half an epoch")
    return round(warmup_epochs * steps_per_epoch)


def warmup_factor(step: int, steps: int) -> float:
    """Give the factor on the rate at a step (from 0): 1/steps, 2/steps, ... and 1 from the last warm-up step on."""
    return min(1.0, (step + 1) / max(1, steps))

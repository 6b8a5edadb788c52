"""The one-cycle policy."""

from __future__ import annotations

from math import cos, pi
from typing import Any, final

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

LOW_MOMENTUM, HIGH_MOMENTUM = 0.85, 0.95


@final
class OneCycleSchedule(LRScheduler):
    """One cycle of the learning rate: up to the optimizer's, then down to almost nothing.

    The rate begins at ``lr / div_factor``, reaches the optimizer's ``lr`` after the share ``pct_start`` of the run, and
    ends at ``lr / div_factor / final_div_factor``, along half cosines (Smith & Topin 2018, arXiv:1708.07120). Momentum
    (Adam's first beta) does the opposite, 0.95 to 0.85 to 0.95, for an optimizer that has any; one made without
    momentum is left without.

    The numbers are those of ``torch.optim.lr_scheduler.OneCycleLR``, which divides by 0 when the rise is one step long,
    and raises past the end: here a rise of at most one step is left out, and past the end everything stays as it is.

    Args:
        pct_start: Share of the run in which the rate rises, in [0, 1].
        div_factor: The peak rate over the first, at least 1.
        final_div_factor: The first rate over the last, at least 1.
        cycle_momentum: Whether momentum moves against the rate.

    Raises:
        ValueError: When an option lies outside its range.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        total_steps: int,
        pct_start: float = 0.3,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        cycle_momentum: bool = True,
    ) -> None:
        if not 0 <= pct_start <= 1:
            raise ValueError(f"pct_start must be a share of the run in [0, 1], not {pct_start}: give such as 0.3")
        if not (div_factor >= 1 and final_div_factor >= 1):
            raise ValueError(
                f"div_factor and final_div_factor must be 1 or more, not {div_factor} and {final_div_factor}"
            )
        self.last_step = total_steps - 1
        self.peak_step = max(0.0, pct_start * total_steps - 1)
        self.first, self.last = 1 / div_factor, 1 / (div_factor * final_div_factor)
        self.cycle_momentum = cycle_momentum
        super().__init__(optimizer)

    def get_lr(self) -> list[float | Tensor]:
        """Give each group's rate at the present step, and move its momentum along."""
        if self.cycle_momentum:
            momentum = self._at_step(HIGH_MOMENTUM, LOW_MOMENTUM, HIGH_MOMENTUM)
            for group in self.optimizer.param_groups:
                _set_momentum(group, momentum)
        factor = self._at_step(self.first, 1.0, self.last)
        return [base * factor for base in self.base_lrs]

    def _at_step(self, start: float, peak: float, end: float) -> float:
        """Give the value at the present step of a curve through three values, joined by half cosines."""
        step = min(self.last_epoch, self.last_step)  # torch counts steps in last_epoch
        if step < self.peak_step:
            return _cosine(start, peak, step / self.peak_step)
        if step == self.peak_step:
            return peak
        return _cosine(peak, end, (step - self.peak_step) / (self.last_step - self.peak_step))


def _cosine(start: float, end: float, progress: float) -> float:
    return end + (start - end) * (1 + cos(pi * progress)) / 2


def _set_momentum(group: dict[str, Any], momentum: float) -> None:
    if "betas" in group:
        group["betas"] = (momentum, *group["betas"][1:])
    elif group.get("momentum", 0) > 0:
        group["momentum"] = momentum

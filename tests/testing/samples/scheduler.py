"""A schedule that keeps its contract, and others that break it in one way each."""

from __future__ import annotations

import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler


class Healthy(LRScheduler):
    """The rate falls in a straight line to nothing at the end of the run."""

    def __init__(self, optimizer: Optimizer, total_steps: int) -> None:
        self.total_steps = total_steps
        super().__init__(optimizer)

    def get_lr(self) -> list[float]:
        return [base * self.factor(self.last_epoch) for base in self.base_lrs]

    def factor(self, step: int) -> float:
        return max(0.0, 1 - step / self.total_steps)


class RaisesAtTheEnd(Healthy):
    """Counts the step behind the last one as a mistake."""

    def factor(self, step: int) -> float:
        if step >= self.total_steps:
            raise ValueError(f"tried to step {step} times, there are {self.total_steps}")
        return super().factor(step)


class BelowZero(Healthy):
    """Falls on below zero before the end."""

    def factor(self, step: int) -> float:
        return 1 - 1.5 * step / self.total_steps


class ByOneLess(Healthy):
    """Divides by the number of steps but one."""

    def factor(self, step: int) -> float:
        return max(0.0, 1 - step / (self.total_steps - 1))


class Unsaved(Healthy):
    """Begins anew when it goes on."""

    def load_state_dict(self, state: object) -> None:
        pass


class Wanders(Healthy):
    """Draws its rate at random."""

    def factor(self, step: int) -> float:
        return torch.rand(()).item()


class TooMuchMomentum(Healthy):
    """Raises momentum without a limit."""

    def factor(self, step: int) -> float:
        for group in self.optimizer.param_groups:
            if "betas" in group:
                group["betas"] = (0.9 + 0.05 * step, group["betas"][1])
        return super().factor(step)


class Meddles(Healthy):
    """Shrinks the weights."""

    def step(self) -> None:
        super().step()
        for group in self.optimizer.param_groups:
            for p in group["params"]:
                p.data *= 0.99

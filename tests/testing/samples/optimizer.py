"""An optimizer that keeps its contract, and others that break it in one way each."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer


class Healthy(Optimizer):
    """Gradient descent with momentum.

    Args:
        lr: The rate.
    """

    def __init__(self, params: Any, lr: float = 0.01) -> None:
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self.move(p, p.grad, group["lr"])

    def move(self, p: Tensor, gradient: Tensor, rate: float) -> None:
        state = self.state[p]
        state["velocity"] = 0.9 * state.get("velocity", torch.zeros_like(p)) + gradient
        p -= rate * state["velocity"]


class Uphill(Healthy):
    """Goes up."""

    def move(self, p: Tensor, gradient: Tensor, rate: float) -> None:
        super().move(p, -gradient, rate)


class Forgetful(Healthy):
    """Keeps its momentum where no state has it."""

    def __init__(self, params: Any, lr: float = 0.01) -> None:
        super().__init__(params, lr)
        self.velocities: dict[Tensor, Tensor] = {}

    def move(self, p: Tensor, gradient: Tensor, rate: float) -> None:
        self.velocities[p] = 0.9 * self.velocities.get(p, torch.zeros_like(p)) + gradient
        p -= rate * self.velocities[p]


class NeedsEveryGradient(Healthy):
    """Shrinks parameters without a gradient as well."""

    @torch.no_grad()
    def step(self) -> None:
        super().step()
        for group in self.param_groups:
            for p in group["params"]:
                p *= 1 - 0.1 * group["lr"]


class OwnRate(Healthy):
    """Does not look at its group's rate."""

    def move(self, p: Tensor, gradient: Tensor, rate: float) -> None:
        super().move(p, gradient, 0.01)


class ByTheNorm(Healthy):
    """Divides by the norm of a gradient that is 0."""

    def move(self, p: Tensor, gradient: Tensor, rate: float) -> None:
        super().move(p, gradient / gradient.norm(), rate)


class FirstOnly(Healthy):
    """Moves the first parameter alone."""

    @torch.no_grad()
    def step(self) -> None:
        p = self.param_groups[0]["params"][0]
        self.move(p, p.grad, self.param_groups[0]["lr"])


class Noisy(Healthy):
    """Adds noise to its steps."""

    def move(self, p: Tensor, gradient: Tensor, rate: float) -> None:
        super().move(p, gradient + 0.1 * torch.randn_like(gradient), rate)


class KeepsGradients(Healthy):
    """Adds up the gradients of all steps."""

    def zero_grad(self, set_to_none: bool = True) -> None:
        pass

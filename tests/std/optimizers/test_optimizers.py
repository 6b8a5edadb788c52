from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from segkit.spec import ComponentSpec
from segkit_std.optimizers.specs import SPECS

BY_NAME = {spec.name: spec for spec in SPECS}
each_spec = pytest.mark.parametrize("spec", SPECS, ids=BY_NAME.keys())


def load(spec: ComponentSpec) -> Any:
    module, _, attribute = spec.path.partition(":")
    return getattr(import_module(module), attribute)


def make(name: str, params: list[nn.Parameter], **options: Any) -> torch.optim.Optimizer:
    spec = BY_NAME[name]
    optimizer: torch.optim.Optimizer = load(spec)(params=params, **spec.fixed, **options)
    return optimizer


def step(optimizer: torch.optim.Optimizer, x: nn.Parameter, loss: Tensor) -> tuple[float, float]:
    optimizer.zero_grad()
    torch.autograd.backward(loss)
    assert x.grad is not None
    gradient = x.grad.item()
    optimizer.step()
    return gradient, x.item()


def test_gradient_descent_by_hand() -> None:
    """f(x) = 3x^2 + 5x + 4 from x = 1 at rate 0.01: f'(1) = 11, so x = 1 - 0.11 = 0.89, and so on."""
    x = nn.Parameter(torch.tensor(1.0, dtype=torch.float64))
    optimizer = make("sgd", [x], lr=0.01)
    steps = [step(optimizer, x, 3 * x**2 + 5 * x + 4) for _ in range(3)]
    assert [gradient for gradient, _ in steps] == pytest.approx([11, 10.34, 9.7196], rel=1e-12)
    assert [value for _, value in steps] == pytest.approx([0.89, 0.7866, 0.689404], rel=1e-12)


def test_gradient_descent_ends_in_the_minimum() -> None:
    x = nn.Parameter(torch.tensor(1.0, dtype=torch.float64))
    optimizer = make("sgd", [x], lr=0.01)
    for _ in range(600):
        step(optimizer, x, 3 * x**2 + 5 * x + 4)
    assert x.item() == pytest.approx(-5 / 6, rel=1e-9)


@pytest.mark.parametrize(("nesterov", "expected"), [(False, [0.9, 0.72]), (True, [0.81, 0.5751])])
def test_momentum_by_hand(nesterov: bool, expected: list[float]) -> None:
    """f = x^2 / 2 (gradient x), rate 0.1, momentum 0.9: v = 0.9 v + g; x -= 0.1 v; Nesterov: x -= 0.1 (g + 0.9 v)."""
    x = nn.Parameter(torch.tensor(1.0, dtype=torch.float64))
    optimizer = make("sgd", [x], lr=0.1, momentum=0.9, nesterov=nesterov)
    assert [step(optimizer, x, x**2 / 2)[1] for _ in range(2)] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("adam", {"lr": 0.1}, 0.9),  # the bias correction makes the first step lr * sign(gradient)
        ("adamw", {"lr": 0.1, "weight_decay": 0.5}, 0.85),  # and decay takes lr * 0.5 * x off beside it
        ("rmsprop", {"lr": 0.1, "alpha": 0.75}, 0.8),  # g / sqrt(0.25 g^2) = 2
    ],
)
def test_first_adaptive_step_by_hand(name: str, options: dict[str, float], expected: float) -> None:
    x = nn.Parameter(torch.tensor(1.0, dtype=torch.float64))
    assert step(make(name, [x], **options), x, 3 * x**2)[1] == pytest.approx(expected, rel=1e-7)


@each_spec
def test_options_are_the_method_and_not_its_implementation(spec: ComponentSpec) -> None:
    options = set(inspect.signature(load(spec)).parameters) - {"params", *spec.fixed}
    method = {"lr", "momentum", "dampening", "weight_decay", "nesterov", "betas", "eps", "amsgrad", "alpha", "centered"}
    assert {"lr", "weight_decay"} <= options <= method


@each_spec
def test_the_default_rate_learns(spec: ComponentSpec) -> None:
    x = nn.Parameter(torch.tensor(1.0))
    optimizer = make(spec.name, [x])
    for _ in range(10):
        step(optimizer, x, x**2)
    assert 0 < x.item() < 1


@each_spec
def test_a_negative_rate_is_refused(spec: ComponentSpec) -> None:
    with pytest.raises(ValueError, match="-1"):
        make(spec.name, [nn.Parameter(torch.zeros(1))], lr=-1.0)

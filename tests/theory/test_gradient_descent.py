"""T4-6: gradient descent, and its stochastic form.

``w <- w - rate * gradient``. For 3x^2 + 5x + 4 from x = 1 at rate 0.01 the gradients are 11, 10.34 and 9.7196, and x
becomes 0.89, 0.7866 and 0.689404; the assignment's 0.7856, 10.714 and 0.6784 are slips. Stochastic: each step follows
the gradient of a random part of the data, which is that of all data in the mean.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

import segkit


def f(x: Tensor) -> Tensor:
    return 3 * x**2 + 5 * x + 4


def descend(name: str, steps: int, start: float = 1.0, **options: Any) -> tuple[list[float], list[float]]:
    """The gradients that were followed and the places they led to."""
    x = nn.Parameter(torch.tensor(start, dtype=torch.float64))
    optimizer = segkit.build("optimizer", name, options, params=[x])
    gradients, places = [], []
    for _ in range(steps):
        optimizer.zero_grad()
        f(x).backward()
        assert x.grad is not None
        gradients.append(x.grad.item())
        optimizer.step()
        places.append(x.item())
    return gradients, places


def test_three_steps_by_hand() -> None:
    gradients, places = descend("sgd", 3, lr=0.01)
    assert gradients == pytest.approx([6 * x + 5 for x in (1, 0.89, 0.7866)], rel=1e-12)
    assert gradients == pytest.approx([11, 10.34, 9.7196], rel=1e-12)
    assert places == pytest.approx([0.89, 0.7866, 0.689404], rel=1e-12)


def test_the_figures_of_the_assignment_do_not_follow_from_the_rule() -> None:
    gradients, places = descend("sgd", 3, lr=0.01)
    for slip, value in ((0.7856, places[1]), (10.714, gradients[1]), (0.6784, places[2])):
        assert abs(slip - value) > 5e-4


def test_descent_ends_in_the_minimum() -> None:
    assert descend("sgd", 600, lr=0.01)[1][-1] == pytest.approx(-5 / 6, rel=1e-9)
    assert float(f(torch.tensor(-5 / 6, dtype=torch.float64))) == pytest.approx(4 - 25 / 12)


@pytest.mark.parametrize(("nesterov", "expected"), [(False, [0.89, 0.6876]), (True, [0.791, 0.516726])])
def test_momentum_by_hand(nesterov: bool, expected: list[float]) -> None:
    """v = 0.9 v + g and x -= 0.01 v: v is 11, then 9.9 + 10.34 = 20.24.

    Nesterov: x -= 0.01 (g + 0.9 v): 11 + 9.9 = 20.9; then g = 9.746, v = 9.9 + g = 19.646, g + 0.9 v = 27.4274.
    """
    assert descend("sgd", 2, lr=0.01, momentum=0.9, nesterov=nesterov)[1] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "options", "length"),
    [("adam", {}, 1), ("adamw", {"weight_decay": 0.0}, 1), ("rmsprop", {"alpha": 0.99}, 10)],
)
@pytest.mark.parametrize("start", [1.0, 100.0])
def test_the_first_step_of_the_adaptive_ones_does_not_depend_on_the_gradients_size(
    name: str, options: dict[str, Any], length: float, start: float
) -> None:
    """Adam: m / root v = g / |g|. RMSprop: g / root(0.01 g^2) = 10 g / |g|. Plain descent: the gradient itself."""
    step = start - descend(name, 1, start=start, lr=0.01, **options)[1][0]
    assert step == pytest.approx(0.01 * length, rel=1e-6)
    assert start - descend("sgd", 1, start=start, lr=0.01)[1][0] == pytest.approx(0.01 * (6 * start + 5))


@pytest.mark.parametrize(
    ("name", "options"),
    [("sgd", {"momentum": 0.9}), ("adam", {}), ("adamw", {"weight_decay": 0.0}), ("rmsprop", {})],
)
def test_every_optimizer_finds_the_minimum(name: str, options: dict[str, Any]) -> None:
    assert descend(name, 2000, lr=0.01, **options)[1][-1] == pytest.approx(-5 / 6, abs=0.01)


def regression() -> tuple[nn.Module, Tensor, Tensor]:
    return nn.Linear(5, 1).double(), torch.randn(24, 5).double(), torch.randn(24, 1).double()


def gradient(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    loss = (net(x) - y).square().mean()
    return nn.utils.parameters_to_vector(torch.autograd.grad(loss, list(net.parameters())))


def test_the_mean_gradient_of_equal_batches_is_the_full_gradient() -> None:
    net, x, y = regression()
    order = torch.randperm(24)
    parts = [gradient(net, x[rows], y[rows]) for rows in order.split(6)]
    full = gradient(net, x, y)
    torch.testing.assert_close(torch.stack(parts).mean(0), full)
    assert all((part - full).norm() > 0.05 * full.norm() for part in parts)  # each one is off


def test_batches_of_unequal_sizes_must_be_weighted() -> None:
    net, x, y = regression()
    sizes = [9, 9, 6]
    parts = [gradient(net, *pair) for pair in zip(x.split(sizes), y.split(sizes), strict=True)]
    full = gradient(net, x, y)
    weighted = sum(size * part for size, part in zip(sizes, parts, strict=True)) / 24
    torch.testing.assert_close(weighted, full)
    assert (torch.stack(parts).mean(0) - full).norm() > 1e-3 * full.norm()

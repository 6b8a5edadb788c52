"""M8-9: activations.

They make a network more than one linear map. They do not "prevent vanishing gradients" as such: sigmoid (slope at most
1/4) and tanh (which saturates) *cause* them in deep networks; ReLU and its kin, slope 1 above zero, are the remedy.
"""

from __future__ import annotations

from collections.abc import Callable
from math import erf, exp, log1p, sqrt, tanh
from typing import Any

import pytest
import torch
from torch import Tensor

import segkit

SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772  # of SELU: Klambauer et al. 2017, arXiv:1706.02515

BY_HAND: dict[str, Callable[[float], float]] = {
    "identity": lambda x: x,
    "relu": lambda x: max(0.0, x),
    "leaky_relu": lambda x: max(0.01 * x, x),
    "prelu": lambda x: max(0.25 * x, x),
    "sigmoid": lambda x: 1 / (1 + exp(-x)),
    "hardsigmoid": lambda x: min(1.0, max(0.0, x / 6 + 0.5)),
    "tanh": tanh,
    "softplus": lambda x: log1p(exp(x)),
    "silu": lambda x: x / (1 + exp(-x)),
    "hardswish": lambda x: x * min(6.0, max(0.0, x + 3)) / 6,
    "mish": lambda x: x * tanh(log1p(exp(x))),
    "gelu": lambda x: x * (1 + erf(x / sqrt(2))) / 2,
    "elu": lambda x: x if x > 0 else exp(x) - 1,
    "selu": lambda x: SCALE * (x if x > 0 else ALPHA * (exp(x) - 1)),
}


def activation(name: str) -> Any:
    return segkit.build("activation", name).double()


def maps(values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64).reshape(1, -1, 1, 1)


def slope(name: str, x: float) -> float:
    at = maps([x]).requires_grad_()
    activation(name)(at).sum().backward()
    assert at.grad is not None
    return at.grad.item()


def deep_slope(name: str, depth: int) -> float:
    """The slope of ``depth`` activations in a row, from 0.5."""
    start = at = maps([0.5]).requires_grad_()
    for _ in range(depth):
        at = activation(name)(at)
    at.sum().backward()
    assert start.grad is not None
    return start.grad.item()


@pytest.mark.parametrize("name", BY_HAND)
def test_an_activation_is_its_formula(name: str) -> None:
    values = [-6.0, -2.5, -0.1, 0.0, 0.1, 2.5, 6.0]
    assert activation(name)(maps(values)).flatten().tolist() == pytest.approx([BY_HAND[name](x) for x in values])


def test_the_sigmoid_is_one_half_at_zero_with_slope_one_quarter() -> None:
    assert activation("sigmoid")(maps([0.0])).item() == 0.5
    assert slope("sigmoid", 0.0) == 0.25
    assert slope("tanh", 0.0) == 1
    assert max(slope("sigmoid", x / 10) for x in range(-50, 51)) == 0.25


def test_sigmoid_and_tanh_let_gradients_vanish_and_relu_does_not() -> None:
    assert 0 < deep_slope("sigmoid", 20) <= 0.25**20
    assert 0 < deep_slope("tanh", 1000) < 1e-3
    assert deep_slope("relu", 1000) == 1
    assert slope("tanh", 10.0) < 1e-8
    assert slope("relu", 10.0) == 1


def test_relu_is_dead_below_zero_and_the_leaky_ones_are_not() -> None:
    assert [slope(name, -1.0) for name in ("relu", "leaky_relu", "prelu")] == [0, 0.01, 0.25]


def test_the_slope_of_prelu_is_learned() -> None:
    """From slope 0.25 at x = -2, the square error to the target -1 is lowered by the slope 0.5."""
    prelu = activation("prelu")
    optimizer = segkit.build("optimizer", "sgd", {"lr": 0.1}, params=list(prelu.parameters()))
    for _ in range(50):
        optimizer.zero_grad()
        (prelu(maps([-2.0])) + 1).square().sum().backward()
        optimizer.step()
    assert prelu.weight.item() == pytest.approx(0.5)
    assert not list(activation("leaky_relu").parameters())


def test_softmax_is_over_the_channels_of_a_pixel() -> None:
    x = torch.randn(2, 5, 3, 4, dtype=torch.float64)
    result = activation("softmax")(x)
    torch.testing.assert_close(result.sum(1), torch.ones(2, 3, 4, dtype=torch.float64))
    assert (result.sum(3) - 1).abs().max() > 0.1


def test_softmax_is_stable_where_its_formula_is_not() -> None:
    x = torch.tensor([1e4, 1e4, -1e4]).reshape(1, 3, 1, 1)
    assert (x.exp() / x.exp().sum(1, keepdim=True)).isnan().any()
    assert segkit.build("activation", "softmax")(x).flatten().tolist() == [0.5, 0.5, 0]


def test_without_an_activation_two_layers_are_one() -> None:
    first, second = torch.nn.Linear(3, 4).double(), torch.nn.Linear(4, 2).double()
    x = torch.randn(7, 3, dtype=torch.float64)
    weight, bias = second.weight @ first.weight, second.weight @ first.bias + second.bias
    torch.testing.assert_close(second(activation("identity")(first(x))), x @ weight.T + bias)
    assert (second(activation("relu")(first(x))) - (x @ weight.T + bias)).abs().max() > 1e-3

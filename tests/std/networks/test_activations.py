from __future__ import annotations

import math

import pytest
import torch

from segkit_std.activations.specs import SPECS

NAMES = [spec.name for spec in SPECS]

BY_HAND = {
    "relu": lambda x: max(0.0, x),
    "leaky_relu": lambda x: x if x > 0 else 0.01 * x,
    "prelu": lambda x: x if x > 0 else 0.25 * x,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": lambda x: (math.exp(x) - math.exp(-x)) / (math.exp(x) + math.exp(-x)),
    "gelu": lambda x: x * 0.5 * (1 + math.erf(x / math.sqrt(2))),
    "silu": lambda x: x / (1 + math.exp(-x)),
    "mish": lambda x: x * math.tanh(math.log(1 + math.exp(x))),
    "hardswish": lambda x: x * min(max(x + 3, 0), 6) / 6,
    "hardsigmoid": lambda x: min(max(x + 3, 0), 6) / 6,
    "elu": lambda x: x if x > 0 else math.exp(x) - 1,
    "selu": lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * (math.exp(x) - 1)),
    "softplus": lambda x: math.log(1 + math.exp(x)),
    "identity": lambda x: x,
}


@pytest.mark.parametrize("name", BY_HAND)
def test_an_activation_is_its_formula(make, name):
    values = [-7.0, -3.0, -1.0, -0.1, 0.0, 0.1, 1.0, 3.0, 7.0]
    x = torch.tensor(values, dtype=torch.float64).reshape(1, 9, 1, 1)
    expected = torch.tensor([BY_HAND[name](value) for value in values], dtype=torch.float64).reshape(1, 9, 1, 1)
    torch.testing.assert_close(make("activation", name)().double()(x), expected, rtol=1e-12, atol=1e-14)


def test_every_activation_is_held_by_a_formula_or_by_the_softmax_tests():
    assert {*BY_HAND, "softmax"} == set(NAMES)


def test_sigmoid_at_zero_is_a_half_with_slope_a_quarter(make):
    x = torch.zeros(1, 1, 1, 1, dtype=torch.float64, requires_grad=True)
    y = make("activation", "sigmoid")()(x)
    y.sum().backward()
    assert y.item() == 0.5
    assert x.grad.item() == 0.25


def test_the_sigmoids_slope_is_nowhere_above_a_quarter_and_vanishes(make):
    x = torch.linspace(-20, 20, 401, dtype=torch.float64).reshape(1, 1, 1, -1).requires_grad_()
    make("activation", "sigmoid")()(x).sum().backward()
    assert x.grad.max() <= 0.25
    assert x.grad[..., -1].item() < 1e-8


def test_softmax_is_over_the_channels_and_sums_to_one(make):
    x = torch.randn(2, 5, 3, 4, dtype=torch.float64)
    result = make("activation", "softmax")()(x)
    torch.testing.assert_close(result.sum(1), torch.ones(2, 3, 4, dtype=torch.float64))
    torch.testing.assert_close(result, x.exp() / x.exp().sum(1, keepdim=True))


def test_softmax_is_stable_at_large_values(make):
    x = torch.tensor([1e4, 1e4, -1e4]).reshape(1, 3, 1, 1).requires_grad_()
    result = make("activation", "softmax")()(x)
    result[0, 0].sum().backward()
    assert result.flatten().tolist() == [0.5, 0.5, 0.0]
    assert torch.isfinite(x.grad).all()


def test_selu_keeps_zero_mean_and_unit_variance(make):
    """Its two constants are the solution of this fixed point (Klambauer et al. 2017): the integrals over a normal."""
    x = torch.linspace(-12, 12, 200_001, dtype=torch.float64)
    density = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    y = make("activation", "selu")()(x.reshape(1, 1, 1, -1)).flatten()
    assert torch.trapezoid(y * density, x).item() == pytest.approx(0, abs=1e-8)
    assert torch.trapezoid(y**2 * density, x).item() == pytest.approx(1, abs=1e-8)


def test_softplus_is_the_sigmoids_integral(make):
    x = torch.linspace(-15, 15, 31, dtype=torch.float64).reshape(1, 1, 1, -1).requires_grad_()
    make("activation", "softplus")()(x).sum().backward()
    torch.testing.assert_close(x.grad, torch.special.expit(x.detach()), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "softmax"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_large_values_stay_finite_in_value_and_gradient(make, name, dtype):
    x = torch.tensor([-1e4, -100.0, 100.0, 1e4], dtype=dtype).reshape(1, 1, 1, 4).requires_grad_()
    result = make("activation", name)().to(dtype)(x)
    result.float().sum().backward()
    assert result.dtype == dtype
    assert torch.isfinite(result).all()
    assert torch.isfinite(x.grad).all()


def test_prelus_slope_learns_and_is_its_own(make):
    first, second = make("activation", "prelu")(), make("activation", "prelu")()
    optimizer = torch.optim.SGD(first.parameters(), lr=0.1)
    x = torch.tensor([-2.0, 3.0]).reshape(1, 1, 1, 2)
    first(x).sum().backward()
    assert first.weight.grad.item() == -2.0  # the sum of the inputs below zero
    optimizer.step()
    assert first.weight.item() == pytest.approx(0.25 + 0.2)
    assert second.weight.item() == 0.25


@pytest.mark.parametrize("name", NAMES)
def test_shape_is_kept_and_the_input_is_left_alone(make, name):
    x = torch.randn(2, 3, 4, 5)
    before = x.clone()
    assert make("activation", name)()(x).shape == x.shape
    assert torch.equal(x, before)

"""T2-3: back-propagation is the chain rule, applied from the loss backwards; every factor is computed once.

Here for a network of two layers and a sigmoid, with binary cross-entropy on its logit, by hand; by autograd; and by
moving each weight a little.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import segkit

Arrays = dict[str, np.ndarray]


def network() -> tuple[Arrays, np.ndarray, np.ndarray]:
    """Weights of 3 -> 4 -> 1, inputs (6, 3), targets (6,)."""
    rng = np.random.default_rng(0)
    shapes = {"w1": (4, 3), "b1": (4,), "w2": (1, 4), "b2": (1,)}
    weights = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    return weights, rng.normal(size=(6, 3)), rng.integers(0, 2, 6)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def forward(w: Arrays, x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The loss, the hidden layer (N, 4) and the predicted probability (N,)."""
    hidden = sigmoid(x @ w["w1"].T + w["b1"])
    p = sigmoid(hidden @ w["w2"].T + w["b2"])[:, 0]
    return float(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()), hidden, p


def by_the_chain_rule(w: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
    _, hidden, p = forward(w, x, y)
    at_logit = ((p - y) / len(y))[:, None]  # of cross-entropy and sigmoid together
    at_hidden = at_logit @ w["w2"] * hidden * (1 - hidden)
    return {"w1": at_hidden.T @ x, "b1": at_hidden.sum(0), "w2": at_logit.T @ hidden, "b2": at_logit.sum(0)}


def by_autograd(w: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
    t: dict[str, Any] = {name: torch.tensor(value, requires_grad=True) for name, value in w.items()}
    activation = segkit.build("activation", "sigmoid")
    logits = activation(torch.tensor(x) @ t["w1"].T + t["b1"]) @ t["w2"].T + t["b2"]
    loss = segkit.build("loss", "bce")(logits.reshape(-1, 1, 1, 1), torch.tensor(y).reshape(-1, 1, 1))
    loss.backward()
    return {name: tensor.grad.numpy() for name, tensor in t.items()}


def by_differences(w: Arrays, x: np.ndarray, y: np.ndarray, step: float = 1e-6) -> Arrays:
    slopes = {name: np.zeros_like(value) for name, value in w.items()}
    for name, value in w.items():
        for index in np.ndindex(value.shape):
            losses = []
            for sign in (1, -1):
                moved = {key: array.copy() for key, array in w.items()}
                moved[name][index] += sign * step
                losses.append(forward(moved, x, y)[0])
            slopes[name][index] = (losses[0] - losses[1]) / (2 * step)
    return slopes


@pytest.mark.parametrize("name", ["w1", "b1", "w2", "b2"])
def test_the_chain_rule_by_hand_autograd_and_differences_agree(name: str) -> None:
    by_hand = by_the_chain_rule(*network())[name]
    np.testing.assert_allclose(by_autograd(*network())[name], by_hand, rtol=1e-10, atol=1e-15)
    np.testing.assert_allclose(by_differences(*network())[name], by_hand, rtol=1e-6, atol=1e-9)


def test_a_chain_with_a_factor_left_out_is_another_gradient() -> None:
    """Without h (1 - h), the slope of the hidden sigmoid, the first layer's gradient is several times too large."""
    w, x, y = network()
    _, _, p = forward(w, x, y)
    without = (((p - y) / len(y))[:, None] @ w["w2"]).T @ x
    assert np.linalg.norm(without) > 3 * np.linalg.norm(by_autograd(w, x, y)["w1"])


def test_a_weight_that_is_used_twice_gets_the_sum_of_its_gradients() -> None:
    """y = w (w x): dy/dw = w x + w x, which is why a kernel collects its gradient from all places it is laid on."""
    w = torch.tensor(3.0, requires_grad=True)
    (w * (w * 5.0)).backward()
    assert w.grad is not None
    assert w.grad.item() == 2 * 3 * 5

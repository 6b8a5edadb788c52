from __future__ import annotations

from math import exp, log
from typing import Any

import pytest
import torch
from torch import Tensor

from segkit_std.losses.bce import BinaryCrossEntropyLoss
from segkit_std.losses.cross_entropy import CrossEntropyLoss

THREE = ("sky", "sea", "land")


def reference(logits: Tensor, target: Tensor, weights: list[float], smoothing: float) -> float:
    """The definition, pixel by pixel in Python floats."""
    total = weight = 0.0
    count = logits.shape[1]
    for n, r, c in torch.cartesian_prod(*map(torch.arange, target.shape)).tolist():
        y = int(target[n, r, c])
        if y == 255:
            continue
        scores = [exp(v) for v in logits[n, :, r, c].tolist()]
        costs = [-w * log(s / sum(scores)) for w, s in zip(weights, scores, strict=True)]
        total += (1 - smoothing) * costs[y] + smoothing * sum(costs) / count
        weight += weights[y]
    return total / weight


def batch() -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    target = torch.randint(0, 3, (2, 4, 3))
    target[1, 2] = 255
    return torch.randn(2, 3, 4, 3, dtype=torch.float64), target


@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 0.5], [0.0, 1.0, 3.0]])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_agrees_with_the_definition(weights: list[float] | None, smoothing: float) -> None:
    loss = CrossEntropyLoss(classes=THREE, class_weights=weights, label_smoothing=smoothing)
    expected = reference(*batch(), weights or [1.0] * 3, smoothing)
    assert loss(*batch()).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_one_logit_is_binary_cross_entropy(smoothing: float) -> None:
    torch.manual_seed(0)
    logits, target = torch.randn(2, 1, 4, 4, dtype=torch.float64), torch.randint(0, 2, (2, 4, 4))
    softmax = CrossEntropyLoss(label_smoothing=smoothing)(logits, target).item()
    sigmoid = BinaryCrossEntropyLoss(label_smoothing=smoothing)(logits, target).item()
    assert softmax == pytest.approx(sigmoid, rel=1e-12)


def test_auto_weights_give_every_class_that_is_seen_the_same_say() -> None:
    counts = [100, 0, 300]
    weights = CrossEntropyLoss(classes=THREE, class_counts=counts, class_weights="auto").class_weights
    assert weights == [2.0, 1.0, pytest.approx(2 / 3)]
    assert weights[0] * counts[0] == pytest.approx(weights[2] * counts[2])


def test_only_weightless_pixels_give_zero() -> None:
    logits = torch.zeros(1, 3, 2, 2, requires_grad=True)
    loss = CrossEntropyLoss(classes=THREE, class_weights=[0.0, 1.0, 1.0])(logits, torch.zeros(1, 2, 2).long())
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert logits.grad.eq(0).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"class_weights": "auto"}, "needs the training pixels"),
        ({"class_weights": "auto", "class_counts": [0, 0]}, "needs the training pixels"),
        ({"class_weights": "automatic"}, "not 'automatic'"),
        ({"class_weights": [1.0, 2.0, 3.0]}, r"each of \['background', 'foreground'\]"),
        ({"class_weights": [1.0, -1.0]}, r"not \[1.0, -1.0\]"),
        ({"class_weights": [0.0, 0.0]}, "not all of them 0"),
        ({"label_smoothing": -0.1}, r"label_smoothing must lie in \[0, 1\)"),
    ],
)
def test_an_option_that_cannot_be_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CrossEntropyLoss(**options)

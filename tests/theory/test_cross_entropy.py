"""L1-8: binary cross-entropy, on logits.

A pixel with target y and predicted probability p costs ``-y log p - (1 - y) log(1 - p)``. For target 0 and prediction 1
that is not 0 but infinite: as wrong as can be. torch's BCELoss takes probabilities and BCEWithLogitsLoss the raw scores
(logits), not the other way round. The form on logits is the more accurate one; it has nothing to do with clipping
gradients, which is ``train.clip_norm``.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, inf, log
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

import segkit


def bce(z: list[float], y: list[int], dtype: torch.dtype = torch.float64, **options: Any) -> float:
    logits, target = torch.tensor(z, dtype=dtype).reshape(1, 1, 1, -1), torch.tensor(y).reshape(1, 1, -1)
    return float(segkit.build("loss", "bce", options)(logits, target))


def formula(p: float, y: int) -> float:
    return (-log(p) if p else inf) if y else (-log(1 - p) if p < 1 else inf)


@pytest.mark.parametrize("y", [0, 1])
@pytest.mark.parametrize("z", [-9.0, -0.3, 0.0, 2.0, 9.0])
def test_the_loss_is_its_formula(z: float, y: int) -> None:
    assert bce([z], [y]) == pytest.approx(formula(1 / (1 + exp(-z)), y), rel=1e-12)


@pytest.mark.parametrize(("y", "p", "limit"), [(1, 1, 0.0), (1, 0, inf), (0, 0, 0.0), (0, 1, inf)])
def test_the_four_cases_in_the_limit(y: int, p: int, limit: float) -> None:
    """(0, 1), "becomes 0" in the assignment, is infinite."""
    assert formula(p, y) == limit
    costs = [bce([z if p else -z], [y]) for z in (10.0, 100.0, 1000.0)]
    expected = [exp(-10), 0, 0] if limit == 0 else [10, 100, 1000]
    assert costs == pytest.approx(expected, rel=1e-4, abs=1e-12)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_the_loss_is_finite_at_huge_logits(dtype: torch.dtype) -> None:
    assert bce([1e4], [0], dtype) == pytest.approx(1e4, rel=1e-2)
    assert bce([-1e4], [1], dtype) == pytest.approx(1e4, rel=1e-2)
    assert bce([1e4, -1e4], [1, 0], dtype) == 0


def test_the_form_on_logits_is_right_where_the_others_are_not() -> None:
    """Target 0 and logit 40 costs 40. In float32 the sigmoid is 1 there: log(0), which BCELoss cuts off at 100."""
    z = torch.tensor([40.0], requires_grad=True)
    zero = torch.zeros(1)
    assert -torch.log(1 - z.sigmoid()).item() == inf
    assert nn.BCELoss()(z.sigmoid(), zero).item() == 100
    assert nn.BCEWithLogitsLoss()(z, zero).item() == bce([40.0], [0], torch.float32) == 40


def test_the_form_on_logits_keeps_the_gradient_that_the_other_loses() -> None:
    z = torch.tensor([40.0], requires_grad=True)
    (of_probability,) = torch.autograd.grad(nn.BCELoss()(z.sigmoid(), torch.zeros(1)), z)
    (of_logit,) = torch.autograd.grad(nn.BCEWithLogitsLoss()(z, torch.zeros(1)), z)
    assert (of_probability.item(), of_logit.item()) == (0, 1)


def test_bceloss_takes_probabilities_and_refuses_raw_scores() -> None:
    score, one = torch.tensor([2.0]), torch.ones(1)
    with pytest.raises(RuntimeError, match="between 0 and 1"):
        nn.BCELoss()(score, one)
    assert nn.BCELoss()(score.sigmoid(), one).item() == pytest.approx(formula(1 / (1 + exp(-2)), 1), rel=1e-6)
    # a probability taken for a logit: the sigmoid is applied twice, and being right costs a third at least
    assert nn.BCEWithLogitsLoss()(one, one).item() == pytest.approx(0.3133, abs=1e-4)


def test_logits_do_not_clip_gradients_and_clip_norm_does(train: Callable[..., Any], frames: Any) -> None:
    """One step of plain gradient descent at rate 1 moves the weights by the gradient, or by clip_norm if shorter."""
    frames({"train": 4, "val": 1, "test": 1})

    def weights(name: str, *overrides: str) -> Tensor:
        state = load_file(train(name, *overrides).folder / "model.safetensors")
        return torch.cat([state[key].flatten() for key in sorted(state)])

    free = weights("free")
    short, shorter = weights("short", "train.clip_norm=0.02"), weights("shorter", "train.clip_norm=0.01")
    assert float((short - shorter).norm()) == pytest.approx(0.01, rel=1e-3)
    # start - g for the free one, start - 0.01 g / |g| for the other: what lies between is |g| - 0.01
    assert float((free - shorter).norm()) > 0.05


def test_one_confident_mistake_outweighs_many_good_pixels() -> None:
    """A drawback: 99 pixels at p = 0.99 and a mislabeled one that the network is sure of, logit 20."""
    good = log(0.99 / 0.01)
    alone, with_outlier = bce([good] * 100, [1] * 100), bce([good] * 99 + [-20.0], [1] * 100)
    assert alone == pytest.approx(-log(0.99), rel=1e-9)
    assert with_outlier > 20 * alone


def test_the_lower_loss_may_have_the_lower_iou() -> None:
    """Another drawback: the loss is not the metric. Four pixels are sea; unsure but right beats sure with one slip."""
    y = [1, 1, 1, 1, 0, 0, 0, 0]
    unsure = [0.1, 0.1, 0.1, 0.1, -0.1, -0.1, -0.1, -0.1]
    sure = [5.0, 5.0, 5.0, -0.1, -5.0, -5.0, -5.0, -5.0]
    assert bce(sure, y) < bce(unsure, y)

    def iou(z: list[float]) -> float:
        metric = segkit.build("metric", "iou", classes=("sky", "sea"))
        metric.update(torch.tensor(z).reshape(1, 1, 1, -1), torch.tensor(y).reshape(1, 1, -1), [{}])
        return float(metric.compute()["sea"])

    assert (iou(unsure), iou(sure)) == (1, 0.75)


def test_cross_entropy_of_one_logit_is_binary_cross_entropy() -> None:
    torch.manual_seed(1)
    logits, target = torch.randn(2, 1, 5, 4, dtype=torch.float64), torch.randint(0, 2, (2, 5, 4))
    losses = [segkit.build("loss", name) for name in ("bce", "cross_entropy")]
    torch.testing.assert_close(losses[0](logits, target), losses[1](logits, target))


def test_class_weights_by_hand() -> None:
    """Weights 1 and 3 on a pixel of each class: (1 * c0 + 3 * c1) / (1 + 3)."""
    logits = torch.tensor([[[[2.0, -1.0]], [[0.0, 0.0]]]], dtype=torch.float64)
    target = torch.tensor([[[0, 1]]])
    c0, c1 = -log(exp(2) / (exp(2) + 1)), -log(1 / (exp(-1) + 1))
    weighted = segkit.build("loss", "cross_entropy", {"class_weights": [1.0, 3.0]}, classes=("sky", "sea"))
    assert weighted(logits, target).item() == pytest.approx((c0 + 3 * c1) / 4, rel=1e-12)
    assert F.cross_entropy(logits, target).item() == pytest.approx((c0 + c1) / 2, rel=1e-12)

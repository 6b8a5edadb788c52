"""What every optimizer promises (``segkit.kinds.Optimizer``)."""

from __future__ import annotations

import io
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from segkit.assemble import load
from segkit.options import signature_of
from segkit.testing.subject import Subject

STEPS = 2000
RATE = 0.05


def made(subject: Subject, params: list[nn.Parameter], rate: float | None = None) -> Any:
    """An optimizer with its own rate, or with another one."""
    options = {**subject.options} if rate is None else {**subject.options, "lr": rate}
    return Subject(subject.component, options)(params=params)


def parabola(x: Tensor) -> Tensor:
    """3x^2 + 5x + 4, whose minimum is 23/12 at -5/6."""
    return 3 * x**2 + 5 * x + 4


def weights() -> list[nn.Parameter]:
    """Parameters of the shapes that networks have: a kernel, a vector, a single number."""
    generator = torch.Generator().manual_seed(1)
    return [nn.Parameter(torch.randn(shape, generator=generator)) for shape in ((4, 3, 3, 3), (5,), ())]


def take_steps(optimizer: Any, params: list[nn.Parameter], count: int) -> None:
    """Minimize the sum of fourth powers, whose gradient changes from step to step."""
    for _ in range(count):
        optimizer.zero_grad()
        torch.autograd.backward(torch.stack([p.pow(4).sum() for p in params]).sum())
        optimizer.step()


def through_a_file(state: Any) -> Any:
    """What comes back from a checkpoint, which holds plain data and tensors only."""
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def test_it_reaches_the_minimum_of_a_parabola_at_its_own_rate_or_a_given_one(subject: Subject) -> None:
    rates: list[float | None] = [None]
    if "lr" in signature_of(load(subject.component), subject.component.spec).options:
        rates.append(RATE)
    excess = []
    for rate in rates:
        x = nn.Parameter(torch.tensor(1.0))
        optimizer = made(subject, [x], rate)
        for _ in range(STEPS):
            optimizer.zero_grad()
            torch.autograd.backward(parabola(x))
            optimizer.step()
        excess.append(parabola(x).item() - 23 / 12)
    assert min(excess) < 1e-3 * (12 - 23 / 12)


def test_it_moves_every_parameter(subject: Subject) -> None:
    params = weights()
    take_steps(made(subject, params), params, 3)
    assert all((p != before).any() and p.isfinite().all() for p, before in zip(params, weights(), strict=True))


def test_the_same_gradients_make_the_same_steps(subject: Subject) -> None:
    first, second = weights(), weights()
    for params in (first, second):
        take_steps(made(subject, params), params, 5)
    torch.testing.assert_close(first, second, rtol=0, atol=0)


@pytest.mark.parametrize("done", [0, 1, 5])
def test_its_state_goes_on_exactly(subject: Subject, done: int) -> None:
    params = weights()
    optimizer = made(subject, params)
    take_steps(optimizer, params, done)
    copies = [nn.Parameter(p.detach().clone()) for p in params]
    resumed = made(subject, copies)
    resumed.load_state_dict(through_a_file(optimizer.state_dict()))
    take_steps(optimizer, params, 5)
    take_steps(resumed, copies, 5)
    torch.testing.assert_close(copies, params, rtol=0, atol=0)


def test_a_parameter_without_gradient_stays(subject: Subject) -> None:
    params, idle = weights(), nn.Parameter(torch.ones(3))
    take_steps(made(subject, [*params, idle]), params, 3)
    assert idle.eq(1).all()


def test_a_gradient_of_zero_leaves_all_finite(subject: Subject) -> None:
    params = weights()
    optimizer = made(subject, params)
    for p in params:
        p.grad = torch.zeros_like(p)
    optimizer.step()
    take_steps(optimizer, params, 2)
    assert all(p.isfinite().all() for p in params)


def test_the_rate_is_that_of_the_group_so_that_a_schedule_can_set_it(subject: Subject) -> None:
    params = weights()
    optimizer = made(subject, params)
    assert [float(group["lr"]) > 0 for group in optimizer.param_groups] == [True] * len(optimizer.param_groups)
    for group in optimizer.param_groups:
        group["lr"] = 0.0
    take_steps(optimizer, params, 3)
    torch.testing.assert_close(params, weights(), rtol=0, atol=0)


def test_zero_grad_forgets_the_gradient(subject: Subject) -> None:
    params = weights()
    optimizer = made(subject, params)
    take_steps(optimizer, params, 1)
    optimizer.zero_grad()
    assert not any(p.grad is not None and p.grad.any() for p in params)

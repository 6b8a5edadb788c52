"""What every scheduler promises (``segkit.kinds.Scheduler``)."""

from __future__ import annotations

import io
import math
from typing import Any

import pytest
import torch
from torch import nn

from segkit.testing.subject import Subject

RATE = 0.5
RUNS = ((1, 1), (2, 1), (2, 5), (7, 3), (7, 7), (100, 9))  # total steps, steps an epoch
each_run = pytest.mark.parametrize(("total", "epoch"), RUNS, ids=lambda n: str(n))
OPTIMIZERS: dict[str, Any] = {
    "sgd": lambda params: torch.optim.SGD(params, lr=RATE),
    "momentum": lambda params: torch.optim.SGD(params, lr=RATE, momentum=0.9, nesterov=True),
    "adam": lambda params: torch.optim.Adam(params, lr=RATE),
    "rmsprop": lambda params: torch.optim.RMSprop(params, lr=RATE),
}


@pytest.fixture(params=OPTIMIZERS)
def optimizer(request: pytest.FixtureRequest) -> torch.optim.Optimizer:
    return made_optimizer(request.param)


def made_optimizer(name: str) -> torch.optim.Optimizer:
    """An optimizer of two groups, whose parameters have no gradient yet."""
    groups = [{"params": [nn.Parameter(torch.ones(3))]}, {"params": [nn.Parameter(torch.ones(2))], "lr": RATE / 10}]
    made: torch.optim.Optimizer = OPTIMIZERS[name](groups)
    return made


def made(subject: Subject, optimizer: torch.optim.Optimizer, total: int, epoch: int) -> Any:
    return subject(optimizer=optimizer, total_steps=total, steps_per_epoch=epoch)


def settings(optimizer: torch.optim.Optimizer) -> list[dict[str, Any]]:
    """Rate, momentum and all else that the optimizer works with, a dict a group."""
    return [{key: value for key, value in group.items() if key != "params"} for group in optimizer.param_groups]


def run(optimizer: torch.optim.Optimizer, scheduler: Any, steps: int) -> list[list[dict[str, Any]]]:
    """What each of the steps is made with; as the engine does, every one of them is followed by the scheduler's."""
    seen = []
    for _ in range(steps):
        seen.append(settings(optimizer))
        optimizer.step()
        scheduler.step()
    return seen


def through_a_file(state: Any) -> Any:
    """What comes back from a checkpoint, which holds plain data and tensors only."""
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


@each_run
def test_the_rate_is_finite_and_not_negative_at_every_step(
    subject: Subject, optimizer: torch.optim.Optimizer, total: int, epoch: int
) -> None:
    seen = run(optimizer, made(subject, optimizer, total, epoch), total)
    rates = [float(group["lr"]) for groups in seen for group in groups]
    assert all(math.isfinite(rate) and rate >= 0 for rate in rates)
    assert any(rate > 0 for rate in rates)


@each_run
def test_momentum_stays_in_its_range(
    subject: Subject, optimizer: torch.optim.Optimizer, total: int, epoch: int
) -> None:
    for groups in run(optimizer, made(subject, optimizer, total, epoch), total):
        for group in groups:
            assert all(0 <= momentum < 1 for momentum in (*group.get("betas", ()), group.get("momentum", 0)))


@each_run
def test_the_step_behind_the_last_one_is_harmless(
    subject: Subject, optimizer: torch.optim.Optimizer, total: int, epoch: int
) -> None:
    run(optimizer, made(subject, optimizer, total, epoch), total)
    assert all(math.isfinite(group["lr"]) and group["lr"] >= 0 for group in optimizer.param_groups)


@each_run
def test_parameters_are_none_of_its_business(
    subject: Subject, optimizer: torch.optim.Optimizer, total: int, epoch: int
) -> None:
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    run(optimizer, made(subject, optimizer, total, epoch), total)
    assert all(
        a is b for a, b in zip(parameters, (p for g in optimizer.param_groups for p in g["params"]), strict=True)
    )
    assert all(p.eq(1).all() and p.grad is None for p in parameters)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize(("total", "epoch"), [(1, 1), (7, 3)], ids=lambda n: str(n))
def test_its_state_goes_on_exactly_from_every_step(subject: Subject, name: str, total: int, epoch: int) -> None:
    whole = made_optimizer(name)
    expected = run(whole, made(subject, whole, total, epoch), total)
    for done in range(total + 1):
        first, second = made_optimizer(name), made_optimizer(name)
        begun, resumed = (made(subject, optimizer, total, epoch) for optimizer in (first, second))
        run(first, begun, done)
        second.load_state_dict(through_a_file(first.state_dict()))
        resumed.load_state_dict(through_a_file(begun.state_dict()))
        assert run(second, resumed, total - done) == expected[done:]


@each_run
def test_the_same_run_has_the_same_rates(subject: Subject, total: int, epoch: int) -> None:
    first, second = made_optimizer("adam"), made_optimizer("adam")
    seen = [run(optimizer, made(subject, optimizer, total, epoch), total) for optimizer in (first, second)]
    # not the lists themselves: the difference that pytest draws of two long ones takes minutes
    assert [step for step, (a, b) in enumerate(zip(*seen, strict=True)) if a != b] == []

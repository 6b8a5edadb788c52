from __future__ import annotations

import io
from collections.abc import Callable
from math import cos, pi
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam, Optimizer, RMSprop
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, OneCycleLR

from segkit_std.schedulers.constant import ConstantSchedule
from segkit_std.schedulers.cosine import CosineSchedule
from segkit_std.schedulers.one_cycle import OneCycleSchedule

Schedule = Callable[[Optimizer, int], LRScheduler]

SCHEDULES: dict[str, Schedule] = {
    "constant": lambda optimizer, total: ConstantSchedule(optimizer, steps_per_epoch=4, warmup_epochs=1.5),
    "cosine": lambda optimizer, total: CosineSchedule(optimizer, total, 4, floor=0.1, warmup_epochs=0.5),
    "one_cycle": lambda optimizer, total: OneCycleSchedule(optimizer, total),
}
each_schedule = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES.keys())


def optimizer(kind: type[Optimizer] = SGD, **options: Any) -> Optimizer:
    make: Any = kind
    made: Optimizer = make([nn.Parameter(torch.zeros(1))], **{"lr": 0.5, **options})
    return made


def rates(scheduler: LRScheduler, steps: int) -> list[float]:
    """The rate that each of the steps is made with."""
    seen = []
    for _ in range(steps):
        seen.append(scheduler.optimizer.param_groups[0]["lr"])
        scheduler.optimizer.step()
        scheduler.step()
    return seen


def test_constant_stays() -> None:
    assert rates(ConstantSchedule(optimizer(), steps_per_epoch=4), 10) == [0.5] * 10


@each_schedule
def test_starts_and_ends_in_range(schedule: Schedule) -> None:
    seen = rates(schedule(optimizer(), 40), 40)
    assert max(seen) == pytest.approx(0.5)
    assert min(seen) > 0


def test_warm_up_grows_evenly_over_its_epochs() -> None:
    seen = rates(ConstantSchedule(optimizer(), steps_per_epoch=4, warmup_epochs=1.25), 7)
    assert seen == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.5])


@pytest.mark.parametrize("total", [1, 2, 3, 17])
def test_cosine_is_that_of_torch(total: int) -> None:
    expected = rates(CosineAnnealingLR(optimizer(), T_max=total, eta_min=0.5 * 0.1), total)
    assert rates(CosineSchedule(optimizer(), total, 4, floor=0.1), total) == pytest.approx(expected, rel=1e-9)


def test_cosine_by_hand_with_warm_up() -> None:
    seen = rates(CosineSchedule(optimizer(), total_steps=6, steps_per_epoch=4, warmup_epochs=0.5), 6)
    expected = [0.25, 0.5] + [0.5 * (1 + cos(pi * part / 4)) / 2 for part in range(4)]
    assert seen == pytest.approx(expected)


def test_cosine_stays_at_its_floor_past_the_end() -> None:
    assert rates(CosineSchedule(optimizer(), 4, 4, floor=0.2), 8)[4:] == pytest.approx([0.1] * 4)


@pytest.mark.parametrize("total", [4, 5, 10, 37])
@pytest.mark.parametrize("kind", [Adam, SGD])
@pytest.mark.parametrize("pct_start", [0.3, 0.55, 1.0])
def test_one_cycle_is_that_of_torch(total: int, kind: type[Optimizer], pct_start: float) -> None:
    momentum = {} if kind is Adam else {"momentum": 0.9}
    ours, theirs = optimizer(kind, **momentum), optimizer(kind, **momentum)
    cycle = OneCycleSchedule(ours, total, pct_start=pct_start, div_factor=20.0, final_div_factor=1e3)
    expected = OneCycleLR(theirs, 0.5, total, pct_start=pct_start, div_factor=20.0, final_div_factor=1e3)
    key = "betas" if kind is Adam else "momentum"
    for _ in range(total):
        assert ours.param_groups[0]["lr"] == pytest.approx(theirs.param_groups[0]["lr"], rel=1e-9)
        assert ours.param_groups[0][key] == pytest.approx(theirs.param_groups[0][key], rel=1e-9)
        rates(cycle, 1)
        if expected.last_epoch < total - 1:
            rates(expected, 1)


@pytest.mark.parametrize("total", [1, 2, 3])
def test_a_short_one_cycle_begins_at_its_peak(total: int) -> None:
    assert rates(OneCycleSchedule(optimizer(), total), total)[0] == 0.5


def test_a_rise_of_exactly_one_step_is_no_division_by_zero() -> None:
    assert rates(OneCycleSchedule(optimizer(), 4, pct_start=0.25), 4)[0] == 0.5


@pytest.mark.parametrize(("kind", "momentum"), [(SGD, 0), (RMSprop, 0), (SGD, 0.9), (RMSprop, 0.9)])
def test_one_cycle_gives_no_momentum_to_who_has_none(kind: type[Optimizer], momentum: float) -> None:
    moved = optimizer(kind, momentum=momentum)
    cycle = OneCycleSchedule(moved, 10)
    seen = set()
    for _ in range(10):
        parameter = moved.param_groups[0]["params"][0]
        parameter.grad = torch.ones(1)
        rates(cycle, 1)
        seen.add(moved.param_groups[0]["momentum"])
    assert (seen == {0}) if momentum == 0 else (min(seen) == pytest.approx(0.85))


def test_one_cycle_can_leave_momentum_alone() -> None:
    moved = optimizer(Adam, betas=(0.7, 0.99))
    rates(OneCycleSchedule(moved, 10, cycle_momentum=False), 10)
    assert moved.param_groups[0]["betas"] == (0.7, 0.99)


@each_schedule
@pytest.mark.parametrize("total", [1, 2, 3, 10])
def test_a_step_past_the_end_is_harmless(schedule: Schedule, total: int) -> None:
    scheduler = schedule(optimizer(), total)
    assert all(0 <= rate <= 0.5 for rate in rates(scheduler, total + 3))


@each_schedule
@pytest.mark.parametrize("kind", [SGD, Adam])
def test_resumes_exactly_from_a_safe_checkpoint(schedule: Schedule, kind: type[Optimizer]) -> None:
    whole_optimizer = optimizer(kind)
    whole = schedule(whole_optimizer, 20)
    rates(whole, 7)
    file = io.BytesIO()
    torch.save({"optimizer": whole_optimizer.state_dict(), "scheduler": whole.state_dict()}, file)
    file.seek(0)
    saved = torch.load(file, weights_only=True)

    resumed_optimizer = optimizer(kind)
    resumed = schedule(resumed_optimizer, 20)
    resumed_optimizer.load_state_dict(saved["optimizer"])
    resumed.load_state_dict(saved["scheduler"])
    for _ in range(13):
        groups = whole_optimizer.param_groups[0], resumed_optimizer.param_groups[0]
        assert [groups[0][key] for key in groups[0] if key != "params"] == [
            groups[1][key] for key in groups[0] if key != "params"
        ]
        assert rates(whole, 1) == rates(resumed, 1)


@each_schedule
def test_every_group_keeps_its_own_rate(schedule: Schedule) -> None:
    groups = [{"params": [nn.Parameter(torch.zeros(1))], "lr": lr} for lr in (1.0, 0.1)]
    scheduler = schedule(SGD(groups), 10)
    for _ in range(10):
        rates(scheduler, 1)
        first, second = (group["lr"] for group in scheduler.optimizer.param_groups)
        assert first == pytest.approx(10 * second)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda o: ConstantSchedule(o, 4, warmup_epochs=-1.0), "warmup_epochs must be 0 or more, not -1.0"),
        (lambda o: CosineSchedule(o, 10, 4, floor=1.5), "floor must be a share .* not 1.5"),
        (lambda o: OneCycleSchedule(o, 10, pct_start=1.5), "pct_start must be a share .* not 1.5"),
        (lambda o: OneCycleSchedule(o, 10, div_factor=0.0), "div_factor and final_div_factor must be 1 or more"),
    ],
)
def test_an_option_outside_its_range_is_refused(make: Callable[[Optimizer], LRScheduler], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(optimizer())

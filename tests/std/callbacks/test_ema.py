"""The moving average of the weights: its formula, and when it stands in the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from segkit_std.callbacks.ema import Ema


def net(value: float) -> nn.Module:
    """A batch norm whose weight and running mean are one number."""
    norm = nn.BatchNorm2d(1)
    put(norm, value)
    return norm


def put(norm: nn.Module, value: float) -> None:
    with torch.no_grad():
        norm.weight.fill_(value)
        norm.running_mean.fill_(value)
        norm.num_batches_tracked.fill_(int(value))


def averaged(run: Any, hook: Any, values: list[float]) -> tuple[float, float, int]:
    """Go through steps with these weights and give weight, running mean and count as they are validated."""
    run.model = net(0.0)
    for run.step, value in enumerate(values, start=1):
        put(run.model, value)
        hook.step_end(run=run)
    hook.validation_start(run=run)
    return run.model.weight.item(), run.model.running_mean.item(), run.model.num_batches_tracked.item()


def test_it_is_the_average_worked_out_by_hand(run: Any, hooks: Callable[[object], Any]) -> None:
    # step 1: 8; step 2: d = 3/12, 2 + 0.75*4 = 5; step 3: d = 4/13, 5*4/13 + 7*9/13
    expected = 5 * 4 / 13 + 7 * 9 / 13
    assert averaged(run, hooks(Ema()), [8.0, 4.0, 7.0]) == (pytest.approx(expected), pytest.approx(expected), 7)


def test_decay_is_its_limit(run: Any, hooks: Callable[[object], Any]) -> None:
    values = np.random.default_rng(0).normal(size=400)
    weight, _, _ = averaged(run, hooks(Ema(decay=0.5)), list(values))
    last = values[-1:-40:-1]  # older ones count less than 2**-39
    assert weight == pytest.approx(float(last @ 0.5 ** np.arange(1, 40)), abs=1e-6)


def test_without_memory_it_is_the_last_step(run: Any, hooks: Callable[[object], Any]) -> None:
    assert averaged(run, hooks(Ema(decay=0.0)), [8.0, 4.0, 7.0])[0] == 7.0


def test_training_gets_its_own_weights_back_after_every_other_callback(
    run: Any, hooks: Callable[[object], Any]
) -> None:
    hook = hooks(Ema())
    average, _, _ = averaged(run, hook, [8.0, 4.0])
    hook.validation_end(run=run)
    assert run.model.weight.item() == average == 5.0
    hook.epoch_end(run=run)
    assert (run.model.weight.item(), run.model.running_mean.item()) == (4.0, 4.0)


def test_a_resumed_average_goes_where_the_model_is(run: Any) -> None:
    """A checkpoint is read into the memory of the CPU; here it is the type that tells the two apart."""
    first, second = Ema(), Ema()
    run.model = net(3.0).double()
    first.step_end(run=run)
    second.load_state_dict(first.state_dict())
    run.model = net(5.0).float()
    second.run_start(run=run)
    run.step = 2
    second.step_end(run=run)
    second.validation_start(run=run)
    assert run.model.weight.item() == pytest.approx(3 * 0.25 + 5 * 0.75)


@pytest.mark.parametrize("decay", [-0.1, 1.0, float("nan")])
def test_a_decay_that_is_none_is_refused(decay: float) -> None:
    with pytest.raises(ValueError, match="decay must be at least 0 and below 1"):
        Ema(decay)

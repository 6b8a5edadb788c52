from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from segkit_std.callbacks.best import Best


def validate(run: Any, hook: Any, values: list[float | None]) -> list[int]:
    """Give the epochs, from 0, whose weights were saved."""
    saved = []
    for run.epoch, value in enumerate(values):
        run.values = {} if value is None else {run.monitor: value}
        before = len(run.saved)
        hook.validation_end(run=run)
        saved += [run.epoch] * (len(run.saved) - before)
    return saved


@pytest.mark.parametrize(
    ("higher", "values", "saved"),
    [
        (True, [0.5, 0.4, 0.6, 0.6], [0, 2]),
        (False, [0.5, 0.4, 0.6, 0.4], [0, 1]),
        (True, [math.nan, 0.2, math.inf, 0.3], [1, 3]),
        (False, [None, -math.inf, 0.3, None, 0.2], [2, 4]),
        (True, [-3.0, -2.0], [0, 1]),
    ],
)
def test_saves_the_first_best_epoch(
    run: Any, hooks: Callable[[object], Any], higher: bool, values: list[float | None], saved: list[int]
) -> None:
    run.higher_is_better = higher
    best = Best()
    assert validate(run, hooks(best), values) == saved
    assert best.epoch == saved[-1]
    assert best.value == values[saved[-1]]
    assert set(run.saved) == {run.dir / "model.safetensors"}


def test_remembers_the_best_across_a_resume(run: Any, hooks: Callable[[object], Any]) -> None:
    first, second = Best(), Best()
    validate(run, hooks(first), [0.5, 0.8])
    second.load_state_dict(first.state_dict())
    assert validate(run, hooks(second), [0.7, 0.8]) == []
    assert (second.value, second.epoch) == (0.8, 1)


def test_has_no_value_before_any_validation() -> None:
    assert math.isnan(Best().value)
    assert Best().epoch == -1

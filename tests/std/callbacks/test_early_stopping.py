from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from segkit_std.callbacks.early_stopping import EarlyStopping


def run_epochs(run: Any, hook: Any, values: list[float | None], first: int = 0) -> list[str]:
    """Go on until a reason to stop is given; ``run.epoch`` is then the epoch it came in."""
    reasons: list[str] = []
    for run.epoch, value in enumerate(values, start=first):
        run.values = {} if value is None else {run.monitor: value}
        reasons = hook.epoch_end(run=run)
        if reasons:
            break
    return reasons


@pytest.mark.parametrize(
    ("higher", "values", "stops_in"),
    [
        (True, [0.1, 0.2, 0.3, 0.2, 0.25, 0.9], 4),
        (False, [0.3, 0.2, 0.3, 0.2, 0.1], 3),
        (True, [0.1, 0.0, 0.2, 0.1, 0.3], None),
        (True, [0.5, math.nan, None, 0.9], 2),
        (True, [math.nan, math.inf], 1),
    ],
)
def test_stops_after_patience_epochs_without_improvement(
    run: Any, hooks: Callable[[object], Any], higher: bool, values: list[float | None], stops_in: int | None
) -> None:
    run.higher_is_better = higher
    reasons = run_epochs(run, hooks(EarlyStopping(patience=2)), values)
    assert bool(reasons) == (stops_in is not None)
    assert run.epoch == (len(values) - 1 if stops_in is None else stops_in)


def test_says_from_which_epoch_validation_worsened(run: Any, hooks: Callable[[object], Any]) -> None:
    (reason,) = run_epochs(run, hooks(EarlyStopping(patience=3)), [0.5, 0.75, 0.7, 0.6, 0.5])
    assert "worsened from epoch 3 on" in reason
    assert "best in epoch 2 (0.7500)" in reason
    assert "val/iou_mean" in reason


def test_a_gain_of_min_delta_or_less_is_none(run: Any, hooks: Callable[[object], Any]) -> None:
    values: list[float | None] = [0.5, 0.625, 0.75]
    assert run_epochs(run, hooks(EarlyStopping(patience=2, min_delta=0.25)), values)
    assert not run_epochs(run, hooks(EarlyStopping(patience=2, min_delta=0.2)), values)


def test_goes_on_waiting_after_a_resume(run: Any, hooks: Callable[[object], Any]) -> None:
    first, second = EarlyStopping(patience=3), EarlyStopping(patience=3)
    assert not run_epochs(run, hooks(first), [0.9, 0.8, 0.8])
    second.load_state_dict(first.state_dict())
    assert run_epochs(run, hooks(second), [0.8], first=3)


@pytest.mark.parametrize(
    ("options", "rule"),
    [({"patience": 0}, "patience must be 1 or more epochs, not 0"), ({"min_delta": -1.0}, "min_delta must be finite")],
)
def test_refuses_options_that_make_no_sense(options: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        EarlyStopping(**options)

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import matplotlib.figure
import numpy as np
import pytest
from PIL import Image

from segkit_std.callbacks.curves import Curves

TRAINING, VALIDATION, BEST = (0, 114, 178), (213, 94, 0), (0, 158, 115)


def pixels(run: Any, color: tuple[int, int, int]) -> np.ndarray:
    """Rows and columns where the picture holds a color."""
    with Image.open(run.dir / "curves.png") as picture:
        return np.argwhere((np.asarray(picture.convert("RGB")) == color).all(axis=2))


def train(run: Any, hook: Any, table: list[dict[str, float]], first: int = 0) -> None:
    for run.epoch, run.values in enumerate(table, start=first):
        hook.epoch_end(run=run)


def epoch(train: float, validation: float, iou: float) -> dict[str, float]:
    return {"train/loss": train, "val/loss": validation, "val/iou_mean": iou}


def test_draws_both_losses_and_the_monitored_value(run: Any, hooks: Callable[[object], Any]) -> None:
    train(run, hooks(Curves()), [epoch(0.9, 1.0, 0.5), epoch(0.5, 0.6, 0.9), epoch(0.2, 0.7, 0.8)])
    height = pixels(run, (255, 255, 255))[:, 0].max()
    assert pixels(run, TRAINING)[:, 0].max() < height / 2
    assert pixels(run, VALIDATION)[:, 0].min() < height / 2 < pixels(run, VALIDATION)[:, 0].max()


@pytest.mark.parametrize(("higher", "best"), [(True, 1), (False, 0)])
def test_marks_the_best_epoch(run: Any, hooks: Callable[[object], Any], higher: bool, best: int) -> None:
    run.higher_is_better = higher
    train(run, hooks(Curves()), [epoch(1.0, 1.0, 0.1), epoch(0.5, 0.5, 0.9), epoch(0.2, 0.2, 0.5)])
    marks = pixels(run, BEST)
    rows = pixels(run, VALIDATION)[:, 0]
    lower = rows[rows > rows.max() / 2]
    target = lower.min() if best == 1 else lower.max()  # the highest value is drawn in the top row
    assert np.abs(marks[:, 0] - target).min() < 8


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_values_that_are_not_finite_or_missing_leave_a_gap(
    run: Any, hooks: Callable[[object], Any], odd: float
) -> None:
    hook = hooks(Curves())
    train(run, hook, [epoch(odd, odd, odd), {}])
    assert len(pixels(run, BEST)) == 0
    train(run, hook, [epoch(0.2, 0.2, 0.5)], first=2)
    assert len(pixels(run, BEST)) > 0


def test_a_resumed_run_draws_the_same_picture(run: Any, hooks: Callable[[object], Any]) -> None:
    table = [epoch(1.0, 1.0, 0.1), epoch(0.5, 0.5, 0.9), epoch(0.2, 0.2, 0.5)]
    whole, first, second = Curves(), Curves(), Curves()
    train(run, hooks(whole), table)
    expected = (run.dir / "curves.png").read_bytes()
    train(run, hooks(first), table[:2])
    state = first.state_dict()
    second.load_state_dict(state)
    train(run, hooks(second), table[2:], first=2)
    assert (run.dir / "curves.png").read_bytes() == expected
    assert state["epoch"] == [1, 2]


def test_the_picture_is_whole_when_drawing_breaks_off(
    run: Any, hooks: Callable[[object], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = hooks(Curves())
    train(run, hook, [epoch(1.0, 1.0, 0.5)])
    before = (run.dir / "curves.png").read_bytes()

    def killed(_: object, path: Any, **__: object) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(matplotlib.figure.Figure, "savefig", killed)
    with pytest.raises(KeyboardInterrupt):
        hook.epoch_end(run=run)
    assert (run.dir / "curves.png").read_bytes() == before


def test_drawing_leaves_pyplot_alone() -> None:
    code = "import sys, segkit_std.callbacks.curves; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

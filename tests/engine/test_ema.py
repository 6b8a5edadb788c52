"""A run with a moving average of its weights: what is validated and kept, what goes on training, and resuming."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from segkit.api import resume
from segkit.engine.checkpoint import LAST, load_checkpoint
from segkit.errors import RunInterruptedError
from segkit.hooks import hookimpl
from segkit.kinds import Run


class Watch:
    """Keeps the weights that a run has after each step and while it is validated, and may interrupt it once."""

    def __init__(self, stop_at: int = 0) -> None:
        self.steps: list[torch.Tensor] = []
        self.validated: list[torch.Tensor] = []
        self._stop_at = stop_at

    @hookimpl
    def step_end(self, run: Run) -> None:
        self.steps.append(first(run.model))
        if run.step == self._stop_at:
            self._stop_at = 0
            os.kill(os.getpid(), signal.SIGINT)

    @hookimpl
    def validation_end(self, run: Run) -> None:
        self.validated.append(first(run.model))


def first(model: nn.Module) -> torch.Tensor:
    return next(model.parameters()).detach().clone()


def test_a_run_keeps_the_average_and_trains_its_own(run: Any, plug: Any, tmp_path: Path) -> None:
    watch = Watch()
    name = plug("callback", "watch", lambda: watch)
    run("run", f"callbacks=[{{use: ema, decay: 0.9}}, {name}]", "train.epochs=2")
    average = watch.steps[0].clone()
    for number, weights in enumerate(watch.steps[1:], start=2):
        decay = min(0.9, (1 + number) / (10 + number))
        average = decay * average + (1 - decay) * weights
    torch.testing.assert_close(watch.validated[-1], average)
    saved = load_file(tmp_path / "run" / "model.safetensors")
    kept = [weights for weights in watch.validated if any(torch.equal(weights, tensor) for tensor in saved.values())]
    assert kept
    last = load_checkpoint(tmp_path / "run" / LAST)["model"]
    assert any(torch.equal(watch.steps[-1], tensor) for tensor in last.values())


def test_a_resumed_run_ends_with_the_same_bytes(run: Any, plug: Any, tmp_path: Path) -> None:
    run("whole", "callbacks=[ema]", "train.epochs=2")
    name = plug("callback", "watch", lambda: Watch(stop_at=6))
    with pytest.raises(RunInterruptedError):
        run("stopped", f"callbacks=[ema, {name}]", "train.epochs=2")
    resume(tmp_path / "stopped")
    whole, stopped = (tmp_path / name / "model.safetensors" for name in ("whole", "stopped"))
    assert whole.read_bytes() == stopped.read_bytes()

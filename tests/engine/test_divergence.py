"""A run whose loss leaves the finite numbers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from segkit.engine.checkpoint import LAST, load_checkpoint


class TurnsBad(nn.Module):
    """A loss that is good for some training steps, and bad from then on."""

    def __init__(self, good: int = 6, bad: float = float("nan")) -> None:
        super().__init__()
        self.left, self.bad = good, bad

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        if not logits.requires_grad:  # a validation
            return torch.zeros(())
        self.left -= 1
        return torch.square(logits).mean() * (1.0 if self.left >= 0 else self.bad)


@pytest.mark.parametrize("bad", ["nan", "inf"])
def test_it_stops_with_step_rate_and_frames_and_keeps_the_checkpoint_from_before(
    cli: Any, plug: Any, recipe: Path, tmp_path: Path, bad: str
) -> None:
    loss = f"loss={{use: '{plug('loss', 'turns_bad', TurnsBad)}', bad: .{bad}}}"
    fixed = ["optimizer={use: sgd, lr: 0.25}", "scheduler=constant", "train.checkpoint_every=1"]
    outcome = cli("run", recipe, f"run.dir={tmp_path / 'run'}", loss, *fixed)
    assert outcome.code == 1
    assert f"the loss is {bad} at step 6 (learning rate 0.25) on train/" in outcome.err
    named = re.findall(r"train/\d{5}", outcome.err)
    assert len(set(named)) == 4  # step 6 is the third of its epoch: a whole batch
    assert "Traceback" not in outcome.err
    state = load_checkpoint(tmp_path / "run" / LAST)
    assert state["step"] == 6
    assert all(torch.isfinite(value).all() for value in state["model"].values())
    assert "the loss is" in outcome.err


def test_a_learning_rate_that_is_far_too_high_is_told(cli: Any, recipe: Path, tmp_path: Path) -> None:
    rate = ["optimizer={use: sgd, lr: 1e38}", "scheduler=constant"]
    outcome = cli("run", recipe, f"run.dir={tmp_path / 'run'}", *rate)
    assert outcome.code == 1
    assert "(learning rate 1e+38)" in outcome.err
    assert "lower the learning rate" in outcome.err

"""The sum of a recipe's losses, whose weights may change over the epochs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

import segkit
from segkit.engine.weighted_sum import WeightedSum
from segkit.recipe import Weight


def mean(logits: Tensor, target: Tensor) -> Tensor:
    return logits.mean()


def square(logits: Tensor, target: Tensor) -> Tensor:
    return logits.square().mean()


LOGITS, TARGET = torch.full((1, 1, 2, 2), 3.0), torch.zeros(1, 2, 2, dtype=torch.long)


def test_weights_are_those_of_the_epoch_and_by_default_the_last() -> None:
    loss = WeightedSum([(mean, Weight.of(2.0)), (square, Weight.of([[0, 0.0], [4, 1.0]]))])
    assert loss(LOGITS, TARGET, 0.0).item() == 2 * 3
    assert loss(LOGITS, TARGET, 1.0).item() == 2 * 3 + 0.25 * 9
    assert loss(LOGITS, TARGET).item() == 2 * 3 + 9


def test_a_loss_whose_weight_is_nothing_is_not_computed() -> None:
    def refuse(logits: Tensor, target: Tensor) -> Tensor:
        raise AssertionError("computed")

    assert WeightedSum([(mean, Weight.of(1.0)), (refuse, Weight.of(0.0))])(LOGITS, TARGET).item() == 3


def test_no_weight_at_all_gives_zero_with_a_zero_gradient() -> None:
    logits = LOGITS.clone().requires_grad_()
    value = WeightedSum([(mean, Weight.of([[0, 0.0], [1, 1.0]]))])(logits, TARGET, 0.0)
    value.backward()
    assert value.item() == 0
    assert logits.grad is not None
    assert logits.grad.eq(0).all()


def test_auxiliary_logits_count_with_the_weights_of_the_epoch() -> None:
    loss = WeightedSum([(mean, Weight.of([[0, 1.0], [1, 3.0]]))])
    output = (LOGITS, [LOGITS * 2, LOGITS * 4])
    assert loss(output, TARGET, 0.5).item() == pytest.approx(2 * 3 + 0.4 * 2 * (6 + 12) / 2)


def test_a_scheduled_weight_trains_as_a_recipe_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs that differ in the weight from the second epoch on only: equal after one epoch, not after two."""
    monkeypatch.setenv("SEGKIT_CACHE", str(tmp_path / "cache"))
    small = ["data.counts=[4, 2, 2]", "data.size=[32, 64]", "train.batch_size=2", "train.precision=fp32"]
    small += ["model.backbone.widths=[4, 8]", "train.epochs=2"]
    rows = {}
    for name, weight in (("late", "[[1, 0.0], [1.5, 5.0]]"), ("never", "0.0")):
        run = tmp_path / name
        segkit.run("horizon_unet", [*small, f"loss=[bce, {{use: dice, weight: {weight}}}]", f"run.dir={run}"])
        text = (run / "metrics.csv").read_text().splitlines()
        rows[name] = [dict(zip(text[0].split(","), line.split(","), strict=True)) for line in text[1:]]
        assert json.loads((run / "metrics.json").read_text())["metrics"]
    assert rows["late"][0]["train/loss"] == rows["never"][0]["train/loss"]
    assert rows["late"][1]["train/loss"] != rows["never"][1]["train/loss"]

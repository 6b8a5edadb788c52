"""A network is trained at one size, and may be measured and used at a larger one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

import segkit
from segkit.api import evaluate
from segkit.engine.model_file import read_card

SCALED = "data.eval_scale=1.5"


@pytest.fixture
def pair(run: Any) -> tuple[Any, Any]:
    """Give two runs of an epoch: one as it is, one that is used at one and a half times its size."""
    short = ["train.epochs=1", "train.batch_size=1"]  # one validation, so both keep the same weights
    return run("plain", *short), run("scaled", *short, SCALED)


def test_training_is_the_same_bit_for_bit(pair: tuple[Any, Any]) -> None:
    plain, scaled = (load_file(done.folder / "model.safetensors") for done in pair)
    assert plain.keys() == scaled.keys()
    assert all(torch.equal(plain[name], scaled[name]) for name in plain)


def test_what_is_measured_is_measured_at_the_larger_size(pair: tuple[Any, Any]) -> None:
    plain, scaled = pair
    assert plain.metrics != scaled.metrics
    assert evaluate(scaled.folder)["metrics"] == pytest.approx(dict(scaled.metrics))


def test_the_card_has_the_larger_size_and_the_model_is_used_at_it(pair: tuple[Any, Any]) -> None:
    plain, scaled = (done.folder for done in pair)
    assert (read_card(plain).size, read_card(scaled).size) == ((32, 64), (48, 96))
    frame = np.random.default_rng(0).integers(0, 256, (40, 72, 3), dtype=np.uint8)
    as_used, by_hand = segkit.load(scaled)(frame), segkit.load(plain, scales=[1.5])(frame)
    np.testing.assert_allclose(as_used.probabilities, by_hand.probabilities, atol=1e-6)


def test_the_recipe_in_the_run_folder_gives_the_same_again(pair: tuple[Any, Any], tmp_path: Path) -> None:
    _, scaled = pair
    assert segkit.run(scaled.folder / "recipe.yaml", [f"run.dir={tmp_path / 'again'}"]).metrics == scaled.metrics


def test_a_pyramid_is_seen_wherever_the_network_is_used(run: Any, pair: tuple[Any, Any]) -> None:
    _, scaled = pair
    pyramid = run("pyramid", "train.epochs=1", "train.batch_size=1", SCALED, "model.eval_pyramid=[1,0.5]")
    weights, same = (load_file(done.folder / "model.safetensors") for done in (scaled, pyramid))
    assert all(torch.equal(weights[name], same[name]) for name in weights)
    assert pyramid.metrics != scaled.metrics
    assert evaluate(pyramid.folder)["metrics"] == pytest.approx(dict(pyramid.metrics))
    frame = np.random.default_rng(0).integers(0, 256, (48, 96, 3), dtype=np.uint8)
    once, twice = (segkit.load(done.folder)(frame).probabilities for done in (scaled, pyramid))
    assert np.abs(once - twice).max() > 1e-4


def test_a_network_for_one_size_alone_is_refused_before_training(cli: Any, recipe: Path, plug: Any) -> None:
    class Fixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Conv2d(3, 1, 1)
            self.place = nn.Parameter(torch.zeros(1, 1, 32, 64))

        def forward(self, images: Tensor) -> Tensor:
            return F.relu(self.layer(images)) + self.place

    fixed = plug("model", "fixed", Fixed)
    assert cli("run", recipe, f"model={fixed}", "train.steps=1").code == 0
    outcome = cli("run", recipe, f"model={fixed}", "train.steps=1", SCALED)
    assert outcome.code == 2
    assert "fails on a frame of (48, 96)" in outcome.err

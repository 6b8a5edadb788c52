"""A run whose recipe names a postprocess: kept with its model, and used by nobody while it is trained."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from torch import Tensor

import segkit
from segkit.api import resume
from segkit.engine.model_file import distributions_of, read_card
from segkit.errors import RunInterruptedError
from segkit.hooks import hookimpl
from segkit.kinds import Run

CALLED: list[str] = []


class Shares:
    """A postprocess that says how much of a frame each class has.

    Args:
        digits: Of each number.
    """

    table, columns = "shares", ("first", "last")

    def __init__(self, classes: Sequence[str], task: str, digits: int = 6) -> None:
        self.given, self.digits = (tuple(classes), task), digits
        CALLED.append("made")

    def __call__(self, probabilities: Tensor, meta: Any) -> list[dict[str, Any]]:
        CALLED.append("used")
        shares = probabilities.mean(dim=(2, 3)).tolist()
        return [{"first": round(of[0], self.digits), "last": round(of[-1], self.digits)} for of in shares]

    def draw(self, image: np.ndarray, row: Any) -> np.ndarray:
        return image.copy()


@pytest.fixture
def shares(plug: Any) -> str:
    CALLED.clear()
    return str(plug("postprocess", "shares", Shares))


def test_it_is_kept_with_the_model_and_not_used_by_the_run(run: Any, shares: str) -> None:
    folder = run("run", "train.steps=2", f"postprocess={{use: '{shares}', digits: 3}}").folder
    assert set(CALLED) == {"made"}
    kept = {"use": shares, "digits": 3}
    assert json.loads((folder / "model.json").read_text())["postprocess"] == kept
    assert yaml.safe_load((folder / "recipe.yaml").read_text())["postprocess"] == kept
    recorded = json.loads((folder / "environment.json").read_text())["distributions"]
    assert recorded["made-for-tests"] == "1.0"
    assert distributions_of(read_card(folder)) == recorded
    model = segkit.load(folder)
    frame = np.random.default_rng(0).integers(0, 256, (40, 72, 3), dtype=np.uint8)
    seen = model(frame)
    expected = seen.probabilities.mean(axis=(1, 2))
    assert [seen.row["first"], seen.row["last"]] == pytest.approx(expected.tolist(), abs=5e-4 + 1e-5)
    assert model._predictor.postprocess.given == (("sky", "sea"), "sea")
    assert seen.horizon is None


def test_a_run_without_one_says_so(run: Any) -> None:
    folder = run("run", "train.steps=1").folder
    assert json.loads((folder / "model.json").read_text())["postprocess"] is None
    assert yaml.safe_load((folder / "recipe.yaml").read_text())["postprocess"] is None


def test_it_changes_neither_the_weights_nor_the_numbers(run: Any, shares: str) -> None:
    plain = run("plain", "train.steps=5").folder
    named = run("named", "train.steps=5", f"postprocess={shares}").folder
    for file in ("model.safetensors", "metrics.json"):
        assert (plain / file).read_bytes() == (named / file).read_bytes()


class Stopper:
    """Interrupts the run once, at its third step."""

    stopped = False

    @hookimpl
    def step_end(self, run: Run) -> None:
        if run.step == 3 and not self.stopped:
            self.stopped = True
            os.kill(os.getpid(), signal.SIGINT)


def test_a_resumed_run_keeps_it(run: Any, plug: Any, shares: str, tmp_path: Path) -> None:
    stopper = Stopper()
    callback = plug("callback", "stopper", lambda: stopper)
    with pytest.raises(RunInterruptedError):
        run("run", f"callbacks=['{callback}']", f"postprocess={{use: '{shares}', digits: 2}}")
    assert stopper.stopped
    resume(tmp_path / "run")
    assert read_card(tmp_path / "run").postprocess == {"use": shares, "digits": 2}
    assert set(CALLED) == {"made"}


@pytest.mark.parametrize(
    ("table", "columns", "cause"),
    [("two words", ("a",), "its table must be a plain word, not 'two words'"), ("a", ("file",), "must not be file")],
)
def test_one_whose_table_cannot_be_written_is_refused_before_training(
    cli: Any, recipe: Path, plug: Any, tmp_path: Path, table: str, columns: Sequence[str], cause: str
) -> None:
    name = plug("postprocess", "odd", type("Odd", (Shares,), {"table": table, "columns": columns}))
    outcome = cli("run", recipe, f"run.dir={tmp_path / 'run'}", f"postprocess={name}")
    assert outcome.code == 2
    assert "postprocess 'odd' of made-for-tests 1.0: " in outcome.err
    assert cause in outcome.err
    assert not (tmp_path / "run").exists()


def test_a_trained_model_finds_the_horizon_of_frames_it_never_saw_in_every_view(run: Any) -> None:
    # At the tiny recipe's rate a network of three stages learns the sea well or badly by luck.
    longer = ("train.epochs=12", "data.counts=[200, 24, 5]", "optimizer.lr=4e-3")
    folder = run("run", *longer, "model.backbone.widths=[8, 16, 32]").folder
    options = {"counts": [1, 1, 12], "frame_size": [40, 72], "seed": 99}
    data = segkit.build("dataset", "synthetic_horizon", options, split="test", classes=("sky", "sea"), task="sea")
    samples = [data[n] for n in range(len(data))]
    truth = np.stack([sample.mask for sample in samples])
    for views in ({}, {"flip": True}, {"scales": (1.0, 1.5)}, {"tile": (32, 60)}):
        seen = segkit.load(folder, **views)([sample.image for sample in samples])
        mask = np.stack([one.mask for one in seen])
        either = ((mask == 1) | (truth == 1)) & (truth != 255)
        assert (mask == truth)[either].mean() > 0.88, views  # the sea's IoU; four seeds gave 0.95 to 0.98
        lines = [(one.horizon, sample.meta) for one, sample in zip(seen, samples, strict=True)]
        errors = [abs(line["slope"] - meta["slope"]) for line, meta in lines if line["answer"] == "line"]
        assert len(errors) >= 10, views
        assert np.median(errors) < 0.03, views

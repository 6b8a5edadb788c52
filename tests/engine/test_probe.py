"""What is left to the machine: precision, memory format, and the steps that fit into a time."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch.optim import Optimizer

import segkit
from segkit.engine import probe, session
from segkit.engine.checkpoint import LAST, load_checkpoint
from segkit.engine.plan import Pace
from segkit.engine.probe import Decision, decide
from segkit.recipe import Train


@pytest.fixture
def paces(monkeypatch: pytest.MonkeyPatch) -> Any:
    """``paces(fp32=1.0, bf16=0.5)`` sets what steps take (and ``forward=`` what a frame takes in bf16, beside 1.0)."""

    def set_paces(forward: float = 1.0, **seconds: float) -> tuple[list[Any], Any]:
        asked: list[Any] = []

        def make(precision: str, channels_last: bool) -> Any:
            asked.append((precision, channels_last))
            return precision, None

        monkeypatch.setattr(probe, "_pace", lambda trainer, _: Pace(seconds[trainer], 7.0))
        monkeypatch.setattr(probe, "_glance", {"fp32": 1.0, "bf16": forward}.__getitem__)
        return asked, make

    return set_paces


@pytest.mark.parametrize(
    ("fp32", "bf16", "chosen"),
    [(1.0, 0.5, "bf16"), (1.0, 0.89, "bf16"), (1.0, 0.91, "fp32"), (1.0, 1.0, "fp32"), (0.6, 3.1, "fp32")],
)
def test_bf16_is_taken_when_it_saves_a_tenth(paces: Any, fp32: float, bf16: float, chosen: str) -> None:
    asked, make = paces(fp32=fp32, bf16=bf16)
    decision = decide(Train(), make)
    assert decision == Decision(chosen, True, Pace({"fp32": fp32, "bf16": bf16}[chosen], 7.0))
    assert asked == [("fp32", True), ("bf16", True)]


def test_bf16_that_is_hopeless_is_not_timed(paces: Any) -> None:
    assert decide(Train(), paces(fp32=1.0, forward=1.5)[1]) == Decision("fp32", True, Pace(1.0, 7.0))
    assert decide(Train(), paces(fp32=1.0, bf16=0.5, forward=1.49)[1]).precision == "bf16"


def test_one_slow_look_does_not_give_half_precision_up(paces: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _, make = paces(fp32=1.0, bf16=0.5)
    looks = {"bf16": iter([9.0, 0.8]), "fp32": iter([1.0, 1.0])}  # the first one includes what is prepared once
    monkeypatch.setattr(probe, "_glance", lambda trainer: next(looks[trainer]))
    assert decide(Train(), make).precision == "bf16"


def test_nothing_is_timed_when_the_recipe_decides(paces: Any) -> None:
    asked, make = paces()
    assert decide(Train(precision="bf16"), make) == Decision("bf16", True)
    assert decide(Train(precision="fp32", channels_last=False, epochs=None, steps=5), make) == Decision("fp32", False)
    assert asked == []


def test_a_time_asks_for_the_pace_of_the_precision_that_is_given(paces: Any) -> None:
    asked, make = paces(fp32=0.25)
    decision = decide(Train(precision="fp32", epochs=None, max_time="60s", channels_last=False), make)
    assert decision == Decision("fp32", False, Pace(0.25, 7.0))
    assert asked == [("fp32", False)]


def resolved(folder: Path) -> dict[str, Any]:
    settings: dict[str, Any] = yaml.safe_load((folder / "recipe.yaml").read_text())["train"]
    return settings


def test_a_run_of_a_time_ends_in_time_and_writes_its_steps(run: Any, recipe: Path) -> None:
    run("warm", "train.steps=1")
    begun = time.monotonic()
    done = run("run", "train.max_time=2s")
    took = time.monotonic() - begun
    settings = resolved(done.folder)
    assert "max_time" not in settings
    assert "epochs" not in settings
    steps = load_checkpoint(done.folder / LAST)["step"]
    assert 1 <= steps <= settings["steps"]
    assert done.stopped == "all steps are done"
    assert took < 2 + 8  # besides the two seconds: build, probe and test, on a machine that does other things too


def test_a_schedule_that_does_not_fit_after_all_is_cut_and_validated(
    run: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(session, "steps_in", lambda seconds, pace, per_epoch: 100_000)
    done = run("run", "train.max_time=0.5s")
    assert "time is up at step" in caplog.text
    state = load_checkpoint(done.folder / LAST)
    assert state["step"] == state["total_steps"] == state["validated"] < 100_000
    assert done.stopped == "all steps are done"
    assert (done.folder / "metrics.csv").read_text().splitlines()[-1].startswith(f"{state['step']},")


def test_precision_auto_writes_what_it_took(run: Any) -> None:
    done = run("run", "train.precision=auto", "train.steps=1")
    assert resolved(done.folder)["precision"] in ("fp32", "bf16")
    assert resolved(done.folder)["channels_last"] is True


@pytest.mark.parametrize("share", [0.0, 1e9])
def test_the_probe_changes_nothing_of_the_run(run: Any, monkeypatch: pytest.MonkeyPatch, share: float) -> None:
    monkeypatch.setattr(probe, "_WORTH", share)
    monkeypatch.setattr(probe, "_HOPELESS", 1e9)
    probed = run("probed", "train.precision=auto", "train.steps=5")
    taken = resolved(probed.folder)["precision"]
    assert taken == ("bf16" if share else "fp32")
    plain = run("plain", f"train.precision={taken}", "train.steps=5")
    weights = [(folder / "model.safetensors").read_bytes() for folder in (probed.folder, plain.folder)]
    assert weights[0] == weights[1]


def test_a_schedule_that_refuses_steps_past_its_end_is_probed_too(run: Any, plug: Any) -> None:
    def one_cycle(optimizer: Optimizer, total_steps: int) -> Any:
        return torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.01, total_steps=total_steps)

    scheduler = f"scheduler={plug('scheduler', 'torch_one_cycle', one_cycle)}"
    done = run("run", scheduler, "train.precision=auto", "train.batch_size=14", "train.steps=3")  # one step an epoch
    assert done.stopped == "all steps are done"


def test_the_resolved_recipe_alone_repeats_a_run(run: Any, tmp_path: Path) -> None:
    first = run("first", "train.precision=auto", "loss=[bce, {use: dice, weight: 0.5}]", "data.channels=1", "seed=3")
    second = segkit.run(first.folder / "recipe.yaml", [f"run.dir={tmp_path / 'second'}"])
    third = segkit.run(second.folder / "recipe.yaml", [f"run.dir={tmp_path / 'third'}"])
    weights = [(done.folder / "model.safetensors").read_bytes() for done in (first, second, third)]
    assert weights[0] == weights[1] == weights[2]
    recipes = [yaml.safe_load((done.folder / "recipe.yaml").read_text()) for done in (first, second, third)]
    assert recipes[0] == recipes[1] == recipes[2]
    assert first.metrics == second.metrics == third.metrics

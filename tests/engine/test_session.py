"""A run folder and what is in it."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
import torch

import segkit
from segkit import assembly
from segkit.discovery import catalog
from segkit.engine.folder import new_folder
from segkit.engine.model_file import load_model, read_card
from segkit.engine.session import determinism
from segkit.errors import UserError

FILES = {
    "checkpoints",
    "curves.png",
    "environment.json",
    "log.txt",
    "metrics.csv",
    "metrics.json",
    "model.json",
    "model.safetensors",
    "preview.png",
    "recipe.yaml",
}


def test_what_a_run_leaves_behind(cli: Any, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(assembly.ALWAYS, "callback", ("progress", "best", "curves", "preview"))
    folder = tmp_path / "run"
    outcome = cli("run", recipe, f"run.dir={folder}", "train.epochs=1")
    assert outcome.code == 0
    assert {path.name for path in folder.iterdir()} == FILES
    result = json.loads((folder / "metrics.json").read_text())
    assert result.keys() == {"split", "images", "metrics"}
    assert (result["split"], result["images"]) == ("test", 5)
    assert result["metrics"].keys() == {"iou_mean", "iou_sky", "iou_sea", "accuracy"}
    assert f"iou_sea              {result['metrics']['iou_sea']:.4f}" in outcome.out
    assert f"run folder: {folder}" in outcome.out
    environment = json.loads((folder / "environment.json").read_text())
    assert environment["torch"] == torch.__version__
    assert environment["distributions"].keys() == {"segkit"}
    said = (folder / "log.txt").read_text()
    assert all(
        line in said
        for line in ("train: 14 frames", "14 training images, 4 a step, fp32", "4 steps an epoch, 4 in all")
    )
    assert outcome.err.count("\n") == said.count("\n")


def test_a_program_that_set_up_no_logging_has_the_log_too(run: Any) -> None:
    logger = logging.getLogger("segkit")
    level = logger.level
    logger.setLevel(logging.NOTSET)
    try:
        folder = run("run", "train.steps=1").folder
        assert logger.level == logging.NOTSET
    finally:
        logger.setLevel(level)
    assert "train: 14 frames" in (folder / "log.txt").read_text()


def test_the_card_says_how_the_weights_are_used(run: Any) -> None:
    stats = "data.normalize={mean: [0.5, 0.4, 0.3], std: [0.2, 0.25, 0.5]}"
    folder = run("run", "train.steps=1", stats, "train.channels_last=false").folder
    card = read_card(folder)
    assert (card.classes, card.task, card.size, card.channels) == (["sky", "sea"], "sea", (32, 64), 3)
    assert (card.mean, card.std) == ([0.5, 0.4, 0.3], [0.2, 0.25, 0.5])
    assert (card.precision, card.channels_last) == ("fp32", False)
    model, _ = load_model(folder, catalog())
    assert not model.training
    assert model(torch.zeros(2, 3, 32, 64)).shape == (2, 1, 32, 64)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 99}', '{"format": 1}'])
def test_a_card_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(UserError, match=r"model\.json"):
        read_card(tmp_path)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no trained model"):
        read_card(tmp_path)


def test_runs_are_numbered_and_no_number_is_taken_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert new_folder("horizon", None) == Path("runs/horizon/1")
    (tmp_path / "runs/horizon/7").mkdir()
    (tmp_path / "runs/horizon/notes").mkdir()
    assert new_folder("horizon", None) == Path("runs/horizon/8")
    assert new_folder("other", None) == Path("runs/other/1")


def test_a_run_without_a_folder_of_its_own_is_named_after_its_recipe(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = segkit.run(recipe, ["train.steps=1"])
    assert done.folder == Path("runs/tiny/1")
    assert (tmp_path / "runs/tiny/1/metrics.json").is_file()


def test_a_recipe_without_a_test_set_is_measured_on_validation(run: Any) -> None:
    frames = "{use: synthetic_horizon, counts: [14, 6, 5], frame_size: [40, 72]}"
    done = run("run", "train.steps=1", f"data={{size: [32, 64], train: {frames}, val: {frames}}}")
    assert (done.split, done.images) == ("val", 6)


def test_an_incomplete_last_batch_can_be_dropped(run: Any) -> None:
    rows = (run("run", "train.drop_last=true").folder / "metrics.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["step", "3", "6", "9"]


def test_determinism_lasts_as_long_as_it_is_wanted() -> None:
    before = torch.are_deterministic_algorithms_enabled()
    with determinism(True):
        assert torch.are_deterministic_algorithms_enabled()
        assert torch.is_deterministic_algorithms_warn_only_enabled()
    assert torch.are_deterministic_algorithms_enabled() == before
    with determinism(False):
        assert not torch.are_deterministic_algorithms_enabled()


def test_a_run_leaves_no_handler_behind(run: Any) -> None:
    before = list(logging.getLogger("segkit").handlers)
    run("run", "train.steps=1")
    with pytest.raises(UserError):
        run("run", "train.steps=1")
    assert logging.getLogger("segkit").handlers == before

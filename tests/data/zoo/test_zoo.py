"""Damaged and odd files: each is named with its cause, and a run refuses, skips or uses it without a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]
Creatures = Mapping[str, Any]


@pytest.fixture
def unusable(creatures: Creatures) -> set[str]:
    return {name for name, creature in creatures.items() if not creature.usable}


def test_the_zoo_is_large_enough(creatures: Creatures) -> None:
    assert len(creatures) >= 40


def test_every_one_is_named_with_its_cause(zoo: Any, creatures: Creatures, unusable: set[str], cli: Cli) -> None:
    shown = cli("data", "check", "recipe.yaml", "--json")
    assert shown.code == 1, shown.err
    assert shown.out.isascii()
    for name, creature in creatures.items():
        end = creature.file if creature.kind == "odd_name" else f"{name}{creature.file}"
        found = [f for f in shown.about(end) if f["kind"] == creature.kind and creature.cause in f["cause"]]
        assert found, (name, shown.about(end))
        assert all(f["remedy"] for f in found)
        refused = [f for f in shown.report["findings"] if f["level"] == "error" and f"/{name}." in f["file"]]
        assert bool(refused) == (not creature.usable), (name, refused)
    train = shown.report["splits"]["train"]
    assert (train["frames"], train["unusable"]) == (4 + len(creatures) - len(unusable), len(unusable))


def test_sound_frames_are_not_named(zoo: Any, cli: Cli) -> None:
    findings = cli("data", "check", "recipe.yaml", "--json").report["findings"]
    sound = {
        f"{split}{index}.png" for split, count in (("train", 4), ("val", 2), ("test", 2)) for index in range(count)
    }
    assert not [finding for finding in findings if Path(finding["file"]).name in sound]


def test_the_table_says_the_same_as_json(zoo: Any, cli: Cli) -> None:
    report = cli("data", "check", "recipe.yaml", "--json").report
    table = cli("data", "check", "recipe.yaml").out
    assert f"errors: {report['errors']}\n" in table
    assert f"warnings: {report['warnings']}\n" in table
    for finding in report["findings"]:
        assert finding["cause"] in table
    assert all(line.isprintable() for line in table.splitlines())


def test_a_run_names_every_file_that_it_cannot_use(zoo: Any, unusable: set[str], cli: Cli, tmp_path: Path) -> None:
    shown = cli("run", "recipe.yaml")
    assert shown.code == 2
    assert "Traceback" not in shown.err
    for name in unusable:
        assert f"/{name}." in shown.err, name
    assert not (tmp_path / "out").exists()


def test_a_run_on_one_of_them_trains_or_names_it(one: str, creatures: Creatures, frames: Any, cli: Cli) -> None:
    frames.add("train", one)
    creatures[one].write(frames.root / "train" / "images", frames.root / "train" / "masks", one)
    shown = cli("run", "recipe.yaml")
    assert "Traceback" not in shown.err
    if creatures[one].usable:
        assert shown.code == 0, shown.err
    else:
        assert shown.code == 2
        assert f"/{one}." in shown.err


def test_a_run_that_skips_them_trains_on_the_rest_and_tells_how_many(
    zoo: Any, unusable: set[str], cli: Cli, tmp_path: Path
) -> None:
    shown = cli("run", "recipe.yaml", "data.on_error=skip")
    assert shown.code == 0, shown.err
    assert "Traceback" not in shown.err
    assert f"train: {len(unusable)} frames skipped" in shown.err
    assert json.loads((tmp_path / "out" / "metrics.json").read_text())["images"] == 2

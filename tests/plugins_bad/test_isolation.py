"""A bad plugin is named with its fault, and harms nobody: not the lists, not a recipe that does not use it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

Rows = list[dict[str, str]]


def test_segkit_list_shows_all_that_it_shows_without_the_zoo(zoo: Any, listed: Rows) -> None:
    without = json.loads(zoo.run("-m", "segkit", "list", "--json", python=Path(sys.executable)).stdout)
    assert {"dice", "unet", "adam"} <= {row["name"] for row in without}
    assert [row for row in listed if not row["distribution"].startswith("zoo-")] == without


def test_segkit_list_shows_a_specimen_unless_it_gives_nothing(specimen: Any, listed: Rows) -> None:
    states = {row["state"] for row in listed if row["distribution"] == specimen.distribution}
    special = {"built-in": "shadowed", "same-name": "ambiguous", "same-name-too": "ambiguous"}
    assert states == (set() if specimen.gives_nothing else {special.get(specimen.name, "ok")})


def test_segkit_plugins_names_state_and_cause(specimen: Any, plugins: dict[str, dict[str, Any]]) -> None:
    row = plugins[specimen.distribution]
    assert (row["version"], row["state"]) == ("1.0", specimen.state)
    assert specimen.cause in row["cause"]
    assert bool(row["cause"]) == bool(specimen.cause)
    assert "\n" not in row["cause"]
    assert (row["components"] == []) == (row["api"] is None)


def test_segkit_itself_stays_well_in_the_zoo(plugins: dict[str, dict[str, Any]]) -> None:
    assert (plugins["segkit"]["state"], plugins["segkit"]["cause"], plugins["segkit"]["api"]) == ("ok", "", 1)


def test_the_time_of_the_slow_one_is_told(plugins: dict[str, dict[str, Any]]) -> None:
    assert plugins["zoo-slow"]["seconds"] >= 0.3
    assert f"{plugins['zoo-slow']['seconds']:.2f} s" in plugins["zoo-slow"]["cause"]


def test_a_recipe_that_uses_it_is_told_distribution_version_and_cause(
    specimen: Any, checked: dict[str, dict[str, Any]]
) -> None:
    outcome = checked[specimen.full_name]
    if specimen.works:
        assert (outcome["code"], outcome["said"].replace("noise\n", "")) == (0, "")
        return
    assert outcome["code"] == 2
    assert f"{specimen.distribution} 1.0" in outcome["said"]
    assert (specimen.recipe or "the plugin is broken: ") in outcome["said"]
    assert specimen.cause in outcome["said"]
    assert "Traceback" not in outcome["said"]


def test_an_unknown_bare_name_may_be_of_those_that_give_nothing(
    silent: Any, plugins: dict[str, dict[str, Any]], checked: dict[str, dict[str, Any]]
) -> None:
    outcome = checked[silent.module]
    assert outcome["code"] == 2
    assert f"unknown loss '{silent.module}'" in outcome["said"]
    lack = "is broken" if silent.state == "broken" else "gives nothing"
    cause = plugins[silent.distribution]["cause"]
    assert f"{silent.distribution} 1.0 may have it but {lack}: {cause}" in outcome["said"]
    assert "zoo-healthy" not in outcome["said"]


def test_a_run_that_uses_none_of_them_is_the_same_byte_for_byte(zoo: Any) -> None:
    recipe = zoo.recipe("beside", "bce")
    for name, python in (("beside", None), ("alone", Path(sys.executable))):
        done = zoo.run("-m", "segkit", "run", recipe, f"run.dir={name}", python=python)
        assert done.returncode == 0, done.stderr
    for name in ("model.safetensors", "model.json", "recipe.yaml", "metrics.json", "environment.json"):
        assert (zoo.folder / "beside" / name).read_bytes() == (zoo.folder / "alone" / name).read_bytes()

"""SEGKIT_PLUGINS, SEGKIT_NO_PLUGINS and --no-plugins: what is switched off is not loaded, and everything says so."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from segkit.discovery import discover
from segkit.errors import PluginError, UserError

Install = Callable[..., Path]

MARKED = """
import pathlib
pathlib.Path(__file__).with_suffix(".loaded").touch()
@hookimpl
def segkit_components():
    yield ComponentSpec("loss", "NAME", "nowhere:Loss", "A loss.")
"""
NO_CAUSE = "switched off by SEGKIT_NO_PLUGINS or --no-plugins"


@pytest.fixture
def site(install: Install) -> Path:
    """Two third parties, Acme.Losses and zeta, that leave a file beside them when they are loaded."""
    install("Acme.Losses", MARKED.replace("NAME", "foam"))
    return install("zeta", MARKED.replace("NAME", "wave"))


def states() -> dict[str, tuple[str, str, tuple[str, ...]]]:
    return {p.distribution: (p.state, p.cause, p.components) for p in discover().plugins if p.distribution != "segkit"}


def loaded(site: Path) -> list[str]:
    return sorted(path.stem for path in site.glob("*.loaded"))


def test_without_a_switch_all_are_loaded(site: Path) -> None:
    assert {"Acme.Losses", "zeta"} <= states().keys()
    assert loaded(site) == ["acme_losses", "zeta"]


@pytest.mark.parametrize("value", ["acme-losses", " ACME_losses , segkit,"])
def test_the_allowed_are_loaded_and_no_others(site: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SEGKIT_PLUGINS", value)
    found = states()
    assert found["Acme.Losses"] == ("ok", "", ("loss/foam",))
    assert found["zeta"] == ("disabled", "switched off by SEGKIT_PLUGINS", ())
    assert loaded(site) == ["acme_losses"]
    assert discover().get("loss", "dice").distribution == "segkit"


def test_none_of_the_third_parties_is_loaded_even_if_allowed(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGKIT_NO_PLUGINS", "1")
    monkeypatch.setenv("SEGKIT_PLUGINS", "zeta")
    assert states()["Acme.Losses"] == states()["zeta"] == ("disabled", NO_CAUSE, ())
    assert loaded(site) == []
    assert discover().get("loss", "dice").distribution == "segkit"


@pytest.mark.parametrize(("no", "allowed"), [("0", ""), ("", " , ")])
def test_empty_switches_switch_nothing(site: Path, monkeypatch: pytest.MonkeyPatch, no: str, allowed: str) -> None:
    monkeypatch.setenv("SEGKIT_NO_PLUGINS", no)
    monkeypatch.setenv("SEGKIT_PLUGINS", allowed)
    assert {name: states()[name][0] for name in ("Acme.Losses", "zeta")} == {"Acme.Losses": "ok", "zeta": "ok"}


def test_allowed_names_that_are_not_installed_are_told_all_at_once(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGKIT_PLUGINS", "zetta,acme-losses,pytest")
    with pytest.raises(UserError) as caught:
        discover()
    first, second = caught.value.faults
    assert first.cause == "SEGKIT_PLUGINS names 'zetta', but no installed plugin is called so"
    assert first.remedy == "did you mean 'zeta'?"
    assert "'pytest'" in second.cause
    assert loaded(site) == []


def test_a_switch_that_is_neither_on_nor_off_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGKIT_NO_PLUGINS", "yes")
    with pytest.raises(UserError, match="SEGKIT_NO_PLUGINS must be 0 or 1, not 'yes'"):
        discover()


def test_a_malformed_distribution_that_is_switched_off_is_not_broken(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("bent", entry_points="[segkit]\nno equals sign\n")
    monkeypatch.setenv("SEGKIT_NO_PLUGINS", "1")
    assert states()["bent"] == ("disabled", NO_CAUSE, ())


def test_what_a_recipe_may_be_told_of_what_is_switched_off(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGKIT_PLUGINS", "acme-losses")
    catalog = discover()
    with pytest.raises(PluginError) as caught:
        catalog.get("loss", "zeta:wave")
    [fault] = caught.value.faults
    assert fault.cause == "loss 'wave' of zeta 1.0 cannot be had: the plugin is switched off by SEGKIT_PLUGINS"
    assert fault.remedy == "add zeta to SEGKIT_PLUGINS"
    with pytest.raises(PluginError, match="switched off by SEGKIT_PLUGINS") as caught:
        catalog.get("loss", "wave")
    assert caught.value.faults[0].cause == "unknown loss 'wave'"


def test_the_option_before_the_verb_does_as_the_variable(
    site: Path, python: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    listed = python(site, "-m", "segkit", "--no-plugins", "plugins", "--json")
    rows = {row["distribution"]: row for row in json.loads(listed.stdout)}
    assert (rows["zeta"]["state"], rows["zeta"]["cause"], rows["zeta"]["api"]) == ("disabled", NO_CAUSE, None)
    assert rows["segkit"]["state"] == "ok"
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("data: {use: synthetic_horizon, size: [32, 64]}\nloss: zeta:wave\n")
    checked = python(site, "-m", "segkit", "--no-plugins", "check", str(recipe))
    assert checked.returncode == 2
    cause = f"recipe.yaml:2: loss.use: loss 'wave' of zeta 1.0 cannot be had: the plugin is {NO_CAUSE}"
    assert cause in checked.stderr
    assert loaded(site) == []


def test_a_verb_that_needs_no_component_is_not_stopped_by_a_wrong_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGKIT_PLUGINS", "nobody")
    code = "import sys; from segkit.cli.main import main; sys.argv = ['segkit', 'new', '--help']; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr

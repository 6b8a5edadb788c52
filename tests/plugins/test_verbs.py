"""``segkit list`` and ``segkit plugins`` in processes of their own, with plugins from real wheels."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from segkit.cli.list import list_command
from segkit.errors import UserError

Install = Callable[..., Path]
Python = Callable[..., subprocess.CompletedProcess[str]]

LIST = "from segkit.cli.list import list_command as verb\n"
PLUGINS = "from segkit.cli.plugins import plugins_command as verb\n"
PLAIN = """
@hookimpl
def segkit_components():
    yield ComponentSpec("loss", "NAME", "nowhere:Loss", "A loss.")
"""
NOISY = """
import sys
print("noise on import")
@hookimpl
def segkit_components():
    print("noise in the hook")
    sys.stdout.write("more noise\\n")
    yield ComponentSpec("loss", "loud", "noisy:Loud", "A loss with \\N{GREEK SMALL LETTER PI} in its summary.")
"""


def test_a_wheel_that_pip_installed_is_listed(make_wheel: Install, tmp_path: Path, python: Python) -> None:
    wheel = make_wheel("noisy-losses", NOISY, version="3.1")
    site = tmp_path / "target"
    pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    subprocess.run([sys.executable, *pip, "--target", str(site), str(wheel)], check=True, timeout=60)
    done = python(site, "-c", LIST + "verb(as_json=True)")
    rows = json.loads(done.stdout)
    assert [row for row in rows if row["distribution"] != "segkit"] == [
        {
            "kind": "loss",
            "name": "loud",
            "summary": "A loss with \N{GREEK SMALL LETTER PI} in its summary.",
            "distribution": "noisy-losses",
            "version": "3.1",
            "path": "noisy:Loud",
            "state": "ok",
        }
    ]
    assert "noise on import" in done.stderr
    assert "noise in the hook" in done.stderr
    assert "more noise" in done.stderr


def test_list_tells_of_broken_plugins_on_standard_error(install: Install, python: Python) -> None:
    install("sunk", "raise SystemExit(7)")
    site = install("noisy", NOISY)
    done = python(site, "-c", LIST + "verb('loss')")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "loss"
    assert all(line.startswith("  ") for line in lines[1:])
    (loud,) = (line for line in lines if line.split()[0] == "loud")
    (dice,) = (line for line in lines if line.split()[0] == "dice")
    assert loud.split()[1:3] == ["noisy", "1.0"]
    assert loud.index("noisy") == dice.index("segkit")
    said = [line for line in done.stderr.splitlines() if line.startswith("sunk")]
    assert said == ["sunk 1.0 is broken: entry point 'main' (sunk): SystemExit: 7 (see segkit plugins -v)"]


def test_list_of_an_unknown_kind_is_the_users_mistake() -> None:
    with pytest.raises(UserError, match="unknown kind 'losses'\n    did you mean 'loss'") as caught:
        list_command("losses")
    assert caught.value.exit_code == 2


def test_plugins_gives_an_entry_a_distribution(install: Install, python: Python) -> None:
    install("sunk", "raise RuntimeError('leak')")
    site = install("noisy", NOISY)
    done = python(site, "-c", PLUGINS + "verb(as_json=True)")
    assert done.returncode == 0, done.stderr
    rows = {row["distribution"]: row for row in json.loads(done.stdout)}
    cause = "entry point 'main' (sunk): RuntimeError: leak"
    assert rows["sunk"] == {
        "distribution": "sunk",
        "version": "1.0",
        "api": None,
        "state": "broken",
        "cause": cause,
        "components": [],
        "seconds": rows["sunk"]["seconds"],
    }
    assert all(0 < row["seconds"] < 60 for row in rows.values())
    assert (rows["noisy"]["components"], rows["noisy"]["api"]) == (["loss/loud"], 1)
    assert "loss/dice" in rows["segkit"]["components"]


def test_plugins_shows_tracebacks_when_asked(install: Install, python: Python) -> None:
    site = install("sunk", "def leak():\n    raise RuntimeError('leak')\nleak()")
    brief = python(site, "-c", PLUGINS + "verb()")
    long = python(site, "-c", PLUGINS + "verb(verbose=True)")
    assert "Traceback" not in brief.stdout
    heads, *_, line = brief.stdout.splitlines()
    assert heads.split() == ["distribution", "version", "API", "components", "state", "cause"]
    assert line.split()[:6] == ["sunk", "1.0", "-", "0", "broken", "entry"]
    assert line.index("broken") == heads.index("state")
    assert "in leak" in long.stdout
    assert json.loads(python(site, "-c", PLUGINS + "verb(True, True)").stdout)[-1]["traceback"].startswith("Traceback")


def test_listing_a_hundred_plugins_shows_them_all_and_imports_nothing_heavy(install: Install, python: Python) -> None:
    site = install("noisy", NOISY)
    for number in range(100):
        install(f"acme-{number:03}", PLAIN.replace("NAME", f"wave_{number}"))
    heavy = (
        "{'torch', 'torchvision', 'timm', 'kornia', 'torchmetrics', 'lightning_fabric', 'omegaconf', 'numpy', 'rich'}"
    )
    code = f"verb(as_json=True)\nimport sys\nsys.exit(' '.join({heavy} & set(sys.modules)) or 0)"
    for verb in (LIST, PLUGINS):
        done = python(site, "-c", verb + code)
        assert done.returncode == 0, done.stderr
        states = {row["distribution"]: row["state"] for row in json.loads(done.stdout)}
        assert {f"acme-{number:03}": "ok" for number in range(100)}.items() <= states.items()

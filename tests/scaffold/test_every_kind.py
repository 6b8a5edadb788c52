"""A plugin with a component of every kind, as it is written: it is clean, and it keeps the contract of every kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from segkit.kinds import KINDS
from segkit.scaffold.plugin import new_plugin
from segkit.scaffold.starters import STARTERS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("projects") / "all-kinds"
    new_plugin("all-kinds", list(KINDS), folder)
    return folder


Python = Callable[..., str]


@pytest.mark.slow
def test_its_own_tests_and_the_contract_of_every_kind_pass(
    project: Path, install: Callable[[Path], Path], python: Python
) -> None:
    said = python(project, "pytest", "-v", "--color=no", PYTHONPATH=str(install(project)))
    passed = Counter(re.findall(r"(test_\w+)\.py::.* PASSED", said))
    for kind, starter in STARTERS.items():
        assert passed[f"test_{kind}"] > 0, kind
        assert passed[f"test_{starter.name}"] > 0, kind
    assert passed["test_component"] >= 5 * len(KINDS)


def test_it_keeps_our_own_rules_of_style(project: Path, python: Python) -> None:
    rules = ["--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    # Its components import torch at the module level, as they are to; its tests are tests.
    python(project, "ruff", "check", *rules, "--extend-ignore", "TID253", "all_kinds")
    python(project, "ruff", "check", *rules, "--extend-ignore", "TID253,D103,S101", "tests")
    python(project, "ruff", "check", "--no-cache")
    python(project, "ruff", "format", "--check", "--no-cache")


@pytest.mark.slow
def test_its_types_are_right(project: Path, tmp_path: Path, python: Python) -> None:
    python(project, "mypy", "--strict", "--cache-dir", str(tmp_path / "mypy"), "all_kinds", "tests")

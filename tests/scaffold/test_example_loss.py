"""``plugins/example_loss`` is what ``segkit new plugin`` writes, and one published loss more."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from segkit.scaffold.plugin import new_plugin

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "plugins" / "example_loss"
LOSS = "generalized_cross_entropy"
ADDED = {f"example_loss/{LOSS}.py", f"tests/test_{LOSS}.py"}
LONGER = {"example_loss/plugin.py", "README.md"}  # they name the loss


def files(folder: Path) -> dict[str, list[str]]:
    """Every file's lines, but of those that git does not keep."""
    ignored = set((EXAMPLE / ".gitignore").read_text().replace("/", "").split())
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {p.as_posix(): (folder / p).read_text().splitlines() for p in found if not ignored & set(p.parts)}


def test_it_is_what_is_written_and_a_loss_more(tmp_path: Path) -> None:
    new_plugin("example-loss", ["loss"], tmp_path / "it")
    fresh, ours = files(tmp_path / "it"), files(EXAMPLE)
    assert set(ours) - set(fresh) == ADDED
    assert set(fresh) <= set(ours)
    for name in set(fresh) - LONGER:
        assert ours[name] == fresh[name], f"{name} differs from its template: write it anew, or change the template"
    for name in LONGER:
        lines = iter(ours[name])
        assert all(line in lines for line in fresh[name]), f"{name} lacks a line of its template, or has it elsewhere"
        assert 1 <= len(ours[name]) - len(fresh[name]) <= 6
        assert LOSS in "".join(ours[name])


@pytest.mark.slow
def test_its_own_tests_pass(install: Callable[[Path], Path], python: Callable[..., str], tmp_path: Path) -> None:
    project = shutil.copytree(EXAMPLE, tmp_path / "project")
    said = python(project, "pytest", "-v", "--color=no", PYTHONPATH=str(install(project)))
    assert len(re.findall(rf"test_loss\.py::\S+\[\S*{LOSS}\S*\] PASSED", said)) > 10
    assert f"tests/test_{LOSS}.py::" in said

"""What ``segkit new plugin`` writes, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from segkit.cli.main import app
from segkit.errors import UserError
from segkit.kinds import KINDS
from segkit.scaffold.plugin import TEMPLATES, new_plugin
from segkit.scaffold.starters import STARTERS

ROOT = Path(__file__).parents[2]


def written(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_plugin_is_a_whole_project(tmp_path: Path) -> None:
    folder = tmp_path / "my-losses"
    files = new_plugin("my-losses", ["loss"], folder)
    assert written(folder) == {
        ".github/workflows/ci.yml",
        ".gitignore",
        "LICENSE",
        "README.md",
        "my_losses/__init__.py",
        "my_losses/brier.py",
        "my_losses/plugin.py",
        "pyproject.toml",
        "tests/test_brier.py",
    }
    assert sorted(files) == sorted(folder / name for name in written(folder))
    assert not any("$module" in path.read_text() or "$name" in path.read_text() for path in files)
    assert "${{ matrix.python }}" in (folder / ".github/workflows/ci.yml").read_text()


def test_the_project_file_names_package_entry_point_and_licence(tmp_path: Path) -> None:
    new_plugin("Acme.Sea_losses", ["loss"], tmp_path / "it")
    project = tomllib.loads((tmp_path / "it" / "pyproject.toml").read_text())["project"]
    assert (project["name"], project["license"]) == ("Acme.Sea_losses", "Apache-2.0")
    assert project["entry-points"] == {"segkit": {"main": "acme_sea_losses.plugin"}}
    assert (tmp_path / "it" / "acme_sea_losses" / "plugin.py").is_file()


def test_the_licence_is_our_own() -> None:
    assert (TEMPLATES / "project" / "LICENSE.tmpl").read_text() == (ROOT / "LICENSE").read_text()


def test_every_kind_has_a_beginning() -> None:
    assert list(STARTERS) == list(KINDS)
    assert {path.name for path in (TEMPLATES / "kinds").iterdir()} == set(KINDS)


def test_a_kind_that_is_named_twice_is_written_once(tmp_path: Path) -> None:
    new_plugin("twice", ["loss", "norm", "loss"], tmp_path / "it")
    assert (tmp_path / "it" / "twice" / "plugin.py").read_text().count("yield ComponentSpec(") == 2


@pytest.mark.parametrize(
    "name",
    ["", "-losses", "losses-", "my losses", "my/losses", "../losses", "7seas", "m\N{LATIN SMALL LETTER SHARP S}"],
)
def test_what_is_no_name_of_a_distribution_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a plugin's name must be letters"):
        new_plugin(name, ["loss"], tmp_path / "it")
    assert not (tmp_path / "it").exists()


@pytest.mark.parametrize("name", ["json", "segkit", "segkit-std", "tests", "class"])
def test_a_name_that_would_hide_a_module_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="must not hide another module"):
        new_plugin(name, ["loss"], tmp_path / "it")


def test_an_unknown_kind_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="unknown kind 'lose'\n    did you mean 'loss'"):
        new_plugin("mine", ["loss", "lose"], tmp_path / "it")
    assert not (tmp_path / "it").exists()


def test_no_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no kind was named"):
        new_plugin("mine", [], tmp_path / "it")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="nothing is overwritten"):
        new_plugin("mine", ["loss"], tmp_path)
    with pytest.raises(UserError, match="nothing is overwritten"):
        new_plugin("mine", ["loss"], tmp_path / "notes.txt")
    assert written(tmp_path) == {"notes.txt"}
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    new_plugin("mine", ["metric"], tmp_path)
    assert "mine/error_rate.py" in written(tmp_path)


def test_the_command_writes_where_it_is_told_and_says_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    named = CliRunner().invoke(app, ["new", "plugin", "mine", "--kind", "loss", "--kind", "norm"])
    assert named.exit_code == 0, named.output
    assert set(named.stdout.split()) == {f"mine/{name}" for name in written(tmp_path / "mine")}
    placed = CliRunner().invoke(app, ["new", "plugin", "mine", "--kind", "loss", "--into", "else/where"])
    assert placed.exit_code == 0, placed.output
    assert "mine/brier.py" in written(tmp_path / "else" / "where")


def test_writing_a_plugin_imports_no_torch(tmp_path: Path) -> None:
    code = "from segkit.cli.main import app; app(['new', 'plugin', 'mine', '--kind', 'loss'], standalone_mode=False)"
    check = "\nimport sys; sys.exit(' '.join({'torch', 'numpy', 'omegaconf'} & set(sys.modules)) or 0)"
    done = subprocess.run(
        [sys.executable, "-c", code + check], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr

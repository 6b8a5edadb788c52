"""Verbs that plugins add: listed without being imported, called like our own, and never in anybody's way."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from segkit.catalog import VERBS
from segkit.cli.main import app
from segkit.spec import CommandSpec, SpecError

Add = Callable[..., None]
Segkit = Callable[..., subprocess.CompletedProcess[str]]

DEPTH = '''
"""Import of this module is told."""
import sys
from typing import Annotated

import typer

print("imported", file=sys.stderr)


def depth(
    frames: Annotated[int, typer.Argument(help="How many there are.")],
    deep: Annotated[bool, typer.Option(help="Much deeper.")] = False,
) -> None:
    """Tell how deep the sea is, at length."""
    typer.echo(f"{frames * (100 if deep else 1)} m")


def refuse() -> None:
    from segkit.errors import UserError

    raise UserError("the sea is too deep", "go ashore")


def odd(thing: list[list[int]]) -> None: ...
'''


def verbs(*specs: str) -> str:
    return "\n    ".join(["@hookimpl\ndef segkit_commands():", *(f"yield {spec}" for spec in specs)]) + "\n"


def verb(name: str, path: str, summary: str = "Tell how deep the sea is.", **more: object) -> str:
    options = "".join(f", {key}={value!r}" for key, value in more.items())
    return f"CommandSpec({name!r}, {path!r}, {summary!r}{options})"


def test_our_own_verbs_are_those_that_nobody_else_may_take() -> None:
    names = [command.name for command in app.registered_commands] + [group.name for group in app.registered_groups]
    assert sorted(VERBS) == sorted(filter(None, names))


def test_a_verb_is_listed_with_its_summary_and_not_imported(add_plugin: Add, segkit: Segkit) -> None:
    add_plugin("sounder", verbs(verb("depth", "sounding:depth")), sounding=DEPTH)
    done = segkit("--help")
    assert done.returncode == 0
    assert [line.split(maxsplit=1)[1] for line in done.stdout.splitlines() if line.split()[:1] == ["depth"]] == [
        "Tell how deep the sea is."
    ]
    assert "imported" not in done.stderr


def test_a_verb_takes_its_functions_arguments_and_options(add_plugin: Add, segkit: Segkit) -> None:
    add_plugin("sounder", verbs(verb("depth", "sounding:depth")), sounding=DEPTH)
    assert segkit("depth", "3").stdout == "3 m\n"
    assert segkit("depth", "--deep", "3").stdout == "300 m\n"
    assert segkit("sounder:depth", "4").stdout == "4 m\n"
    told = segkit("depth", "--help").stdout
    for words in ("segkit depth [OPTIONS] ", "Tell how deep the sea is, at length.", "Much deeper."):
        assert words in told
    wrong = segkit("depth", "three")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "Error: Invalid value for 'frames'" in wrong.stderr


def test_an_error_of_a_verb_is_shown_as_our_own(add_plugin: Add, segkit: Segkit) -> None:
    add_plugin("sounder", verbs(verb("refuse", "sounding:refuse")), sounding=DEPTH)
    done = segkit("refuse")
    assert (done.returncode, done.stderr) == (2, "imported\nthe sea is too deep\n    go ashore\n")


def test_a_plugin_of_verbs_alone_is_healthy(add_plugin: Add, segkit: Segkit) -> None:
    add_plugin("sounder", verbs(verb("depth", "sounding:depth")), sounding=DEPTH)
    (line,) = (line for line in segkit("plugins").stdout.splitlines() if line.startswith("sounder"))
    assert "ok" in line.split()
    assert '"verb/depth"' in segkit("plugins", "--json").stdout


def test_a_built_in_verb_stays_ours_and_the_plugin_is_warned(add_plugin: Add, segkit: Segkit) -> None:
    add_plugin("pirate", verbs(verb("list", "sounding:depth"), verb("depth", "sounding:depth")), sounding=DEPTH)
    assert segkit("list", "loss").stdout.startswith("loss\n")
    assert segkit("depth", "3").stdout == "3 m\n"
    (line,) = (line for line in segkit("plugins").stdout.splitlines() if line.startswith("pirate"))
    assert "warning" in line
    assert "verb 'list' is a built-in's name" in line
    refused = segkit("pirate:list")
    assert refused.returncode == 2
    assert "verb 'list' of pirate 1.0 is refused: verb 'list' is a built-in's name" in refused.stderr


def test_the_same_verb_of_two_plugins_is_ambiguous(add_plugin: Add, segkit: Segkit) -> None:
    add_plugin("sounder", verbs(verb("depth", "sounding:depth")), sounding=DEPTH)
    add_plugin("plumb-line", verbs(verb("depth", "sounding:depth", "Another depth.")))
    done = segkit("depth", "3")
    assert done.returncode == 2
    assert "verb 'depth' is ambiguous: plumb-line 1.0 and sounder 1.0 have it" in done.stderr
    assert "write plumb-line:depth or sounder:depth" in done.stderr
    assert segkit("plumb-line:depth", "3").stdout == "3 m\n"
    listed = [line.split()[0] for line in segkit("--help").stdout.splitlines() if "depth" in line]
    assert listed == ["plumb-line:depth", "sounder:depth"]


def test_a_verb_that_cannot_be_had_names_its_owner_and_the_cause(add_plugin: Add, segkit: Segkit) -> None:
    specs = [
        verb("gone", "nowhere_at_all:depth", needs="sounder[sonar]"),
        verb("lost", "sounding:nothing"),
        verb("odd", "sounding:odd"),
    ]
    add_plugin("sounder", verbs(*specs), sounding=DEPTH)
    for name, cause in {
        "gone": "verb 'gone' of sounder 1.0 cannot be imported: ModuleNotFoundError: No module named 'nowhere_at_all'",
        "lost": "verb 'lost' of sounder 1.0 cannot be imported: AttributeError: module 'sounding' has no attribute",
        "odd": "verb 'odd' of sounder 1.0: typer cannot read its parameters: List types with complex",
    }.items():
        done = segkit(name)
        assert done.returncode == 2
        assert cause in done.stderr
        assert "Traceback" not in done.stderr
    assert "pip install 'sounder[sonar]'" in segkit("gone").stderr
    assert segkit("--help").returncode == 0


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        (verbs(verb("depth", "a:b"), verb("depth", "a:c")), "verb 'depth' is registered twice"),
        (verbs("ComponentSpec('loss', 'x', 'a:b', 'A loss.')"), "segkit_commands must give CommandSpec only"),
        ("@hookimpl\ndef segkit_commands():\n    return 3\n", "segkit_commands must give a list of CommandSpec"),
        (verbs(verb("depth", "a:b", api=2)), "'depth' is written for API 2, this segkit has 1: upgrade segkit"),
        (verbs(verb("depth", "a:b"))[len("@hookimpl\n") :], "segkit_commands lacks the marker"),
    ],
)
def test_what_is_wrong_with_a_hook_is_said(add_plugin: Add, segkit: Segkit, source: str, cause: str) -> None:
    add_plugin("sounder", source)
    assert cause in segkit("plugins").stdout
    unknown = segkit("depth")
    assert unknown.returncode == 2
    assert "No such command 'depth'" in unknown.stderr


def test_verbs_are_switched_off_with_their_plugin(add_plugin: Add, segkit: Segkit) -> None:
    add_plugin("sounder", verbs(verb("depth", "sounding:depth")), sounding=DEPTH)
    assert segkit("--no-plugins", "depth", "3").returncode == 2
    assert "depth" not in segkit("--no-plugins", "--help").stdout


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"name": "Depth"}, r"CommandSpec\.name must be lower case letters, digits and hyphens, not 'Depth'"),
        ({"name": "the_depth"}, "CommandSpec.name must be"),
        ({"name": ["a"]}, "CommandSpec.name must be a str"),
        ({"path": "module.attribute"}, "CommandSpec.path must be 'module:attribute'"),
        ({"summary": " "}, "CommandSpec.summary must be one line, not empty"),
        ({"needs": None}, "CommandSpec.needs must be a str"),
        ({"api": True}, "CommandSpec.api must be an int >= 1"),
    ],
)
def test_a_field_of_the_wrong_form_is_refused(fields: dict[str, object], rule: str) -> None:
    right = {"name": "sea-depth", "path": "a.b:c", "summary": "Tell how deep the sea is."}
    assert CommandSpec(**right).api == 1
    with pytest.raises(SpecError, match=rule):
        CommandSpec(**right | fields)

"""Files that are no recipe, and YAML that is more than data."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segkit.errors import RecipeError

TEXTS: list[tuple[str, str | bytes, list[tuple[str, str, str]]]] = [
    ("empty", "", [("", "the file is empty", "write 'key: value' lines")]),
    ("comments", "# nothing\n\n", [("", "the file is empty", "write 'key: value' lines")]),
    ("null", "~\n", [("", "the file is empty", "write 'key: value' lines")]),
    ("list", "- data\n- model\n", [(":1", "a recipe is a mapping of keys, not a list", "write 'key: value'")]),
    ("scalar", "horizon\n", [(":1", "a recipe is a mapping of keys, not 'horizon'", "write 'key: value'")]),
    ("binary", bytes(range(256)), [("", "not a text file (UTF-8)", "name a YAML file")]),
    ("zeros", b"data: \x00\n", [(":1", "not YAML: special characters are not allowed", "mend it")]),
    ("utf-16", "data: 1\n".encode("utf-16"), [("", "not a text file (UTF-8)", "name a YAML file")]),
    ("too long", "#" * 1_000_001, [("", "1000001 bytes are no recipe", "keep it below")]),
    ("brackets", "seed: 1\nclasses: [sky, sea\ntask: x\n", [(":3", "not YAML: expected ',' or ']'", "mend it")]),
    ("braces", "train: {epochs: 3\n", [(":2", "not YAML: expected ',' or '}'", "mend it")]),
    ("indent", "train:\n  epochs: 3\n steps: 3\n", [(":3", "not YAML:", "mend it")]),
    ("tabulator", "train:\n\tepochs: 3\n", [(":2", "not YAML: found character '\\t'", "mend it")]),
    ("two documents", "seed: 1\n---\nseed: 2\n", [(":3", "a second document begins", "write one recipe a file")]),
    ("flow", f"{'[' * 600}{']' * 600}", [(":1", "nested deeper than", "take levels out")]),
    ("deep list", f"task: {'[' * 100}{']' * 100}\n", [(":1", "nested deeper than", "take levels out")]),
    ("deep mapping", f"loss: {'{a: ' * 100}1{'}' * 100}\n", [(":1", "nested deeper than", "take levels out")]),
    (
        "duplicate keys",
        "seed: 1\ntrain:\n  epochs: 3\n  epochs: 4\nseed: 2\n",
        [
            (":4", "'epochs' is given twice, first in line 3", "remove"),
            (":5", "'seed' is given twice, first in line 1", ""),
        ],
    ),
    ("in one line", "loss: {use: bce, use: dice}", [(":1", "'use' is given twice, first in line 1", "remove one")]),
    (
        "python's tags",
        "seed: !!python/object/apply:os.system ['true']\ntask: !!python/name:os.system\nclasses: [!!python/none ~]\n",
        [
            (":1", "the tag 'tag:yaml.org,2002:python/object/apply:os.system' is not allowed", "a recipe is data"),
            (":2", "the tag 'tag:yaml.org,2002:python/name:os.system' is not allowed", "a recipe is data"),
            (":3", "the tag 'tag:yaml.org,2002:python/none' is not allowed", "a recipe is data"),
        ],
    ),
    ("tagged key", "!!python/name:os.system : 1\n", [(":1", "a key must be a word", "write 'key: value'")]),
    ("own tag", "seed: !mine 3\n", [(":1", "the tag '!mine' is not allowed", "a recipe is data")]),
    ("set", "classes: !!set {sky, sea}\n", [(":1", "the tag 'tag:yaml.org,2002:set' is not allowed", "data")]),
    ("time", "task: !!timestamp 2020-01-01\n", [(":1", "timestamp' is not allowed", "data")]),
    ("binary tag", "task: !!binary aGk=\n", [(":1", "binary' is not allowed", "data")]),
    ("no int", "seed: !!int abc\n", [(":1", "'abc' is no int", "mend the value or its tag")]),
    ("empty int", "seed: !!int ''\n", [(":1", "'' is no int", "mend the value or its tag")]),
    ("minutes", "seed: !!int 1:30\n", [(":1", "'1:30' is no int", "mend the value or its tag")]),
    ("no bool", "deterministic: !!bool maybe\n", [(":1", "'maybe' is no bool", "mend the value or its tag")]),
    ("no float", "seed: !!float x\n", [(":1", "'x' is no float", "mend the value or its tag")]),
    ("no null", "seed: !!null x\n", [(":1", "'x' is no null", "mend the value or its tag")]),
    ("endless int", f"seed: {'9' * 5000}\n", [(":1", "is no int", "mend the value or its tag")]),
    (
        "anchor",
        "classes: &two [sky, sea]\ntask: *two\n",
        [(":1", "&two: anchors and aliases", "repeat it"), (":2", "*two: anchors and aliases", "repeat it")],
    ),
    ("merge key", "train:\n  <<: {epochs: 3}\n", [(":2", "a key must be a word", "write 'key: value'")]),
    ("mapping as key", "{a: 1}: 2\n", [(":1", "a key must be a word", "write 'key: value'")]),
    ("list as key", "? [a, b]\n: 2\n", [(":1", "a key must be a word", "write 'key: value'")]),
]


def told(path: Path, faults: list[tuple[str, str]], expected: list[tuple[str, str, str]]) -> None:
    assert len(faults) == len(expected), faults
    for (first, second), (line, cause, remedy) in zip(faults, expected, strict=True):
        assert first.startswith(f"{path}{line}: ")
        assert cause in first
        assert remedy in second


@pytest.mark.parametrize(("text", "expected"), [t[1:] for t in TEXTS], ids=[t[0] for t in TEXTS])
def test_what_is_no_recipe(
    text: str | bytes,
    expected: list[tuple[str, str, str]],
    write: Callable[..., Path],
    cli: Callable[..., Any],
) -> None:
    path = write(text)
    shown = cli("check", path)
    assert (shown.code, shown.out) == (2, "")
    told(path, shown.faults, expected)


@pytest.mark.parametrize(
    "text",
    [
        "${oc.env:HOME}",
        "${oc.decode:x}",
        "${${task}:HOME}",
        "${oc.env:${task}}",
        "${seed:}",
        "${}",
        "${ seed }",
        "${.seed}",
        "${..seed}",
        "${seed.}",
        "${data..size}",
        "${classes[0]}",
        "${seed",
        "${séed}",
        "a ${seed} and ${oc.env:HOME}",
    ],
)
def test_no_resolver_can_be_reached(text: str, base: str, write: Callable[..., Path], cli: Callable[..., Any]) -> None:
    cause, remedy = f"{text!r}: only ${{another.key}} can be referred to", "write the value itself"
    bad = write(f"{base}seed: 1\ntask: '{text}'\nclasses: [sky, '{text}']\n")
    shown = cli("check", bad)
    assert (shown.code, shown.faults) == (2, [(f"{bad}:{line}: {cause}", remedy) for line in (4, 5)])

    good = write(f"{base}seed: 1\n", "good.yaml")
    overrides = [f"task={text}", f"data.root={text}", f"run.dir={text}", f"loss.use={text}", f"seed='{text}'"]
    shown = cli("check", good, *overrides)
    assert (shown.code, shown.faults) == (2, [(f"override {each}: {cause}", remedy) for each in overrides])


@pytest.mark.parametrize("text", [r"\${seed}", r"\\\${seed}", "${run.dir}{seed}"])
def test_what_is_resolved_refers_to_nothing(
    text: str, base: str, write: Callable[..., Path], cli: Callable[..., Any]
) -> None:
    path = write(f"{base}seed: 1\nrun: {{dir: $}}\ntask: '{text}'\n")
    shown = cli("check", path)
    assert shown.code == 2
    [(first, second)] = shown.faults
    assert first.startswith(f"{path}:5: task: ")
    assert "holds '${' when its references are resolved" in first
    assert second == "write the value itself"


def test_a_folder_an_absent_file_and_a_misspelt_name(tmp_path: Path, cli: Callable[..., Any]) -> None:
    for source, cause, remedy in (
        (tmp_path, f"{tmp_path} is a folder, not a recipe", "name a YAML file or a shipped recipe"),
        (tmp_path / "absent.yaml", f"no recipe '{tmp_path / 'absent.yaml'}'", "known: camvid_sky"),
        ("horizn_unet", "no recipe 'horizn_unet'", "did you mean 'horizon_unet'?"),
    ):
        shown = cli("check", source)
        assert shown.code == 2
        [(first, second)] = shown.faults
        assert first == cause
        assert second.startswith(remedy)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(write: Callable[..., Path], cli: Callable[..., Any]) -> None:
    path = write("seed: 1\n")
    path.chmod(0)
    shown = cli("check", path)
    assert (shown.code, shown.faults) == (2, [(f"{path}: cannot be read: Permission denied", "check its permissions")])


def test_extends_must_name_a_recipe(base: str, write: Callable[..., Path], cli: Callable[..., Any]) -> None:
    path = write(f"{base}extends: nothing.yaml\n")
    assert cli("check", path).faults[0][0] == f"{path}:3: no recipe 'nothing.yaml'"
    path = write(f"{base}extends: [a, b]\n")
    [(first, second)] = cli("check", path).faults
    assert first.startswith(f"{path}:3: extends: expected a path")
    assert second == "write such as extends: horizon_unet"


def test_a_cycle_of_extends(write: Callable[..., Path], cli: Callable[..., Any]) -> None:
    write("extends: b.yaml\n", "a.yaml")
    write("# b\nextends: more/../c.yaml\n", "b.yaml")
    write("", "more/empty.yaml")
    last = write("extends: ./a.yaml\n", "c.yaml")
    shown = cli("check", last.parent / "a.yaml")
    assert shown.code == 2
    [(first, second)] = shown.faults
    assert first.endswith("c.yaml:1: extends: a cycle: a.yaml -> b.yaml -> c.yaml -> a.yaml")
    assert second == "remove one of them"

    itself = write("extends: self.yaml\n", "self.yaml")
    assert cli("check", itself).faults[0][0] == f"{itself}:1: extends: a cycle: self.yaml -> self.yaml"


def test_a_fault_in_what_is_extended_names_that_file(
    base: str, write: Callable[..., Path], cli: Callable[..., Any]
) -> None:
    below = write(f"{base}seed: -1\ntrian: {{}}\n", "below.yaml")
    above = write("extends: below.yaml\ntask: [a]\n", "above.yaml")
    causes = [first for first, _ in cli("check", above).faults]
    assert causes == [
        f"{below}:4: trian: unknown key",
        f"{above}:2: task: expected text, not ['a']",
        f"{below}:3: seed: must be 0 to 2^63 - 1, not -1",
    ]


REFERENCES: list[tuple[str, str, str, str]] = [
    ("missing key", "task: ${nothing}", "task: ${nothing} refers to a key that is not there", "the value itself"),
    ("below a value", "seed: 1\ntask: ${seed.x}", "${seed.x} refers to a key that is not there", "the value itself"),
    ("beyond a list", "classes: [a, b]\ntask: ${classes.2}", "${classes.2} refers to a key that", "the value itself"),
    ("word in a list", "classes: [a, b]\ntask: ${classes.a}", "${classes.a} refers to a key that", "the value itself"),
    ("itself", "task: ${task}", "task: '${task}' refers to itself", "the value itself"),
    (
        "in a circle",
        "optimizer: {use: '${optimizer.lr}', lr: '${optimizer.use}'}",
        "refers to itself",
        "the value itself",
    ),
    ("a mapping", "task: ${data}", "${data} refers to more than a single value", "the values themselves"),
    ("a list", "classes: [a, b]\ntask: ${classes}", "${classes} refers to more than a single value", "themselves"),
    ("null", "run: {dir: null}\ntask: ${run.dir}", "${run.dir} refers to a value that is missing", "give run.dir a"),
    (
        "to be given",
        "run: {dir: '???'}\ntask: ${run.dir}",
        "${run.dir} refers to a value that is missing",
        "give run.dir",
    ),
]


@pytest.mark.parametrize(("text", "cause", "remedy"), [r[1:] for r in REFERENCES], ids=[r[0] for r in REFERENCES])
def test_references_to_nothing_single(
    text: str, cause: str, remedy: str, base: str, write: Callable[..., Path], cli: Callable[..., Any]
) -> None:
    path = write(f"{base}{text}\n")
    shown = cli("check", path)
    assert shown.code == 2
    [(first, second)] = shown.faults
    assert first.startswith(f"{path}:{2 + len(text.splitlines())}: ")
    assert cause in first
    assert remedy in second


def test_references_that_would_double_each_other_explode_nowhere(read: Callable[..., object]) -> None:
    lines = ["data: {use: folder}", "optimizer:", "  use: adam", "  a0: aaaaaaaaaa"]
    lines += [f"  a{k}: '${{optimizer.a{k - 1}}}${{optimizer.a{k - 1}}}'" for k in range(1, 60)]
    with pytest.raises(RecipeError, match="more than 10000 characters when its references are resolved"):
        read("\n".join(lines))


@pytest.mark.parametrize("count", [20, 1000])
@pytest.mark.parametrize("step", [1, -1])
def test_a_long_chain_of_references(count: int, step: int, read: Callable[..., object]) -> None:
    links = [f"  a{k}: '${{optimizer.a{k + 1}}}'" for k in range(count)][::step]
    with pytest.raises(RecipeError, match="more than 10 references behind each other"):
        read("\n".join(["data: {use: folder}", "optimizer:", "  use: adam", f"  a{count}: 1", *links]))

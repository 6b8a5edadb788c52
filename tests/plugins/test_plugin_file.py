"""``--plugin FILE``: a Python file without packaging is a plugin for one command."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from segkit.cli.main import app
from segkit.discovery import discover
from segkit.errors import PluginError, UserError

HEAD = "from segkit.hooks import hookimpl\nfrom segkit.spec import ComponentSpec\n"
HOOK = """
@hookimpl
def segkit_components():
    yield ComponentSpec("loss", "mine", "my_file_losses:Mine", "A loss of my own.")
"""
LOSS = """
class Mine:
    def __call__(self, logits, target):
        return logits.square().mean()
"""
STEM = "my_file_losses"


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """``write(source, name="my_file_losses.py")`` gives the file's path."""

    def file(source: str, name: str = f"{STEM}.py") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(HEAD + source)
        return path

    path, modules = list(sys.path), set(sys.modules)
    yield file
    assert sys.path == path
    for name in set(sys.modules) - modules:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def test_a_file_is_published_under_its_stem_with_the_hash_of_its_content(write: Callable[..., Path]) -> None:
    path = write(HOOK + LOSS)
    component = discover(path).get("loss", "mine")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert (component.full_name, component.version) == (f"{STEM}:mine", f"file-{digest[:8]}")
    assert discover(path).get("loss", f"{STEM}:mine").spec.path == f"{STEM}:Mine"
    (summary,) = (p for p in discover(path, path).plugins if p.distribution == STEM)
    assert (summary.state, summary.api, summary.components) == ("ok", 1, ("loss/mine",))


def test_another_command_does_not_know_it(write: Callable[..., Path]) -> None:
    discover(write(HOOK + LOSS))
    assert STEM not in {plugin.distribution for plugin in discover().plugins}


def test_the_switches_are_for_what_is_installed(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGKIT_NO_PLUGINS", "1")
    assert discover(write(HOOK + LOSS)).get("loss", "mine").distribution == STEM


BROKEN = {
    "import": ("import no_such_module_anywhere\n", 3, "ModuleNotFoundError: No module named 'no_such_module_anywhere'"),
    "syntax": ("x = 1\ndef broken(:\n", 4, "SyntaxError"),
    "exit": ("\n\nraise SystemExit(0)\n", 5, "SystemExit: 0"),
    "below": ("def f():\n    return 1 / 0\nf()\n", 4, "ZeroDivisionError: division by zero"),
    "spec": (HOOK.replace('"mine"', '"Mine"'), 6, "ComponentSpec.name must be lower case"),
    "kind": (HOOK.replace('"loss"', '"los"'), None, "unknown kind 'los' of 'mine': did you mean 'loss'?"),
    "newer": (HOOK.replace(")\n", ", api=99)\n"), None, "API 99"),
    "misspelt": (HOOK.replace("components", "component"), None, "unknown hook 'segkit_component'"),
    "unmarked": (HOOK.replace("@hookimpl", ""), None, "segkit_components lacks the marker"),
    "nothing": ("x = 1\n", None, "it registers nothing"),
    "built-in": (HOOK.replace('"mine"', '"dice"'), None, "loss 'dice' is a built-in's name"),
}


@pytest.mark.parametrize(("source", "line", "cause"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_an_error_at_once_with_its_line(
    write: Callable[..., Path], source: str, line: int | None, cause: str
) -> None:
    path = write(source)
    with pytest.raises(PluginError) as caught:
        discover(path)
    [fault] = caught.value.faults
    assert cause in fault.cause
    assert fault.where == (str(path) if line is None else f"{path}:{line}")
    assert caught.value.exit_code == 2


def test_a_file_that_failed_leaves_no_module_behind(write: Callable[..., Path]) -> None:
    with pytest.raises(PluginError):
        discover(write("1 / 0\n"))
    assert STEM not in sys.modules
    assert discover(write(HOOK + LOSS)).get("loss", "mine").distribution == STEM


@pytest.mark.parametrize("name", ["json.py", "segkit.py", "pluggy.py", "this.py"])
def test_a_file_that_would_hide_a_module_is_refused(write: Callable[..., Path], name: str) -> None:
    with pytest.raises(UserError, match=f"would hide the module '{name[:-3]}'.*\n    rename the file"):
        discover(write(HOOK, name))


@pytest.mark.parametrize("name", ["my-losses.py", "losses.txt", "2losses.py"])
def test_a_file_that_is_not_called_like_a_module_is_refused(write: Callable[..., Path], name: str) -> None:
    with pytest.raises(UserError, match="must be called like a Python module"):
        discover(write(HOOK, name))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"absent_losses\.py cannot be read: No such file"):
        discover(tmp_path / "absent_losses.py")


def test_two_files_of_one_name_are_refused(write: Callable[..., Path]) -> None:
    with pytest.raises(UserError, match=f"would hide the module '{STEM}'"):
        discover(write(HOOK), write(HOOK, f"other/{STEM}.py"))


def test_a_file_called_like_an_installed_plugin_is_refused(
    write: Callable[..., Path], install: Callable[..., Path]
) -> None:
    site = install("My.File-Losses", entry_points="[segkit]\nmain = json\n")
    (site / f"{STEM}.py").unlink()  # a distribution need not have a module that is called like it
    with pytest.raises(PluginError, match=r"My.File-Losses 1.0 is installed and has this file's name\n    rename"):
        discover(write(HOOK))


def test_a_file_may_import_torch_and_take_its_time(write: Callable[..., Path]) -> None:
    path = write("import time, torch\ntime.sleep(0.3)\n" + HOOK + LOSS)
    (summary,) = (p for p in discover(path).plugins if p.distribution == STEM)
    assert (summary.state, summary.cause) == ("ok", "")
    assert summary.seconds >= 0.3


RECIPE = """
classes: [sky, sea]
data: {use: synthetic_horizon, counts: [8, 4, 4], size: [32, 64]}
model: {backbone: {use: plain, widths: [4, 8]}}
loss: mine
metrics: [iou]
train: {steps: 2, batch_size: 4, precision: fp32}
"""


@pytest.mark.slow
def test_every_verb_takes_files(
    write: Callable[..., Path],
    tmp_path: Path,
    python: Callable[..., subprocess.CompletedProcess[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SEGKIT_CACHE", str(tmp_path / "cache"))
    path, recipe, run = write(HOOK + LOSS), tmp_path / "recipe.yaml", tmp_path / "run"
    recipe.write_text(RECIPE)
    trained = python(tmp_path, "-m", "segkit", "run", "--plugin", str(path), str(recipe), f"run.dir={run}")
    assert trained.returncode == 0, trained.stderr
    version = json.loads((run / "environment.json").read_text())["distributions"][STEM]
    assert version == f"file-{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"

    def segkit(*arguments: object) -> str:
        app([*map(str, arguments)], prog_name="segkit", standalone_mode=False)
        return capsys.readouterr().out

    assert "iou_mean" in json.loads(segkit("evaluate", run, "--json", "--plugin", path))["metrics"]
    assert "no fault found" in segkit("check", recipe, "--plugin", path)
    assert ["mine", STEM, version] in [line.split()[:3] for line in segkit("list", "--plugin", path).splitlines()]
    assert f"loss mine, of {STEM} {version}" in segkit("show", "loss", "mine", "--plugin", path)
    assert [STEM, version, "1"] in [line.split()[:3] for line in segkit("plugins", "--plugin", path).splitlines()]
    Image.new("RGB", (64, 32)).save(tmp_path / "image.png")
    segkit("predict", run, tmp_path / "image.png", "-o", tmp_path / "out", "--plugin", path)
    assert (tmp_path / "out" / "masks" / "image.png").is_file()
    segkit("run", "--resume", run, "--plugin", path)
    with pytest.raises(PluginError) as caught:
        segkit("run", "--resume", run)
    [fault] = caught.value.faults
    assert fault.cause == f"{run} was trained with {STEM} {version}, which is not installed"
    assert fault.remedy == f"name the file with --plugin {STEM}.py"
    with pytest.raises(UserError, match="plugin: unknown key"):
        segkit("check", recipe, f"plugin={path}")

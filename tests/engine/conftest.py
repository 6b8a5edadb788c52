"""A recipe that trains in half a second, components made for a test, and the command line in process."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import segkit
from segkit import assembly
from segkit.catalog import Catalog, Component, Plugin
from segkit.cli.main import main
from segkit.engine.session import Result
from segkit.spec import ComponentSpec

OWNER = "made-for-tests"

# 14 training frames in batches of 4: the last batch of an epoch is incomplete. Frames are larger than the network sees.
RECIPE = """
classes: [sky, sea]
task: sea
data: {use: synthetic_horizon, counts: [14, 6, 5], frame_size: [40, 72], size: [32, 64]}
model: {backbone: {use: plain, widths: [4, 8]}}
loss: bce
optimizer: {use: adam, lr: 1e-2}
scheduler: one_cycle
augment: [hflip, {use: rotate, degrees: 15}, brightness_contrast]
metrics: [iou, accuracy]
train: {epochs: 3, batch_size: 4, precision: fp32}
"""

Plug = Callable[..., str]
Run = Callable[..., Result]


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module", autouse=True)
def _small_world(shared_cache: Path) -> Iterator[None]:
    """Share the cache of frames, and leave out the pictures that are drawn each epoch."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGKIT_CACHE", str(shared_cache))
        patch.setitem(assembly.ALWAYS, "callback", ("best",))
        yield


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(RECIPE)
    return path


@pytest.fixture
def run(recipe: Path, tmp_path: Path) -> Run:
    """``run("name", *overrides)`` trains the tiny recipe into the folder ``name``."""
    return lambda name, *overrides: segkit.run(recipe, [f"run.dir={tmp_path / name}", *overrides])


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> Plug:
    """``plug("loss", "name", callable)`` installs a component for the test and gives the name that a recipe uses."""
    module, api = ModuleType("made_for_tests"), vars(segkit)["api"]
    monkeypatch.setitem(sys.modules, module.__name__, module)

    def install(kind: str, name: str, target: Any) -> str:
        setattr(module, name, target)
        spec = ComponentSpec(kind, name, f"{module.__name__}:{name}", "Made for a test.")
        known = api.catalog()
        plugin = Plugin(OWNER, "1.0", "ok", "", "", (f"{kind}/{name}",))
        components = [c for c in known.components if (c.distribution, c.name) != (OWNER, name)]
        plugins = [p for p in known.plugins if p.distribution != OWNER]
        extended = Catalog((*components, Component(spec, OWNER, "1.0")), (*plugins, plugin))
        monkeypatch.setattr("segkit.api.catalog", lambda: extended)
        return f"{OWNER}:{name}"

    return install


@dataclass(frozen=True)
class Outcome:
    """What a command came to."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """``cli("run", "x.yaml")`` runs the command line in this process."""

    def command(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["segkit", *map(str, arguments)])
        logger, before = logging.getLogger("segkit"), list(logging.getLogger("segkit").handlers)
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            logger.handlers[:] = before
        said = capsys.readouterr()
        return Outcome(code, said.out, said.err)

    return command

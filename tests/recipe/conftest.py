"""What the tests of recipes share: recipes in a folder of their own, and the command line run in this process."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from segkit.assembly import Assembly, assemble
from segkit.catalog import Catalog
from segkit.cli.main import main
from segkit.discovery import catalog
from segkit.recipe import Recipe, read_recipe

BASE = """\
data: {use: synthetic_horizon, size: [32, 32]}
model: {backbone: {use: plain, widths: [4, 8]}}
"""


class Shown(NamedTuple):
    """What a run of the command line came to."""

    code: int
    out: str
    err: str

    @property
    def faults(self) -> list[tuple[str, str]]:
        """Each fault's line of cause and line of remedy."""
        lines = [line for line in self.err.splitlines() if " frames, ready in " not in line]  # talk, no fault
        causes, remedies = lines[::2], lines[1::2]
        assert len(causes) == len(remedies), f"each fault has one line of cause and one of remedy:\n{self.err}"
        assert all(remedy.startswith("    ") for remedy in remedies), self.err
        assert not any(cause.startswith(" ") for cause in causes), self.err
        return list(zip(causes, (remedy.strip() for remedy in remedies), strict=True))


@pytest.fixture
def base() -> str:
    """A recipe of two lines that lacks nothing."""
    return BASE


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """``write(text, name="bad.yaml")`` gives the path of a recipe with that text."""

    def write_file(text: str | bytes, name: str = "bad.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write_file


@pytest.fixture
def cli(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Shown]]:
    """``cli("check", path, "seed=1")`` runs the command line in an empty folder, with a cache of its own."""
    logger = logging.getLogger("segkit")
    before, level = logger.handlers[:], logger.level
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    monkeypatch.setenv("SEGKIT_CACHE", str(tmp_path / "cache"))

    def run(*arguments: object) -> Shown:
        monkeypatch.setattr(sys, "argv", ["segkit", *map(str, arguments)])
        capsys.readouterr()
        try:
            main()
        except SystemExit as end:
            code = end.code
        finally:
            logger.handlers[:] = before
        assert isinstance(code, int)
        return Shown(code, *capsys.readouterr())

    yield run
    logger.setLevel(level)


@pytest.fixture
def known() -> Catalog:
    """The installed components."""
    return catalog()


@pytest.fixture
def read(write: Callable[..., Path], known: Catalog) -> Callable[..., Recipe]:
    """``read(text, *overrides)`` gives the typed recipe; names are checked, nothing is imported."""

    def read_text(text: str, *overrides: str, name: str = "recipe.yaml") -> Recipe:
        return read_recipe(write(text, name), overrides, known).recipe

    return read_text


@pytest.fixture
def put_together(write: Callable[..., Path], known: Catalog) -> Callable[..., Assembly]:
    """``put_together(text, *overrides)`` gives the recipe with its components bound."""

    def put(text: str, *overrides: str, name: str = "recipe.yaml") -> Assembly:
        return assemble(read_recipe(write(text, name), overrides, known), known)

    return put


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """A folder of tiny frames, 4 + 2 + 2, with a mask that is 0 above and 1 below."""
    root = tmp_path / "frames"
    noise = np.random.default_rng(0)
    mask = np.repeat(np.uint8([0, 1]), 20)[:, None].repeat(48, axis=1)
    for split, count in (("train", 4), ("val", 2), ("test", 2)):
        for part in ("images", "masks"):
            (root / split / part).mkdir(parents=True)
        for index in range(count):
            image = noise.integers(0, 256, (40, 48, 3), dtype=np.uint8)
            Image.fromarray(image).save(root / split / "images" / f"{split}{index}.png")
            Image.fromarray(mask).save(root / split / "masks" / f"{split}{index}.png")
    return root

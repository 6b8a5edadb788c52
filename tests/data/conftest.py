"""Folders of frames that the tests write, and the command line run in this process."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

from segkit import assembly
from segkit.cli.main import main
from segkit.kinds import Sample

RECIPE = """\
classes: [sky, sea]
data: {use: folder, root: frames, mask_values: index, size: [32, 32]}
model: {backbone: {use: plain, widths: [4, 8]}}
augment: [hflip, {use: rotate, degrees: 40, p: 1.0}]
train: {steps: 1, batch_size: 2, precision: fp32, channels_last: false}
run: {dir: out}
"""


class Shown(NamedTuple):
    """What a run of the command line came to."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """What ``--json`` printed."""
        report: dict[str, Any] = json.loads(self.out)
        return report

    def about(self, name: str) -> list[dict[str, str]]:
        """The findings about files whose name ends so."""
        return [finding for finding in self.report["findings"] if finding["file"].endswith(name)]

    def kinds(self) -> set[str]:
        return {finding["kind"] for finding in self.report["findings"]}


@pytest.fixture
def cli(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Shown]]:
    """``cli("init", folder)`` runs the command line in ``tmp_path``, with a cache of its own."""
    logger = logging.getLogger("segkit")
    before, level = logger.handlers[:], logger.level
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEGKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(assembly.ALWAYS, "callback", ("best",))

    def run(*arguments: object) -> Shown:
        monkeypatch.setattr(sys, "argv", ["segkit", *map(str, arguments)])
        capsys.readouterr()
        code: Any = None
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        finally:
            logger.handlers[:] = before
        return Shown(code, *capsys.readouterr())

    yield run
    logger.setLevel(level)


class Frames:
    """Writes frames of noise, each of its own, with a mask that is 0 above and 1 below."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._noise = np.random.default_rng(0)

    def image(self, height: int = 40, width: int = 48) -> np.ndarray:
        return self._noise.integers(0, 256, (height, width, 3), dtype=np.uint8)

    def mask(self, height: int = 40, width: int = 48, high: int = 1) -> np.ndarray:
        rows = np.where(np.arange(height) < height // 2, 0, high).astype(np.uint8)
        return np.repeat(rows[:, None], width, axis=1)

    def add(self, place: str, stem: str, image: np.ndarray | None = None, mask: np.ndarray | None = None) -> None:
        """Write a pair into ``place/images`` and ``place/masks``."""
        for part, pixels in (("images", image), ("masks", mask)):
            folder = self.root / place / part
            folder.mkdir(parents=True, exist_ok=True)
            if pixels is None:
                pixels = self.image() if part == "images" else self.mask()
            Image.fromarray(pixels).save(folder / f"{stem}.png")

    def sample(self, place: str, stem: str) -> Sample:
        """Read a pair back."""
        with Image.open(self.root / place / "images" / f"{stem}.png") as image:
            pixels = np.array(image)
        with Image.open(self.root / place / "masks" / f"{stem}.png") as mask:
            return Sample(pixels, np.array(mask), id=stem)


@pytest.fixture
def frames(tmp_path: Path) -> Frames:
    """4 + 2 + 2 sound frames in ``frames/train``, ``val`` and ``test``, with ``recipe.yaml`` beside them."""
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    made = Frames(tmp_path / "frames")
    for split, count in (("train", 4), ("val", 2), ("test", 2)):
        for index in range(count):
            made.add(split, f"{split}{index}")
    return made

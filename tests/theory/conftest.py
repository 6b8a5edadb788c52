"""Frames written as files, and recipes small enough to train in a second."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import segkit
from segkit.cli.main import main
from segkit.engine.session import Result

Save = Callable[[str, object], Path]
Train = Callable[..., Result]
Cli = Callable[..., tuple[int, str, str]]

# A network of one level without a norm, and plain gradient descent: what a step did can be read off the weights.
RECIPE = """
classes: [sky, sea]
task: sea
data: {use: folder, root: ROOT, mask_values: index, size: [32, 32]}
model: {backbone: {use: plain, widths: [4]}, norm: none}
loss: bce
optimizer: {use: sgd, lr: 1.0}
metrics: [iou]
train: {steps: 1, batch_size: 4, precision: fp32, channels_last: false}
"""


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="module", autouse=True)
def _cache_of_the_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """``save("masks/a.png", rows)`` writes rows of 0 to 255 as a grey picture below tmp_path."""

    def to_file(name: str, pixels: object) -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.asarray(pixels, dtype=np.uint8)).save(file)
        return file

    return to_file


@pytest.fixture
def frames(save: Save, tmp_path: Path) -> Callable[[Mapping[str, int]], Path]:
    """``frames({"train": 8, "val": 2})`` writes noise with a brighter sea, part of it ignored, and gives the root."""

    def to_files(counts: Mapping[str, int]) -> Path:
        rng = np.random.default_rng(0)
        for split, count in counts.items():
            for number in range(count):
                mask = np.zeros((32, 32), dtype=np.uint8)
                mask[rng.integers(8, 24) :] = 1
                save(f"{split}/images/{number:03}.png", 100 * mask + rng.integers(0, 100, mask.shape))
                mask[: 2 * (number % 8)] = 255  # so that frames, and batches, differ in how many pixels count
                save(f"{split}/masks/{number:03}.png", mask)
        return tmp_path

    return to_files


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """The file of RECIPE, for the frames below tmp_path."""
    file = tmp_path / "tiny.yaml"
    file.write_text(RECIPE.replace("ROOT", str(tmp_path)))
    return file


@pytest.fixture
def train(recipe: Path, tmp_path: Path) -> Train:
    """``train("name", *overrides)`` trains RECIPE into the folder ``name``."""
    return lambda name, *overrides: segkit.run(recipe, [f"run.dir={tmp_path / name}", *overrides])


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """``cli("run", "x.yaml")`` runs the command line here: its exit code, standard output and standard error."""

    def command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["segkit", *map(str, arguments)])
        logger = logging.getLogger("segkit")
        before, level = list(logger.handlers), logger.level
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            logger.handlers[:] = before
            logger.setLevel(level)
        said = capsys.readouterr()
        return code, said.out, said.err

    return command

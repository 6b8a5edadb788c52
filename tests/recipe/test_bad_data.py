"""``segkit run`` on folders that lack something: exit code 2, the file named, no run folder left behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segkit import assembly

RECIPE = """\
classes: [sky, sea]
data:
  use: folder
  root: frames
  mask_values: index
  size: [32, 32]
model: {backbone: {use: plain, widths: [4, 8]}}
loss: bce
train: {steps: 1, batch_size: 2, precision: fp32, channels_last: false}
run: {dir: out}
"""

Run = Callable[..., Any]


@pytest.fixture
def run(cli: Run, write: Callable[..., Path], frames: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run(*overrides)`` trains one step on ``frames``; curves and preview are not drawn."""
    monkeypatch.setitem(assembly.ALWAYS, "callback", ("best",))
    path = write(RECIPE, "recipe.yaml")
    return lambda *overrides: cli("run", path, *overrides)


def is_refused(shown: Any, frames: Path, *expected: str) -> None:
    """Check the exit code, that each fault has two lines, and that each text is part of a line of cause of its own."""
    assert (shown.code, shown.out) == (2, "")
    left = [first for first, second in shown.faults if second]
    for text in expected:
        found = [first for first in left if text in first]
        assert len(found) == 1, (text, shown.err)
        left.remove(found[0])
    assert not (frames.parent / "out").exists()


def test_a_good_folder_trains(run: Run, frames: Path) -> None:
    shown = run()
    assert shown.code == 0
    assert shown.out.startswith("test, 2 images")
    assert json.loads((frames.parent / "out" / "metrics.json").read_text())["images"] == 2


def test_an_absent_folder(run: Run, frames: Path) -> None:
    shown = run("data.root=nowhere")
    is_refused(shown, frames, f"{Path.cwd() / 'nowhere'}: no such folder")
    assert shown.faults[0][0].startswith(f"{frames.parent / 'recipe.yaml'}:2, override data.root=nowhere: ")


def test_an_empty_folder(run: Run, frames: Path) -> None:
    (frames.parent / "nothing").mkdir()
    shown = run("data.root=../nothing")
    is_refused(shown, frames, "train/images and train/masks", "val/images and val/masks", "test/images and test/masks")


def test_folders_without_files(run: Run, frames: Path) -> None:
    for file in (frames / "val").rglob("*.png"):
        file.unlink()
    is_refused(run(), frames, "val/images: holds no image file", "val/masks: holds no mask file")


def test_an_image_without_a_mask_and_a_mask_without_an_image(run: Run, frames: Path) -> None:
    (frames / "train" / "masks" / "train1.png").unlink()
    (frames / "val" / "images" / "val0.png").unlink()
    is_refused(run(), frames, "train/images/train1.png: image without a mask", "masks/val0.png: mask without an image")


def test_sizes_that_differ(run: Run, frames: Path) -> None:
    Image.new("L", (47, 40)).save(frames / "train" / "masks" / "train2.png")
    expected = "train/masks/train2.png: the mask is 47x40 pixels, its image train2.png 48x40"
    is_refused(run(), frames, "1 of 4 frames cannot be used", expected)


def test_mask_values_outside_the_classes(run: Run, frames: Path) -> None:
    mask = np.zeros((40, 48), np.uint8)
    mask[3, 5] = 7
    Image.fromarray(mask).save(frames / "train" / "masks" / "train0.png")
    expected = "train/masks/train0.png: the mask holds 7; read as index, only 0, 1, 255 mean something"
    is_refused(run(), frames, "1 of 4 frames cannot be used", expected)
    is_refused(run("data.mask_values=auto"), frames, "hold the values 0, 1, 7")


def damage(frames: Path) -> list[Path]:
    """Spoil three of the four training pairs, each in another way."""
    images = [frames / "train" / "images" / f"train{index}.png" for index in range(3)]
    images[0].write_bytes(b"")
    images[1].write_bytes(images[1].read_bytes()[:400])
    images[2].write_bytes(b"no picture at all")
    return images


def test_files_that_cannot_be_decoded(run: Run, frames: Path) -> None:
    images = damage(frames)
    shown = run()
    is_refused(
        shown,
        frames,
        "3 of 4 frames cannot be used",
        f"{images[0]}: the file is empty (0 bytes)",
        f"{images[1]}: cannot be decoded (",
        f"{images[2]}: cannot be decoded (",
    )
    assert shown.faults[0][1] == "mend them, or leave them out with data.on_error=skip"


def test_skip_goes_on_without_them_and_counts_them(run: Run, frames: Path) -> None:
    images = damage(frames)
    shown = run("data.on_error=skip", "train.batch_size=1")
    assert shown.code == 0
    assert "train: 3 frames skipped" in shown.err
    assert all(str(image) in shown.err for image in images)
    assert "Traceback" not in shown.err
    log = (frames.parent / "out" / "log.txt").read_text()
    assert "train: 3 frames skipped" in log


def test_skip_cannot_leave_nothing(run: Run, frames: Path) -> None:
    for image in (frames / "val" / "images").iterdir():
        image.write_bytes(b"")
    shown = run("data.on_error=skip")
    assert shown.code == 2
    assert "no frame can be used" in shown.err
    assert "val0.png: the file is empty" in shown.err


@pytest.mark.parametrize("override", ["train.batch_size=5", "train.accumulate=3"])
def test_a_batch_larger_than_the_training_set(override: str, run: Run, frames: Path) -> None:
    shown = run(override)
    assert shown.code == 2
    assert "more than the 4 training frames" in shown.err
    assert "at most 4 images can make a step" in shown.err
    assert "Traceback" not in shown.err
    assert not (frames.parent / "out").exists()


def test_a_run_folder_that_is_not_empty(run: Run, frames: Path) -> None:
    out = frames.parent / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    shown = run()
    assert (shown.code, shown.out) == (2, "")
    assert shown.faults == [(f"run.dir {out} is not empty", f"name another, or segkit run --resume {out}")]
    assert [path.name for path in out.iterdir()] == ["mine.txt"]


def test_an_empty_run_folder_is_taken(run: Run, frames: Path) -> None:
    (frames.parent / "out").mkdir()
    assert run().code == 0


def test_resume_of_a_folder_that_is_no_run(cli: Run, frames: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    for folder in (frames, tmp_path / "nowhere", file):
        shown = cli("run", "--resume", folder)
        assert (shown.code, shown.out) == (2, "")
        [(first, second)] = shown.faults
        assert first == f"{folder} is no run folder: it has no recipe.yaml"
        assert second == "name the folder that a run printed"


def test_run_takes_a_recipe_or_a_folder_to_resume(cli: Run, tmp_path: Path) -> None:
    for arguments in ([], ["horizon_unet", "--resume", tmp_path]):
        shown = cli("run", *arguments)
        assert (shown.code, shown.out) == (2, "")
        [(first, second)] = shown.faults
        assert first == "run takes a recipe, or --resume with a run folder"
        assert second


def test_a_broken_recipe_in_a_run_folder(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("seed: [1\n")
    shown = cli("run", "--resume", tmp_path)
    assert shown.code == 2
    assert shown.faults[0][0].startswith(f"{tmp_path / 'recipe.yaml'}:2: not YAML")

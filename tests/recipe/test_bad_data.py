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


def nan(file: Path) -> None:
    Image.fromarray(np.full((40, 48), np.nan, np.float32)).save(file, format="TIFF")


def animated(file: Path) -> None:
    first, second = Image.new("RGB", (48, 40)), Image.new("RGB", (48, 40), "red")
    first.save(file, format="PNG", save_all=True, append_images=[second])


ODD: dict[str, tuple[Callable[[Path], object], str]] = {
    "bomb": (lambda file: Image.new("1", (20000, 20000)).save(file), "claims more than 80,000,000 pixels"),
    "animation": (animated, "holds 2 pictures (an animation, or pages)"),
    "nan": (nan, "1920 of 1920 pixels are NaN or infinite"),
    "gif": (lambda file: Image.new("L", (48, 40)).save(file, format="GIF"), "cannot be decoded (not as JPEG, PNG"),
    "depth": (lambda file: Image.new("I", (48, 40), 70000).save(file, format="TIFF"), "holds integers from 70000 to"),
    "turned": (lambda file: Image.new("L", (40, 48)).save(file), "its image train0.png 40x48"),
    "one pixel off": (lambda file: Image.new("L", (48, 41)).save(file), "its image train0.png 48x41"),
}


@pytest.mark.parametrize("what", sorted(ODD))
def test_a_file_that_is_odd_is_named_with_its_cause_and_the_others_can_train(
    what: str, run: Run, frames: Path, recwarn: pytest.WarningsRecorder
) -> None:
    spoil, cause = ODD[what]
    spoil(frames / "train" / "images" / "train0.png")
    is_refused(run(), frames, "1 of 4 frames cannot be used", cause)
    shown = run("data.on_error=skip")
    assert shown.code == 0
    assert "train: 1 frames skipped" in shown.err
    assert cause in shown.err
    assert "Traceback" not in shown.err


FINE: dict[str, Callable[[Path], object]] = {
    "cmyk": lambda file: Image.new("CMYK", (48, 40), (9, 8, 7, 6)).save(file, format="JPEG"),
    "alpha": lambda file: Image.new("RGBA", (48, 40), (9, 8, 7, 6)).save(file),
    "palette": lambda file: Image.new("P", (48, 40), 3).save(file),
    "float": lambda file: Image.new("F", (48, 40), 21.5).save(file, format="TIFF"),
    "sixteen bits": lambda file: Image.new("I;16", (48, 40), 9000).save(file),
    "webp": lambda file: Image.new("RGB", (48, 40), (1, 2, 3)).save(file, format="WEBP"),
}


def test_formats_of_all_kinds_train_side_by_side_whatever_their_suffix(run: Run, frames: Path) -> None:
    mask = (frames / "train" / "masks" / "train0.png").read_bytes()
    for name, save in FINE.items():
        save(frames / "train" / "images" / f"{name}.png")
        (frames / "train" / "masks" / f"{name}.png").write_bytes(mask)
    shown = run()
    assert shown.code == 0
    assert "10 training images" in shown.err


def test_one_pixel_is_a_frame(run: Run, frames: Path) -> None:
    for part in ("images", "masks"):
        Image.new("L", (1, 1)).save(frames / "train" / part / "train0.png")
    assert run().code == 0


def test_grey_edges_are_told_with_their_share_or_ignored_or_refused(run: Run, frames: Path) -> None:
    mask = np.repeat(np.uint8([0, 100, 255]), [19, 2, 19])[:, None].repeat(48, axis=1)
    for file in (frames / "train" / "masks").iterdir():
        Image.fromarray(mask).save(file)
    for split in ("val", "test"):
        for file in (frames / split / "masks").iterdir():
            Image.fromarray(np.where(mask < 128, 0, 255).astype(np.uint8)).save(file)
    shown = run("data.mask_values=0/255")
    assert shown.code == 0
    assert shown.err.count("are neither 0 nor 255") == 1
    assert f"{frames}/train/masks: 5 % of the mask pixels (4 of 4 masks looked at) are neither 0 nor 255" in shown.err
    shown = run("data.mask_values=0/255", "data.mask_edges=ignore", "run.dir=quiet")
    assert shown.code == 0
    assert "are neither" not in shown.err
    shown = run("data.mask_values=0/255", "data.mask_edges=error", "run.dir=refused")
    assert shown.code == 2
    assert shown.err.count("the mask holds 100; read as 0/255, only 0, 255 mean something") == 4


def test_an_unknown_color_is_named(run: Run, frames: Path) -> None:
    for file in frames.rglob("masks/*.png"):
        Image.new("RGB", (48, 40), (0, 0, 255)).save(file)
    Image.new("RGB", (48, 40), (1, 2, 3)).save(frames / "val" / "masks" / "val1.png")
    colors = "data.mask_colors={sky: [0, 0, 255], sea: [0, 255, 0]}"
    shown = run("data.mask_values=auto", colors)
    is_refused(shown, frames, "1 of 2 frames cannot be used", "val1.png: the mask holds [1, 2, 3] (1920 pixels)")


@pytest.mark.parametrize(
    ("override", "rule"),
    [
        ("data.mask_colors={sky: [0, 0, 255]}", "none is given for sea"),
        ("data.mask_edges=ignore", "mask_edges ignore is for mask_values 0/255, not 'auto'"),
        ("data.group_pattern=x", "group_pattern must have one group in parentheses, not 0"),
        ("data.lists={val: val.txt}", "lists must name a file for train"),
        ("data.line_margin=-1", "line_margin must be a number of pixels, 0 or more, not -1.0"),
    ],
)
def test_options_that_do_not_go_together_are_faults_of_the_recipe(
    override: str, rule: str, run: Run, frames: Path
) -> None:
    shown = run("data.mask_values=auto", override)
    assert shown.code == 2
    assert rule in shown.err
    assert "Traceback" not in shown.err


def test_frames_that_recur_in_another_split_are_told_before_training(run: Run, frames: Path) -> None:
    smooth = Image.fromarray(np.random.default_rng(5).integers(0, 256, (8, 8, 3), dtype=np.uint8)).resize((48, 40))
    for file in ("train/images/train2.png", "val/images/val0.png"):
        smooth.save(frames / file)
    shown = run()
    assert shown.code == 0
    told = (
        "1 pair of frames is nearly the same in two splits, so the figures will be too good: train/train2 and val/val0"
    )
    assert told in shown.err
    assert shown.err.index(told) < shown.err.index("training images")
    assert "nearly the same" in (frames.parent / "out" / "log.txt").read_text()


def test_two_folders_are_mixed_and_what_is_wrong_with_both_is_told(run: Run, frames: Path, cli: Run) -> None:
    recipe = frames.parent / "mix.yaml"
    one = "{use: folder, root: frames, mask_values: index}"
    text = RECIPE.replace(
        "  use: folder\n  root: frames\n  mask_values: index\n", "  use: concat\n  sources: [SOURCES]\n"
    )
    recipe.write_text(text.replace("SOURCES", f"{one}, {one}"))
    shown = cli("run", recipe, "data.weights=[1, 1.5]")
    assert shown.code == 0
    assert "10 training images" in shown.err  # 4 + 6
    assert "nearly the same" not in shown.err
    recipe.write_text(text.replace("SOURCES", "{use: folder, root: a}, {use: folder, root: b}"))
    shown = cli("run", recipe, "run.dir=other")
    assert shown.code == 2
    for name in "ab":
        assert f"{frames.parent / name}: no such folder" in shown.err

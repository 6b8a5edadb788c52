"""``segkit data check`` on folders that are wrong as a whole, on leakage and on the balance of classes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segkit.dataprep.tree import is_mask

Cli = Callable[..., Any]


def add_gif(images: Path, masks: Path) -> None:
    Image.new("RGB", (48, 40)).save(images / "x.gif")
    Image.new("L", (48, 40)).save(masks / "x.png")


def add_link(target: str) -> Callable[[Path, Path], None]:
    return lambda images, masks: (images / "x.png").symlink_to(target)


def lose_image(images: Path, masks: Path) -> None:
    (images / "train0.png").unlink()


def lose_mask(images: Path, masks: Path) -> None:
    (masks / "train0.png").unlink()


def double_stem(images: Path, masks: Path) -> None:
    Image.new("RGB", (48, 40)).save(images / "train0.bmp")


@pytest.mark.parametrize(
    ("spoil", "file", "cause"),
    [
        (add_link("x.png"), "train/images/x.png", "leads to itself"),
        (add_link("nowhere.png"), "train/images/x.png", "to what is not there"),
        (lose_image, "train/masks/train0.png", "mask without an image"),
        (lose_mask, "train/images/train0.png", "image without a mask"),
        (double_stem, "train/images", "share the stem train0"),
        (add_gif, "train/masks/x.png", "mask without an image"),
    ],
)
def test_what_is_wrong_with_the_folder_is_named_by_the_check_and_by_a_run(
    spoil: Callable[[Path, Path], None], file: str, cause: str, frames: Any, cli: Cli
) -> None:
    spoil(frames.root / "train" / "images", frames.root / "train" / "masks")
    shown = cli("data", "check", "recipe.yaml", "--json")
    assert shown.code == 1
    assert [f for f in shown.about(file) if f["level"] == "error" and cause in f["cause"]], shown.out
    run = cli("run", "recipe.yaml")
    assert run.code == 2
    assert file in run.err
    assert "Traceback" not in run.err


def test_a_bad_file_is_named_although_the_folder_is_wrong_too(frames: Any, cli: Cli) -> None:
    lose_mask(frames.root / "train" / "images", frames.root / "train" / "masks")
    cut = frames.root / "train" / "images" / "train1.png"
    cut.write_bytes(cut.read_bytes()[:400])
    bad = frames.root / "val" / "masks" / "val0.png"
    Image.fromarray(np.full((40, 48), 9, np.uint8)).save(bad)
    shown = cli("data", "check", "recipe.yaml", "--json")
    assert [f["cause"] for f in shown.about("images/train0.png")] == ["image without a mask"]
    assert "cannot be decoded" in shown.about("images/train1.png")[0]["cause"]
    assert "holds 9" in shown.about("masks/val0.png")[0]["cause"]


def test_a_folder_that_links_to_itself_is_named_and_looked_at_once(frames: Any, cli: Cli) -> None:
    (frames.root / "train" / "again").symlink_to(frames.root, target_is_directory=True)
    shown = cli("data", "check", "recipe.yaml", "--json")
    assert [f["kind"] for f in shown.about("train/again")] == ["link"]
    assert shown.report["errors"] == 1


def test_a_sound_folder_is_clean(frames: Any, cli: Cli) -> None:
    shown = cli("data", "check", "recipe.yaml", "--json")
    assert shown.code == 0
    assert shown.report["findings"] == []
    facts = shown.report["splits"]["train"]
    assert (facts["frames"], facts["unusable"], facts["groups"], facts["ignored"]) == (4, 0, 0, 0.0)
    assert facts["shares"] == {"sky": 0.5, "sea": 0.5}


def test_a_folder_is_checked_by_the_recipe_that_init_would_write(frames: Any, cli: Cli) -> None:
    for file in (frames.root).rglob("masks/*.png"):
        Image.fromarray(frames.mask(high=255)).save(file)
    shown = cli("data", "check", "frames", "--json", "data.size=[32, 32]")
    assert shown.code == 0, shown.out
    assert sum(facts["frames"] for facts in shown.report["splits"].values()) == 8
    assert [*shown.report["splits"]["train"]["shares"].values()] == [0.5, 0.5]


@pytest.mark.parametrize("source", ["nowhere", "empty", "broken.yaml"])
def test_what_cannot_be_checked_at_all_is_the_users_mistake(source: str, tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.yaml").write_text("data: {use: foldr}")
    shown = cli("data", "check", source)
    assert (shown.code, shown.out) == (2, "")
    assert source in shown.err
    assert "Traceback" not in shown.err


def test_the_same_frame_twice_is_a_warning_in_one_split_and_an_error_in_two(frames: Any, cli: Cli) -> None:
    image = frames.image()
    frames.add("train", "first", image)
    frames.add("train", "second", image)
    frames.add("test", "third", image)
    shown = cli("data", "check", "recipe.yaml", "--json")
    assert shown.code == 1
    (second,), (third,) = shown.about("train/images/second.png"), shown.about("test/images/third.png")
    assert (second["level"], second["kind"]) == ("warning", "duplicate")
    assert (third["level"], third["kind"]) == ("error", "leak")
    assert "first.png" in second["cause"]
    assert "first.png" in third["cause"]
    assert len(shown.report["findings"]) == 2


def test_a_frame_that_is_nearly_the_same_in_another_split_is_a_warning(frames: Any, cli: Cli) -> None:
    image = frames.image() // 2
    frames.add("train", "first", image)
    frames.add("val", "brighter", image + 9)
    shown = cli("data", "check", "recipe.yaml", "--json")
    assert shown.code == 0
    (finding,) = shown.report["findings"]
    assert finding["kind"] == "near_duplicate"
    assert finding["file"].endswith("val/images/brighter.png")
    assert "train/images/first.png of train" in finding["cause"]


def test_a_group_in_two_splits_is_an_error(frames: Any, cli: Cli) -> None:
    (frames.root / "train" / "lines.csv").write_text("stem,group\ntrain0,a\ntrain1,a\ntrain2,b\n")
    (frames.root / "val" / "lines.csv").write_text("stem,group\nval0,a\nval1,c\n")
    shown = cli("data", "check", "recipe.yaml", "--json")
    assert shown.code == 1
    (finding,) = shown.report["findings"]
    assert finding["kind"] == "divided_group"
    assert finding["cause"] == "the group a is cut: 2 in train, 1 in val frames"
    assert shown.report["splits"]["train"]["groups"] == 2


def test_a_class_that_never_occurs_is_an_error_in_train_and_a_warning_elsewhere(frames: Any, cli: Cli) -> None:
    shown = cli("data", "check", "recipe.yaml", "--json", "classes=[sky, sea, boat]")
    absent = [f for f in shown.report["findings"] if f["kind"] == "absent_class"]
    assert [(f["level"], f["cause"].split(":")[0]) for f in absent] == [
        ("error", "train"),
        ("warning", "val"),
        ("warning", "test"),
    ]
    assert all("class boat never occurs" in f["cause"] for f in absent)


def test_a_rare_class_is_told_with_its_share(frames: Any, cli: Cli) -> None:
    for index in range(2):
        mask = np.zeros((100, 100), np.uint8)
        mask[0, :40] = 1
        frames.add("val", f"val{index}", frames.image(100, 100), mask)
    shown = cli("data", "check", "recipe.yaml", "--json", "data.size=[100, 100]")
    (finding,) = shown.report["findings"]
    assert (finding["kind"], finding["cause"]) == ("rare_class", "val: class sea has 0.40% of the pixels")
    assert shown.report["splits"]["val"]["shares"]["sea"] == pytest.approx(0.004)


def test_a_damaged_frame_counts_for_nothing_but_itself(frames: Any, cli: Cli) -> None:
    mask = np.full((40, 48), 255, np.uint8)
    mask[:10] = 0
    mask[10:20] = 1
    frames.add("train", "train0", mask=mask)
    (frames.root / "train" / "images" / "train1.png").write_bytes(b"")
    facts = json.loads(cli("data", "check", "recipe.yaml", "--json").out)["splits"]["train"]
    assert (facts["frames"], facts["unusable"]) == (3, 1)
    assert facts["ignored"] == pytest.approx(0.5 / 3)


@pytest.mark.parametrize(
    ("folder", "own", "expected"),
    [
        ("train/masks", (), True),
        ("train_masks", (), True),
        ("gt", (), True),
        ("val-GT", (), True),
        ("labelIds/berlin", (), True),
        ("train/images", (), False),
        ("length", (), False),
        ("truth", (), False),
        ("truth", ("truth",), True),
    ],
)
def test_a_mask_is_known_by_its_folder(folder: str, own: tuple[str, ...], expected: bool) -> None:
    root = Path("/masks of a boat")  # what lies above the data set says nothing
    assert is_mask(root / folder / "a.png", root, [root / name for name in own]) is expected

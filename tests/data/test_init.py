"""``segkit init`` on every layout: the recipe says what the folder holds, passes ``segkit check`` and trains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

SHORT = ["train.steps=1", "train.precision=fp32", "train.channels_last=false", "data.size=[32, 32]"]
SMALL = ["model.backbone={use: plain, widths: [4, 8]}", "run.dir=out"]

Cli = Callable[..., Any]


def write(folder: Path, stem: str, pixels: np.ndarray) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(folder / f"{stem}.png")


def scene(seed: int, height: int = 64, width: int = 80) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)


def below(values: tuple[int, ...] = (0, 1), height: int = 64, width: int = 80) -> np.ndarray:
    """Bands from top to bottom."""
    rows = np.repeat(np.array(values, np.uint8), -(-height // len(values)))[:height]
    return np.repeat(rows[:, None], width, axis=1)


def recipe(text: str = "recipe.yaml") -> Any:
    return yaml.safe_load(Path(text).read_text())


def trains(cli: Cli) -> bool:
    checked = cli("check", "recipe.yaml")
    assert checked.code == 0, checked.err
    ran = cli("run", "recipe.yaml", *SHORT, *SMALL)
    assert ran.code == 0, ran.err
    return True


def lay_out(root: Path, folders: str, count: int = 3, mask: np.ndarray | None = None) -> None:
    """Write pairs of each split into ``folders``, such as ``{split}_{part}``."""
    for number, split in enumerate(("train", "val", "test")):
        for index in range(count):
            for part, pixels in (("images", scene(10 * number + index)), ("masks", below() if mask is None else mask)):
                write(root / folders.format(split=split, part=part), f"{split}{index}", pixels)


def test_the_labs_layout(tmp_path: Path, cli: Cli) -> None:
    root = tmp_path / "boat"
    edges = below((0, 255))
    edges[32, :20] = 77
    for split, count in (("train", 5), ("val", 3)):
        for index in range(count):
            write(root / f"{split}_frames", f"{split}.{index}", scene(count + 10 * index, 128, 160))
            write(root / f"{split}_masks", f"{split}.{index}", edges.repeat(2, 0).repeat(2, 1))
    shown = cli("init", root, "--yes")
    assert shown.code == 0, shown.err
    assert shown.out == "recipe.yaml\n"
    made = recipe()
    assert (made["classes"], made["task"]) == (["sky", "sea"], "sea")
    assert made["data"] == {
        "root": str(root),
        "train": {"use": "folder", "images": "train_frames", "masks": "train_masks", "mask_values": "0/255"},
        "val": {"use": "folder", "images": "val_frames", "masks": "val_masks", "mask_values": "0/255"},
        "size": [128, 160],
        "channels": 1,
    }
    assert made["train"]["batch_size"] == 2
    text = Path("recipe.yaml").read_text()
    assert "# images: train 5, val 3; 8 bit, grey; sizes (width x height): 160x128" in text
    assert "Mask values found: 0, 77, 255" in text
    assert trains(cli)


@pytest.mark.parametrize(
    "folders", ["{split}/{part}", "{part}/{split}", "{split}_{part}", "{part}_{split}", "{split}-{part}"]
)
def test_three_splits_in_any_order_of_names(folders: str, tmp_path: Path, cli: Cli) -> None:
    lay_out(tmp_path / "drone", folders)
    assert cli("init", "drone", "--yes").code == 0
    assert recipe()["task"] == "ground"
    shown = cli("data", "check", "recipe.yaml", "--json")
    assert {split: facts["frames"] for split, facts in shown.report["splits"].items()} == {
        "train": 3,
        "val": 3,
        "test": 3,
    }


def test_frames_together_are_split_by_ratio(tmp_path: Path, cli: Cli) -> None:
    for index in range(10):
        write(tmp_path / "drone" / "images", f"f{index}", scene(index))
        write(tmp_path / "drone" / "masks", f"f{index}", below())
    assert cli("init", "drone", "--yes").code == 0
    assert recipe()["data"]["use"] == "folder"
    assert recipe()["train"]["batch_size"] == 3
    assert trains(cli)


def test_films_that_lie_together_are_not_cut(tmp_path: Path, cli: Cli) -> None:
    for film in range(10):
        for frame in range(2):
            write(tmp_path / "drone" / "images", f"film-{film}_{frame:04}", scene(10 * film + frame))
            write(tmp_path / "drone" / "masks", f"film-{film}_{frame:04}", below())
    assert cli("init", "drone", "--yes").code == 0
    assert recipe()["data"]["group_pattern"] == r"(.+)[_-]\d+"
    splits = cli("data", "check", "recipe.yaml", "--json").report["splits"]
    assert sum(facts["groups"] for facts in splits.values()) == 10
    assert all(facts["frames"] == 2 * facts["groups"] for facts in splits.values())

    rows = [f"film-{film}_{frame:04},{film // 2}" for film in range(10) for frame in range(2)]
    (tmp_path / "drone" / "lines.csv").write_text("\n".join(["stem,group", *rows]))
    assert cli("init", "drone", "--yes", "-o", "table.yaml").code == 0
    assert "group_pattern" not in recipe("table.yaml")["data"]
    splits = cli("data", "check", "table.yaml", "--json").report["splits"]
    assert sum(facts["groups"] for facts in splits.values()) == 5


def test_lines_may_stand_for_the_masks(tmp_path: Path, cli: Cli) -> None:
    for index in range(10):
        write(tmp_path / "boat" / "images", f"f{index}", scene(index))
    rows = [f"f{index},0.1,0.5" for index in range(10)]
    (tmp_path / "boat" / "lines.csv").write_text("\n".join(["stem,slope,offset", *rows]))
    assert cli("init", "boat", "--yes").code == 0
    assert (recipe()["classes"], recipe()["task"]) == (["sky", "sea"], "sea")
    assert trains(cli)


def test_lists_of_stems(tmp_path: Path, cli: Cli) -> None:
    root = tmp_path / "drone"
    stems = [f"f{index}" for index in range(7)]
    for index, stem in enumerate(stems):
        write(root / "images", stem, scene(index))
        write(root / "masks", stem, below())
    (root / "train.txt").write_text("\n".join(stems[:4]))
    (root / "val.txt").write_text("\n".join(stems[4:]))
    assert cli("init", "drone", "--yes").code == 0
    shown = cli("data", "check", "recipe.yaml", "--json")
    assert {split: facts["frames"] for split, facts in shown.report["splits"].items()} == {"train": 4, "val": 3}
    assert trains(cli)


@pytest.mark.parametrize(
    ("values", "reading", "classes"),
    [
        ((0, 1, 2), "index", ["background", "class_1", "class_2"]),
        ((0, 2, 255), "index", ["background", "class_1", "class_2"]),
        ((0, 100, 200), [0, 100, 200], ["background", "class_1", "class_2"]),
        ((1, 0), "index", ["background", "foreground"]),
        ((0, 255), "0/255", ["sky", "ground"]),
        ((0, 1, 255, 1), "index", ["sky", "ground"]),
    ],
)
def test_mask_values_tell_the_classes(
    values: tuple[int, ...], reading: Any, classes: list[str], tmp_path: Path, cli: Cli
) -> None:
    lay_out(tmp_path / "drone", "{split}/{part}", mask=below(values))
    assert cli("init", "drone", "--yes").code == 0
    assert recipe()["data"]["mask_values"] == reading
    assert recipe()["classes"] == classes
    assert recipe()["loss"] == ("bce" if len(classes) == 2 else "cross_entropy")
    assert trains(cli)


def test_masks_in_color(tmp_path: Path, cli: Cli) -> None:
    colors = np.zeros((64, 80, 3), np.uint8)
    colors[:40] = (0, 0, 255)
    colors[40:60] = (200, 10, 10)
    lay_out(tmp_path / "drone", "{split}/{part}", mask=colors)
    assert cli("init", "drone", "--yes").code == 0
    assert recipe()["data"]["mask_colors"] == [[0, 0, 255], [200, 10, 10], [0, 0, 0]]
    assert trains(cli)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((480, 480), [160, 160]), ((360, 480), [160, 224]), ((512, 640), [160, 192]), ((100, 400), [96, 384])],
)
def test_the_size_keeps_the_aspect_in_multiples_of_32(
    size: tuple[int, int], expected: list[int], tmp_path: Path, cli: Cli
) -> None:
    for split in ("train", "val", "test"):
        write(tmp_path / "drone" / split / "images", "a", scene(1, *size))
        write(tmp_path / "drone" / split / "masks", "a", below((0, 1), *size))
    assert cli("init", "drone", "--yes").code == 0
    assert recipe()["data"]["size"] == expected


def test_color_and_sixteen_bits_are_seen(tmp_path: Path, cli: Cli) -> None:
    lay_out(tmp_path / "deep", "{split}/{part}")
    lay_out(tmp_path / "color", "{split}/{part}")
    for file in (tmp_path / "deep").rglob("images/*.png"):
        Image.fromarray(scene(3).astype(np.uint16) * 200).save(file)
    for file in (tmp_path / "color").rglob("images/*.png"):
        Image.fromarray(np.dstack([scene(1), scene(2), scene(3)])).save(file)
    assert cli("init", "deep", "--yes", "-o", "deep.yaml").code == 0
    assert "; 16 bit, grey;" in Path("deep.yaml").read_text()
    assert cli("init", "color", "--yes", "-o", "color.yaml").code == 0
    assert recipe("color.yaml")["data"]["channels"] == 3


def test_nothing_is_overwritten(tmp_path: Path, cli: Cli) -> None:
    lay_out(tmp_path / "drone", "{split}/{part}")
    Path("recipe.yaml").write_text("mine")
    shown = cli("init", "drone", "--yes")
    assert (shown.code, shown.out) == (2, "")
    assert "nothing is overwritten: recipe.yaml is there\n    name another one: -o FILE" in shown.err
    assert Path("recipe.yaml").read_text() == "mine"


def test_a_folder_without_frames_is_the_users_mistake(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "empty" / "videos").mkdir(parents=True)
    lay_out(tmp_path / "half", "{split}/{part}")
    (tmp_path / "half" / "val").rename(tmp_path / "half" / "other")
    for folder, cause in (("nowhere", "no such folder"), ("empty", "its folders: videos"), ("half", "masks for val")):
        shown = cli("init", folder, "--yes")
        assert (shown.code, shown.out) == (2, "")
        assert cause in shown.err
    assert not Path("recipe.yaml").exists()


def test_on_a_terminal_it_asks_for_classes_and_task(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(tmp_path / "drone", "{split}/{part}")
    answers = iter(["up, down", "none"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: next(answers))
    assert cli("init", "drone").code == 0
    assert (recipe()["classes"], recipe()["task"]) == (["up", "down"], "")


@pytest.mark.parametrize("answer", ["one", "one, one", "one, two words", "a, b, c"])
def test_names_that_do_not_fit_are_refused(
    answer: str, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(tmp_path / "drone", "{split}/{part}")
    answers = iter([answer, "none"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: next(answers))
    assert cli("init", "drone").code == 2
    assert not Path("recipe.yaml").exists()

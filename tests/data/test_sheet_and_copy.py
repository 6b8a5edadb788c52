"""``segkit data sheet`` draws what the network sees; ``segkit copy`` gives a shipped recipe away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segkit.dataprep.sheet import tint
from segkit.deploy.overlay import palette
from segkit.engine.scan import FrameFormat, network_view
from segkit.recipe import shipped

Cli = Callable[..., Any]


def test_tint_mixes_frame_and_color_and_stripes_what_is_ignored() -> None:
    image = np.full((8, 8, 1), 100, np.uint8)
    mask = np.zeros((8, 8), np.uint8)
    mask[4:] = 1
    mask[:, 6:] = 255
    shown = tint(image, mask, np.array([[200, 0, 50], [0, 255, 100]], np.uint8))
    assert shown[0, 0].tolist() == [140, 60, 80]  # 0.6 * 100 + 0.4 * color
    assert shown[7, 0].tolist() == [60, 162, 100]
    assert set(np.unique(shown[:, 6:])) == {0, 255}


def test_a_sheet_shows_frame_mask_and_draws_in_a_row(frames: Any, cli: Cli) -> None:
    shown = cli("data", "sheet", "recipe.yaml", "--frames", "2", "--draws", "2")
    assert (shown.code, shown.out) == (0, "sheet.png: 2 frames of train\n")
    with Image.open("sheet.png") as image:
        sheet = np.asarray(image)
    assert sheet.shape[1] == 6 + 4 * (224 + 6)
    own, first, second = (sheet[44:268, left : left + 224] for left in (236, 466, 696))
    assert len({own.tobytes(), first.tobytes(), second.tobytes()}) == 3
    sample = network_view(frames.sample("train", "train0"), FrameFormat((32, 32), 3, 2, "fail"))
    assert (sheet[44:268:7, 6:230:7] == sample[0]).all()  # 224 = 7 * 32: each pixel is shown as a square of 7
    assert (own[::7, ::7] == tint(*sample, palette(2))).all()


def test_a_sheet_is_the_same_every_time_and_another_with_another_seed(frames: Any, cli: Cli) -> None:
    sheets = []
    for override in ("seed=1", "seed=1", "seed=2"):
        assert cli("data", "sheet", "recipe.yaml", override).code == 0
        sheets.append(Path("sheet.png").read_bytes())
    assert sheets[0] == sheets[1] != sheets[2]


def test_validation_frames_are_not_augmented(frames: Any, cli: Cli) -> None:
    assert cli("data", "sheet", "recipe.yaml", "--split", "val", "-o", "deep/val.png").code == 0
    with Image.open("deep/val.png") as sheet:
        assert sheet.width == 6 + 2 * (224 + 6)


def test_a_damaged_frame_is_left_out_of_the_sheet(frames: Any, cli: Cli) -> None:
    (frames.root / "train" / "images" / "train0.png").write_bytes(b"")
    assert cli("data", "sheet", "recipe.yaml").out == "sheet.png: 3 frames of train\n"


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (["--split", "extra"], "no split 'extra'"),
        (["--frames", "0"], "frames of 1 or more"),
        (["data.size=[1]"], "data.size"),
    ],
)
def test_a_sheet_that_cannot_be_drawn(arguments: list[str], cause: str, frames: Any, cli: Cli) -> None:
    shown = cli("data", "sheet", "recipe.yaml", *arguments)
    assert (shown.code, shown.out) == (2, "")
    assert cause in shown.err
    assert not Path("sheet.png").exists()


def test_a_copy_is_the_shipped_text_and_still_finds_what_it_extends(cli: Cli) -> None:
    shown = cli("copy", "horizon_timm")
    assert (shown.code, shown.out) == (0, "horizon_timm.yaml\n")
    assert Path("horizon_timm.yaml").read_text() == shipped()["horizon_timm"].read_text()
    assert cli("data", "sheet", "horizon_timm.yaml", "--frames", "1", "data.size=[32, 32]").code == 0


def test_a_copy_overwrites_nothing(cli: Cli) -> None:
    Path("mine.yaml").write_text("mine")
    shown = cli("copy", "horizon_unet", "-o", "mine.yaml")
    assert shown.code == 2
    assert "nothing is overwritten: mine.yaml is there" in shown.err
    assert Path("mine.yaml").read_text() == "mine"


def test_a_copy_of_what_is_not_shipped(cli: Cli) -> None:
    shown = cli("copy", "horizon_unit")
    assert shown.code == 2
    assert shown.err == "no shipped recipe is called 'horizon_unit'\n    did you mean 'horizon_unet'?\n"

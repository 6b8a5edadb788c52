from __future__ import annotations

import csv
import math
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segkit.errors import DataError
from segkit_std.datasets.folder import Folder
from segkit_std.datasets.mask_lines import mask_of_line

CLASSES = ("sky", "sea")
Write = Callable[..., Path]


def test_a_level_line_by_hand() -> None:
    # y = 0.5 * 4 = 2: the centers 0.5 and 1.5 lie above, 2.5 and 3.5 below.
    assert mask_of_line((4, 2), 0.0, 0.5, 0.0).tolist() == [[0, 0], [0, 0], [1, 1], [1, 1]]
    assert mask_of_line((4, 1), 0.0, 0.5, 0.6).ravel().tolist() == [0, 255, 255, 1]
    assert mask_of_line((4, 1), 0.0, 0.625, 0.0).ravel().tolist() == [0, 0, 1, 1]  # on the line is below


def test_a_diagonal_by_hand() -> None:
    # y = x - 0.5: in column c the line is at c, so row r is below it when r + 0.5 >= c.
    expected = [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert mask_of_line((3, 3), 1.0, -0.5 / 3, 0.0).tolist() == expected


@pytest.mark.parametrize(("slope", "offset"), [(0.3, 0.2), (-1.7, 0.9), (0.0, 0.51), (5.0, -1.0)])
@pytest.mark.parametrize("margin", [0.0, 1.0, 3.5])
def test_every_pixel_against_its_distance_from_the_line(slope: float, offset: float, margin: float) -> None:
    height, width = 20, 30
    mask = mask_of_line((height, width), slope, offset, margin)
    one, other = np.array([0.0, offset * height]), np.array([1.0, slope + offset * height])
    along = (other - one) / np.linalg.norm(other - one)
    for row in range(height):
        for column in range(width):
            to_center = np.array([column + 0.5, row + 0.5]) - one
            distance = along[0] * to_center[1] - along[1] * to_center[0]  # positive below, y being downward
            expected = 255 if abs(distance) < margin else int(distance >= 0)
            assert mask[row, column] == expected


@pytest.mark.parametrize(("offset", "value"), [(-3.0, 1), (4.0, 0)])
def test_a_line_outside_the_frame_leaves_one_class(offset: float, value: int) -> None:
    assert (mask_of_line((5, 6), 0.1, offset, 2.0) == value).all()


def lines(write: Write, tmp_path: Path, table: str, split: str = "train") -> Path:
    for stem in ("a", "b"):
        write(f"{split}/images/{stem}.png", np.zeros((4, 3)))
    (tmp_path / split / "lines.csv").write_text(table)
    return tmp_path


def test_lines_stand_in_where_there_is_no_folder_of_masks(write: Write, tmp_path: Path) -> None:
    root = lines(write, tmp_path, "stem,slope,offset\nb,0,0.75\na,0,0.25\n")
    folder = Folder("train", CLASSES, root=root, line_margin=0)
    assert [folder[0].mask[:, 0].tolist(), folder[1].mask[:, 0].tolist()] == [[0, 1, 1, 1], [0, 0, 0, 1]]
    assert folder[0].mask.dtype == np.uint8
    wide = Folder("train", CLASSES, root=root)  # 2 pixels
    assert wide[0].mask[:, 0].tolist() == [255, 255, 255, 1]
    assert wide.fingerprint != folder.fingerprint
    named = Folder("train", CLASSES, root=root, images="train/images", line_margin=0)
    assert named[0].mask.tolist() == folder[0].mask.tolist()


def test_masks_go_before_lines(write: Write, tmp_path: Path) -> None:
    root = lines(write, tmp_path, "stem,slope,offset\nb,0,0.75\na,0,0.25\n")
    for stem in ("a", "b"):
        write(f"train/masks/{stem}.png", np.eye(4)[:, :3])
    assert Folder("train", CLASSES, root=root)[0].mask.tolist() == np.eye(4)[:, :3].tolist()


def test_lines_that_do_not_serve_are_told(write: Write, tmp_path: Path) -> None:
    root = lines(write, tmp_path, "stem,slope,offset\na,0,0.5\nb,0,\n")
    with pytest.raises(DataError, match=r"no folder of masks, and no slope and offset for 1 images: 'b'"):
        Folder("train", CLASSES, root=root)
    (root / "train/lines.csv").write_text("stem,group\na,x\nb,x\n")
    with pytest.raises(DataError, match=r"train/masks: no such folder"):
        Folder("train", CLASSES, root=root)
    with pytest.raises(DataError, match=r"train/images: images without masks\n.*lines\.csv with stem,slope,offset"):
        Folder("train", CLASSES, root=root, images="train/images")
    (root / "train/lines.csv").write_text("stem,slope,offset\na,0,0.5\nb,0,0.5\n")
    with pytest.raises(DataError, match=r"a line tells two classes apart, not 3"):
        Folder("train", ("sky", "sea", "boat"), root=root)
    with pytest.raises(DataError, match=r"train/mask: no such folder"):  # a slip, not a wish for lines
        Folder("train", CLASSES, root=root, images="train/images", masks="train/mask")


@pytest.mark.parametrize("margin", [-1.0, math.nan, math.inf])
def test_a_margin_is_a_number_of_pixels(tmp_path: Path, margin: float) -> None:
    with pytest.raises(ValueError, match="line_margin must be a number of pixels, 0 or more"):
        Folder("train", CLASSES, root=tmp_path, line_margin=margin)


REAL = Path(os.environ.get("SEGKIT_DATA", Path(__file__).parents[4] / "shared" / "data")) / "horizon_uav"


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no real frames in {REAL.parent}: SEGKIT_DATA names their folder")
def test_the_lines_of_real_frames_say_what_their_masks_say(tmp_path: Path) -> None:
    masks = Folder("test", ("sky", "ground"), root=REAL)
    (tmp_path / "test").mkdir()
    (tmp_path / "test/images").symlink_to(REAL / "test/images")
    (tmp_path / "test/lines.csv").write_bytes((REAL / "test/lines.csv").read_bytes())
    drawn = Folder("test", ("sky", "ground"), root=tmp_path, line_margin=8)
    assert len(drawn) == len(masks) == 29
    agree = []
    for index in range(29):
        one, other = masks[index], drawn[index]
        assert one.id == other.id
        counted = (one.mask != 255) & (other.mask != 255)
        assert counted.mean() > 0.9
        agree.append((one.mask == other.mask)[counted].mean())
    assert np.mean(agree) > 0.998  # the boundaries lie within 1.9 pixels rms of their lines
    with (REAL / "test/lines.csv").open() as file:
        assert {row["stem"] for row in csv.DictReader(file)} == {drawn[index].id for index in range(29)}

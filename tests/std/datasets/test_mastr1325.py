from __future__ import annotations

from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from segkit.errors import DataError
from segkit_std.datasets.mastr1325 import MaSTr1325

SPLITS = ("train", "val", "test")
STEMS = [*(f"{number:04}" for number in range(1, 18)), "old_0001", "old_0002", "old_0003"]


@pytest.fixture
def root(write, tmp_path: Path) -> Path:
    """Twenty frames, named as the published ones; each mask holds all four values."""
    for stem in STEMS:
        write(f"images/{stem}.jpg", np.full((2, 2, 3), 90))
        write(f"masks/{stem}m.png", [[2, 2], [0, 1]] if stem != "0001" else [[2, 4], [0, 1]])
    return tmp_path


def by_id(data, stem: str):
    return next(data[index] for index in range(len(data)) if data[index].id == stem)


def test_every_frame_is_in_one_split(root: Path) -> None:
    parts = [MaSTr1325(split, ["sky", "water", "obstacle"], root=root) for split in SPLITS]
    ids = [[part[index].id for index in range(len(part))] for part in parts]
    assert list(map(len, ids)) == [14, 3, 3]
    assert sorted(chain(*ids)) == STEMS


def test_values_become_classes_by_name(root: Path) -> None:
    seen = {}
    for split in SPLITS:
        data = MaSTr1325(split, ["sky", "water", "obstacle"], root=root)
        seen |= {data[index].id: data[index].mask.tolist() for index in range(len(data))}
    assert seen["0001"] == [[0, 255], [2, 1]]
    assert seen["0002"] == [[0, 0], [2, 1]]


@pytest.mark.parametrize(("task", "expected"), [("sea", [[0, 0], [255, 1]]), ("ground", [[0, 0], [1, 1]])])
def test_binary_tasks(root: Path, task: str, expected: list[list[int]]) -> None:
    (root / "masks/0001m.png").write_bytes((root / "masks/0002m.png").read_bytes())
    data = MaSTr1325("train", ["sky", "rest"], task, root=root)
    assert data[0].mask.tolist() == expected


def test_land_cannot_be_told_from_obstacles(root: Path) -> None:
    with pytest.raises(ValueError, match=r"\(obstacle, sky, water\), not land"):
        MaSTr1325("train", ["sky", "land"], root=root)


def test_a_missing_folder_says_how_to_obtain_the_data(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no images, as MaSTr1325 does\n.*512x384.*https://box.vicos.si"):
        MaSTr1325("train", ["sky", "water"], root=tmp_path)


def test_all_files_without_a_partner_are_named(root: Path) -> None:
    (root / "images/0003.jpg").unlink()
    (root / "masks/0005m.png").unlink()
    with pytest.raises(DataError) as caught:
        MaSTr1325("train", ["sky", "water"], root=root)
    causes = [fault.cause.removeprefix(str(root)) for fault in caught.value.faults]
    assert causes == ["/images/0005.jpg: image without a mask", "/masks/0003m.png: mask without an image"]


def test_a_mask_of_another_size_is_refused(root: Path, write) -> None:
    for stem in STEMS:
        write(f"masks/{stem}m.png", [[1, 1, 1]])
    with pytest.raises(DataError, match="the mask is 3x1 pixels, its image 2x2"):
        MaSTr1325("val", ["sky", "water"], root=root)[0]

from __future__ import annotations

import shutil
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from segkit.errors import DataError
from segkit_std.datasets.mastr1478 import MaSTr1478

SPLITS = ("train", "val", "test")
CLASSES = ["sky", "water", "obstacle"]
FIRST, ADDED = [f"{number:04}" for number in range(1, 15)], [f"{number:04}" for number in range(1, 7)]


@pytest.fixture
def root(write, tmp_path: Path) -> Path:
    """Fourteen frames of the first part and six that were added; both count from 1."""
    for part, stems, grey in (("mastr1325", FIRST, 50), ("mastr153", ADDED, 200)):
        for stem in stems:
            write(f"{part}/images/{stem}.jpg", np.full((2, 2, 3), grey))
            write(f"{part}/masks/{stem}m.png", [[2, 4], [0, 1]])
    return tmp_path


def samples(root: Path, split: str) -> list:
    frames = MaSTr1478(split, CLASSES, root=root)
    return [frames[index] for index in range(len(frames))]


def test_every_frame_of_both_parts_is_in_one_split(root: Path) -> None:
    parts = [samples(root, split) for split in SPLITS]
    assert list(map(len, parts)) == [14, 3, 3]
    ids = [sample.id for sample in chain(*parts)]
    assert sorted(ids) == [f"mastr1325/{stem}" for stem in FIRST] + [f"mastr153/{stem}" for stem in ADDED]


def test_a_frame_is_read_from_its_own_part(root: Path) -> None:
    for sample in chain(*(samples(root, split) for split in SPLITS)):
        assert abs(int(sample.image.mean()) - (50 if sample.id.startswith("mastr1325/") else 200)) <= 2
        assert sample.mask.tolist() == [[0, 255], [2, 1]]


@pytest.mark.parametrize(("task", "expected"), [("sea", [[0, 255], [255, 1]]), ("ground", [[0, 255], [1, 1]])])
def test_binary_tasks(root: Path, task: str, expected: list[list[int]]) -> None:
    assert MaSTr1478("train", ["sky", "rest"], task, root=root)[0].mask.tolist() == expected


def test_an_added_image_without_a_mask_is_passed_over(root: Path, write) -> None:
    before = [[sample.id for sample in samples(root, split)] for split in SPLITS]
    write("mastr153/images/0007.jpg", np.full((2, 2, 3), 9))
    assert [[sample.id for sample in samples(root, split)] for split in SPLITS] == before
    write("mastr1325/images/0099.jpg", np.full((2, 2, 3), 9))
    with pytest.raises(DataError, match=r"mastr1325/images/0099\.jpg: image without a mask"):
        MaSTr1478("train", CLASSES, root=root)


def test_all_in_one_folder(root: Path) -> None:
    for kind in ("images", "masks"):
        (root / "all" / kind).mkdir(parents=True)
        for part in ("mastr1325", "mastr153"):
            for file in (root / part / kind).iterdir():
                shutil.copy(file, root / "all" / kind / f"{part}_{file.name}")
    ids = [sample.id for split in SPLITS for sample in samples(root / "all", split)]
    assert sorted(ids) == [f"mastr1325_{stem}" for stem in FIRST] + [f"mastr153_{stem}" for stem in ADDED]


def test_what_is_missing_is_named(root: Path) -> None:
    (root / "mastr153/images/0003.jpg").unlink()
    with pytest.raises(DataError, match=r"mastr153/masks/0003m\.png: mask without an image"):
        MaSTr1478("train", CLASSES, root=root)
    shutil.rmtree(root / "mastr153")
    with pytest.raises(DataError, match=r"holds no mastr153/images, as MaSTr1478 does\n.*mastr153\.zip.*WaSR-T"):
        MaSTr1478("train", CLASSES, root=root)
    with pytest.raises(DataError, match="holds no mastr1325/images, as MaSTr1478 does"):
        MaSTr1478("train", CLASSES, root=root / "nothing")


def test_a_part_without_masks_is_a_fault(root: Path) -> None:
    for file in (root / "mastr153/masks").iterdir():
        file.unlink()
    with pytest.raises(DataError, match="mastr153/masks: holds no mask"):
        MaSTr1478("train", CLASSES, root=root)

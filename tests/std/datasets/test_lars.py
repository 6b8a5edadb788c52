from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from segkit.errors import DataError
from segkit_std.datasets.lars import LaRS

SCENES = {"train": {"lake_a": 3, "river_b": 2, "yt_c_01": 4}, "val": {"sea_d": 2}}
SEMANTIC = [[2, 2, 255], [0, 1, 1]]
# Red is the category; green and blue count its instances.
PANOPTIC = np.array([[(5, 0, 0), (1, 0, 0), (0, 0, 0)], [(11, 0, 1), (11, 1, 2), (3, 0, 0)]])


@pytest.fixture
def root(write, tmp_path: Path) -> Path:
    for split, scenes in SCENES.items():
        for scene, count in scenes.items():
            for number in range(count):
                stem = f"{scene}_{number * 10:05}"
                write(f"lars_v1.0.0_images/{split}/images/{stem}.jpg", np.full((2, 3, 3), 80))
                write(f"lars_v1.0.0_annotations/{split}/semantic_masks/{stem}.png", SEMANTIC)
                write(f"lars_v1.0.0_annotations/{split}/panoptic_masks/{stem}.png", PANOPTIC)
    return tmp_path


def scenes(data: LaRS) -> dict[str, int]:
    groups = [data[index].group for index in range(len(data))]
    return {group: groups.count(group) for group in groups}


def test_semantic_masks(root: Path) -> None:
    data = LaRS("test", ["sky", "water", "obstacle"], root=root)
    assert data[0].mask.tolist() == [[0, 0, 255], [2, 1, 1]]
    assert LaRS("test", ["sky", "sea"], "sea", root=root)[0].mask.tolist() == [[0, 0, 255], [255, 1, 1]]
    with pytest.raises(ValueError, match="not land"):
        LaRS("test", ["sky", "land"], root=root)


@pytest.mark.parametrize(
    ("classes", "task", "expected"),
    [
        (["sky", "water", "obstacle"], "", [[0, 2, 255], [2, 2, 1]]),
        (["sky", "water", "land", "obstacle"], "", [[0, 2, 255], [3, 3, 1]]),
        (["boat", "buoy", "land"], "", [[255, 2, 255], [0, 0, 255]]),
        (["sky", "sea"], "sea", [[0, 0, 255], [255, 255, 1]]),
        (["sky", "rest"], "ground", [[0, 1, 255], [1, 1, 1]]),
    ],
)
def test_panoptic_masks(root: Path, classes: list[str], task: str, expected: list[list[int]]) -> None:
    assert LaRS("test", classes, task, root=root, masks="panoptic")[0].mask.tolist() == expected


def test_a_category_that_is_none_is_refused(root: Path, write) -> None:
    write("lars_v1.0.0_annotations/val/panoptic_masks/sea_d_00000.png", np.full((2, 3, 3), 18))
    with pytest.raises(DataError, match=r"sea_d_00000\.png: holds 18 in red"):
        LaRS("test", ["sky", "water"], root=root, masks="panoptic")[0]


@pytest.mark.parametrize("seed", range(4))
def test_val_is_whole_scenes_of_train_and_test_the_published_val(root: Path, seed: int) -> None:
    parts = [scenes(LaRS(split, ["sky", "water"], root=root, seed=seed)) for split in ("train", "val", "test")]
    assert parts[0] | parts[1] == SCENES["train"]
    assert not parts[0].keys() & parts[1].keys()
    assert parts[2] == SCENES["val"]


def test_splits_as_published_and_the_merged_layout(root: Path) -> None:
    for split in SCENES:
        shutil.copytree(root / "lars_v1.0.0_images" / split, root / "merged" / split)
        shutil.copytree(root / "lars_v1.0.0_annotations" / split, root / "merged" / split, dirs_exist_ok=True)
        for folder in (root, root / "merged"):
            assert scenes(LaRS(split, ["sky", "water"], root=folder, val_share=0)) == SCENES[split]
    with pytest.raises(DataError, match=r"holds no lars_v1\.0\.0_images/test/images, as LaRS does\n.*lars-dataset"):
        LaRS("test", ["sky", "water"], root=root, val_share=0)

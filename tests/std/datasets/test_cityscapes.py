from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segkit.errors import DataError
from segkit_std.datasets.cityscapes import Cityscapes

CITIES = {"train": {"aachen": 3, "bochum": 2, "zurich": 5}, "val": {"munster": 2}, "test": {"berlin": 1}}
MASK = [[23, 23, 1], [7, 11, 26], [19, 4, 33]]
CLASSES = ["sky", "flat", "vehicle", "traffic light"]


@pytest.fixture
def root(write, tmp_path: Path) -> Path:
    """Frames named as the published ones, beside the other files of gtFine."""
    for split, cities in CITIES.items():
        for city, count in cities.items():
            for number in range(count):
                stem = f"{split}/{city}/{city}_{number:06}_000019"
                write(f"leftImg8bit/{stem}_leftImg8bit.png", np.full((3, 3, 3), 80))
                mask = MASK if split != "test" else np.full((3, 3), 3)
                write(f"gtFine/{stem}_gtFine_labelIds.png", mask)
                write(f"gtFine/{stem}_gtFine_color.png", np.zeros((3, 3, 3)))
                write(f"gtFine/{stem}_gtFine_instanceIds.png", np.full((3, 3), 26001).astype(np.uint16))
    return tmp_path


def cities(data: Cityscapes) -> dict[str, int]:
    groups = [data[index].group for index in range(len(data))]
    return {group: groups.count(group) for group in groups}


def test_ids_become_classes(root: Path) -> None:
    data = Cityscapes("test", CLASSES, root=root)
    assert data[0].mask.tolist() == [[0, 0, 255], [1, 255, 2], [3, 255, 2]]
    assert data[0].id == "munster_000000_000019"
    ground = Cityscapes("test", ["sky", "rest"], "ground", root=root)
    assert ground[0].mask.tolist() == [[0, 0, 255], [1, 1, 1], [1, 1, 1]]


@pytest.mark.parametrize("seed", range(4))
def test_val_is_whole_cities_of_train_and_test_the_published_val(root: Path, seed: int) -> None:
    parts = [cities(Cityscapes(split, CLASSES, root=root, seed=seed)) for split in ("train", "val", "test")]
    assert parts[0] | parts[1] == CITIES["train"]
    assert not parts[0].keys() & parts[1].keys()
    assert parts[2] == CITIES["val"]


def test_splits_as_published(root: Path) -> None:
    for split, expected in CITIES.items():
        assert cities(Cityscapes(split, CLASSES, root=root, val_share=0)) == expected
    assert (Cityscapes("test", CLASSES, root=root, val_share=0)[0].mask == 255).all()


def test_faults_are_named(root: Path, tmp_path: Path) -> None:
    (root / "gtFine/train/aachen/aachen_000001_000019_gtFine_labelIds.png").unlink()
    (root / "gtFine/train/bochum").rename(root / "gtFine/bochum")
    with pytest.raises(DataError) as caught:
        Cityscapes("train", CLASSES, root=root)
    causes = [fault.cause.rpartition("/")[2] for fault in caught.value.faults]
    assert causes == ["aachen_000001_000019_leftImg8bit.png: image without a mask", "bochum: no such folder"]
    with pytest.raises(DataError, match=r"holds no leftImg8bit/val, as Cityscapes does\n.*register"):
        Cityscapes("test", CLASSES, root=tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"val_share must be a share from 0\.0 to 0\.5, not 0\.9"):
        Cityscapes("test", CLASSES, root=root, val_share=0.9)

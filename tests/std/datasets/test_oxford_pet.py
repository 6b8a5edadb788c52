from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segkit.errors import DataError
from segkit_std.datasets.oxford_pet import OxfordPet

TRAINVAL = [f"{breed}_{number}" for breed in ("Abyssinian", "beagle") for number in (1, 10, 100, 105, 2)]
TEST = ["Abyssinian_201", "beagle_201"]


@pytest.fixture
def root(write, tmp_path: Path) -> Path:
    """Pictures, trimaps and lists as they are unpacked, beside a file of macOS that is in the archive too."""
    for name in [*TRAINVAL, *TEST]:
        write(f"images/{name}.jpg", np.full((2, 3, 3), 80))
        write(f"annotations/trimaps/{name}.png", [[2, 3, 1], [2, 3, 1]])
    (tmp_path / "annotations/trimaps/._beagle_1.png").write_bytes(b"Mac OS X")
    for file, names in (("trainval", TRAINVAL), ("test", TEST)):
        lines = "".join(f"{name} {1 + (name[0] == 'b')} {1 + (name[0] == 'b')} 1\n" for name in names)
        (tmp_path / f"annotations/{file}.txt").write_text(lines)
    return tmp_path


def ids(data: OxfordPet) -> list[str]:
    return [data[index].id for index in range(len(data))]


@pytest.mark.parametrize("seed", range(3))
def test_val_is_a_share_of_trainval_and_test_is_as_published(root: Path, seed: int) -> None:
    train, val, test = (
        ids(OxfordPet(split, root=root, val_share=0.3, seed=seed)) for split in ("train", "val", "test")
    )
    assert len(val) == 3
    assert sorted(train + val) == sorted(TRAINVAL)
    assert test == TEST


def test_trimaps_become_classes(root: Path) -> None:
    assert OxfordPet("test", root=root)[0].mask.tolist() == [[0, 255, 1]] * 2
    assert OxfordPet("test", ["border", "background", "pet"], root=root)[0].mask.tolist() == [[1, 0, 2]] * 2
    mapped = OxfordPet("test", ["x", "y"], root=root, class_map={"x": ["background"], "y": ["pet", "border"]})
    assert mapped[0].mask.tolist() == [[0, 1, 1]] * 2


def test_what_is_missing_is_named(root: Path, tmp_path: Path) -> None:
    (root / "images/beagle_201.jpg").unlink()
    with pytest.raises(DataError, match=r"images/beagle_201\.jpg: no such file"):
        OxfordPet("test", root=root)
    (root / "annotations/test.txt").unlink()
    with pytest.raises(DataError, match=r"test\.txt: cannot be read"):
        OxfordPet("test", root=root)
    with pytest.raises(DataError, match=r"holds no images, as Oxford-IIIT Pet does\n.*segkit data get oxford_pet"):
        OxfordPet("test", root=tmp_path / "nowhere")
    with pytest.raises(ValueError, match="not sky, sea: name such classes"):
        OxfordPet("test", ["sky", "sea"], root=root)

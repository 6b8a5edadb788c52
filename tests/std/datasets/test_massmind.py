from __future__ import annotations

from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from segkit.errors import DataError
from segkit_std.datasets.massmind import MassMIND

SPLITS = ("train", "val", "test")
STEMS = [f"{'abcdefghij'[number % 10]}{number:08}" for number in range(20)]
MASK = [[0, 0, 5], [2, 3, 4], [1, 1, 6]]  # every label: sky, background; bridge, both obstacles; water, self
CLASSES = ["sky", "water", "land", "obstacle"]


@pytest.fixture
def root(write, tmp_path: Path) -> Path:
    """Twenty frames of 16 bits in the layout of the archives."""
    for number, stem in enumerate(STEMS):
        write(f"Images/{stem}.png", np.full((3, 3), 20_000 + number, np.uint16))
        write(f"Segmentation_Masks/{stem}.png", MASK)
    return tmp_path


def test_every_frame_is_in_one_split(root: Path) -> None:
    parts = [MassMIND(split, CLASSES, root=root) for split in SPLITS]
    ids = [[part[index].id for index in range(len(part))] for part in parts]
    assert list(map(len, ids)) == [14, 3, 3]
    assert sorted(chain(*ids)) == sorted(STEMS)


@pytest.mark.parametrize(
    ("classes", "task", "expected"),
    [
        (CLASSES, "", [[0, 0, 2], [3, 3, 3], [1, 1, 255]]),
        (["living obstacle", "obstacle", "self"], "", [[255, 255, 255], [1, 1, 0], [255, 255, 2]]),
        (["bridge", "non-living obstacle"], "", [[255, 255, 255], [0, 1, 255], [255, 255, 255]]),
        (["sky", "sea"], "sea", [[0, 0, 0], [255, 255, 255], [1, 1, 255]]),
        (["sky", "rest"], "ground", [[0, 0, 1], [1, 1, 1], [1, 1, 1]]),
    ],
)
def test_labels_become_classes(root: Path, classes: list[str], task: str, expected: list[list[int]]) -> None:
    assert MassMIND("train", classes, task, root=root)[0].mask.tolist() == expected


def test_a_class_map_names_the_labels_of_each_class(root: Path) -> None:
    labels = {"dry": ["background", "bridge"], "wet": ["water", "self"]}
    mask = MassMIND("test", ["dry", "wet"], root=root, class_map=labels)[0].mask
    assert mask.tolist() == [[255, 255, 0], [0, 255, 255], [1, 1, 1]]


def test_frames_keep_their_depth(root: Path, write) -> None:
    deep = MassMIND("val", CLASSES, root=root)[0]
    assert (deep.image.dtype, deep.image.shape) == (np.uint16, (3, 3, 1))
    assert (deep.image == 20_000 + STEMS.index(deep.id)).all()
    write(f"Images/{deep.id}.png", np.full((3, 3), 77))
    flat = MassMIND("val", CLASSES, root=root)[0]
    assert (flat.image.dtype, int(flat.image.max())) == (np.uint8, 77)


def test_the_other_layout_gives_the_same_frames(root: Path) -> None:
    def held() -> list[tuple[str, bytes, bytes]]:
        frames = MassMIND("train", CLASSES, root=root)
        samples = [frames[index] for index in range(len(frames))]
        return [(sample.id, sample.image.tobytes(), sample.mask.tobytes()) for sample in samples]

    before = held()
    (root / "Images").rename(root / "data")
    (root / "Segmentation_Masks").rename(root / "mask")
    assert held() == before


def test_a_value_that_is_no_label_is_refused(root: Path, write) -> None:
    stem = MassMIND("test", CLASSES, root=root)[0].id
    write(f"Segmentation_Masks/{stem}.png", np.full((3, 3), 7))
    with pytest.raises(DataError, match=rf"{stem}\.png: the mask holds 7"):
        MassMIND("test", CLASSES, root=root)[0]


def test_missing_folders_and_partners_are_named(root: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no Images, as MassMIND does\n.*semantic masks.*CC BY-NC-SA 4\.0"):
        MassMIND("train", CLASSES, root=tmp_path / "nothing")
    (root / "Images" / f"{STEMS[0]}.png").unlink()
    (root / "Segmentation_Masks" / f"{STEMS[1]}.png").unlink()
    with pytest.raises(DataError) as caught:
        MassMIND("train", CLASSES, root=root)
    causes = [fault.cause.removeprefix(str(root)) for fault in caught.value.faults]
    assert causes == [
        f"/Images/{STEMS[1]}.png: image without a mask",
        f"/Segmentation_Masks/{STEMS[0]}.png: mask without an image",
    ]


def test_two_pairs_cannot_be_split(write, tmp_path: Path) -> None:
    for stem in STEMS[:2]:
        write(f"Images/{stem}.png", np.zeros((2, 2)))
        write(f"Segmentation_Masks/{stem}.png", np.zeros((2, 2)))
    with pytest.raises(DataError, match="2 pairs cannot fill train, val and test"):
        MassMIND("train", CLASSES, root=tmp_path)

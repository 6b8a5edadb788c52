from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from segkit.errors import DataError
from segkit_std.datasets.folder import Folder
from segkit_std.datasets.groups import compiled, groups_by_name

CLASSES = ("sky", "sea")
SPLITS = ("train", "val", "test")
Pairs = Callable[..., Path]


def ids(root: Path, **options: Any) -> dict[str, list[str]]:
    folders = {split: Folder(split, CLASSES, root=root, **options) for split in SPLITS}
    return {split: [folder[index].id for index in range(len(folder))] for split, folder in folders.items()}


@pytest.mark.parametrize(
    ("pattern", "stem", "group"),
    [
        (r"(.+)_\d+", "a2.mp4-00.04_10", "a2.mp4-00.04"),
        (r"(.+)_\d+", "a_1_20", "a_1"),
        (r"([a-z]+\d+).*", "e11-converted_7", "e11"),
        (r"(?:cam\d_)?(.+?)-.*", "cam1_drive-0007", "drive"),
    ],
)
def test_a_pattern_gives_the_group_of_a_name(pattern: str, stem: str, group: str) -> None:
    assert groups_by_name([stem], compiled(pattern)) == [group]


def test_stems_without_a_group_are_counted_and_named() -> None:
    stems = ["a_1", "b", "a_2x", "_3", "c", "d"]  # the pattern matches whole stems, and a group is not empty
    with pytest.raises(DataError, match=r"finds no group in 5 of 6 stems: 'b', 'a_2x', '_3', \.\.\.") as caught:
        groups_by_name(stems, compiled(r"(.*)_\d"))
    assert caught.value.faults[0].remedy


def test_a_split_by_name_never_cuts_a_group(pairs: Pairs) -> None:
    stems = [f"flight{index // 5}_{index:02}" for index in range(40)]
    root = pairs(".", stems)
    for seed in range(4):
        split = ids(root, seed=seed, group_pattern=r"(.+)_\d+")
        groups = [{stem.split("_")[0] for stem in part} for part in split.values()]
        assert sum(map(len, groups)) == len(set[str]().union(*groups)) == 8
        assert sorted(chain(*split.values())) == stems
    folder = Folder("val", CLASSES, root=root, group_pattern=r"(.+)_\d+")
    assert folder[0].group == folder[0].id.split("_")[0]


def test_a_pattern_goes_before_the_column_and_reaches_folders_of_splits(pairs: Pairs) -> None:
    root = pairs("train", ["a_1", "b_1"])
    (root / "train/lines.csv").write_text("stem,group,camera\na_1,x,left\nb_1,x,right\n")
    folder = Folder("train", CLASSES, root=root, group_pattern="(.)_.")
    assert [(folder[n].group, folder[n].meta) for n in range(2)] == [
        ("a", {"camera": "left"}),
        ("b", {"camera": "right"}),
    ]
    assert folder.fingerprint != Folder("train", CLASSES, root=root).fingerprint


def test_fewer_groups_than_splits_by_a_pattern_are_an_error(pairs: Pairs) -> None:
    root = pairs(".", [f"{name}_{n}" for name in "ab" for n in range(9)])
    with pytest.raises(DataError, match=r"2 groups by '\(\.\)_\.' \(a, b\) cannot fill train, val and test") as caught:
        Folder("train", CLASSES, root=root, group_pattern="(.)_.")
    assert caught.match("add groups, or lay the files out")


LISTS = {"train": "train.txt", "val": "lists/val.txt", "test": "test.txt"}


@pytest.fixture
def listed(pairs: Pairs) -> Path:
    """Six pairs and lists of five of them."""
    root = pairs(".", ["a", "b", "c.v1", "d", "e", "unlisted"])
    (root / "lists").mkdir()
    (root / "train.txt").write_bytes(b"\xef\xbb\xbfe\r\na\r\n\r\n")
    (root / "lists/val.txt").write_text(" c.v1 \nb")
    (root / "test.txt").write_text("d\n")
    return root


def test_lists_name_the_frames_of_each_split(listed: Path) -> None:
    assert ids(listed, lists=LISTS) == {"train": ["a", "e"], "val": ["b", "c.v1"], "test": ["d"]}
    assert len(Folder("train", CLASSES, root=listed, lists={"train": "test.txt"})) == 1


def test_all_that_is_wrong_with_lists_comes_at_once_whatever_split_is_asked_for(listed: Path) -> None:
    (listed / "train.txt").write_text("a\nb.png\nzebra\na\n")
    (listed / "test.txt").write_text("d\nc.v1\n")
    gone = {"train": "train.txt", "val": "lists/val.txt", "test": "test.txt"}
    for split in SPLITS:
        with pytest.raises(DataError) as caught:
            Folder(split, CLASSES, root=listed, lists=gone)
        assert [(fault.where.removeprefix(f"{listed}/"), fault.cause) for fault in caught.value.faults] == [
            ("train.txt:2", "no image and mask have the stem 'b.png'"),
            ("train.txt:3", "no image and mask have the stem 'zebra'"),
            ("train.txt:4", f"the stem 'a' is listed a second time, first at {listed}/train.txt:1"),
            ("test.txt:2", f"the stem 'c.v1' is listed a second time, first at {listed}/lists/val.txt:1"),
        ]
    assert caught.value.faults[0].remedy == "write the file's name without its suffix"


def test_lists_that_cannot_be_read_or_are_empty_are_told(listed: Path) -> None:
    (listed / "train.txt").write_text("\n \n")
    (listed / "test.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError) as caught:
        Folder("val", CLASSES, root=listed, lists={**LISTS, "val": "no.txt"})
    causes = [fault.cause for fault in caught.value.faults]
    assert [cause.split(" (")[0] for cause in causes] == [
        f"{listed}/train.txt: names no frame",
        f"{listed}/no.txt: cannot be read",
        f"{listed}/test.txt: cannot be read",
    ]


def test_lists_are_not_for_folders_of_splits(pairs: Pairs) -> None:
    root = pairs("train", ["a"])
    (root / "train.txt").write_text("a\n")
    with pytest.raises(DataError, match=r"lists are for frames in .*/images, and here each split has its own folder"):
        Folder("train", CLASSES, root=root, lists={"train": "train.txt"})

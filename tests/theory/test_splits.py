"""D1-3: train, validation and test set.

"70-80 %, 10-15 % and 10-15 %" are not three free choices: the shares must add up to one, as 0.7, 0.15 and 0.15 do. And
a random split of the frames is not enough: neighboring frames of one video are nearly equal, so a whole video (a group)
belongs to one split, or the test set was seen in training.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

import segkit
from segkit.errors import DataError, UserError

SPLITS = ("train", "val", "test")


@pytest.fixture
def write(save: Callable[[str, object], Path], tmp_path: Path) -> Callable[[Iterable[str]], Path]:
    def pairs(stems: Iterable[str]) -> Path:
        for stem in stems:
            save(f"images/{stem}.png", [[9, 200]])
            save(f"masks/{stem}.png", [[0, 1]])
        return tmp_path

    return pairs


def stems_of(root: Path, **options: Any) -> dict[str, set[str]]:
    given = {"root": str(root), "mask_values": "0/1", **options}
    folders = {split: segkit.build("dataset", "folder", given, split=split, classes=["sky", "sea"]) for split in SPLITS}
    return {split: {folder[i].id for i in range(len(folder))} for split, folder in folders.items()}


def test_a_hundred_frames_are_split_seventy_fifteen_fifteen(write: Any) -> None:
    sizes = {split: len(stems) for split, stems in stems_of(write(f"{n:03}" for n in range(100))).items()}
    assert sizes == {"train": 70, "val": 15, "test": 15}


def test_the_splits_hold_every_frame_once_for_every_number_of_frames(write: Any) -> None:
    write(["00", "01"])
    for count in range(3, 25):
        stems = stems_of(write([f"{count - 1:02}"]))
        assert sum(map(len, stems.values())) == count
        assert set().union(*stems.values()) == {f"{n:02}" for n in range(count)}
        assert all(stems.values())


def test_two_frames_cannot_fill_three_splits(write: Any) -> None:
    with pytest.raises(DataError, match=r"2 pairs \(a, b\) cannot fill train, val and test"):
        stems_of(write("ab"))


def test_the_seed_alone_chooses_the_split(write: Any) -> None:
    root = write(f"{n:02}" for n in range(30))
    assert stems_of(root, seed=1) == stems_of(root, seed=1)
    assert stems_of(root, seed=1) != stems_of(root, seed=2)


@pytest.mark.parametrize("ratios", [[0.7, 0.1, 0.1], [0.8, 0.15, 0.15]])
def test_shares_within_the_usual_ranges_may_still_not_add_up(write: Any, ratios: list[float]) -> None:
    root = write("abcdefghij")
    with pytest.raises(UserError, match="add up to 1"):
        stems_of(root, ratios=ratios)
    assert [len(stems) for stems in stems_of(root, ratios=[0.8, 0.1, 0.1]).values()] == [8, 1, 1]


def test_a_split_by_frames_cuts_videos_and_a_split_by_groups_never_does(write: Any) -> None:
    root = write(f"video{n % 5}_{n:02}" for n in range(40))

    def cut(stems: dict[str, set[str]]) -> set[str]:
        videos = [{stem.split("_")[0] for stem in part} for part in stems.values()]
        return set().union(*(one & other for one, other in combinations(videos, 2)))

    assert cut(stems_of(root)) == {f"video{n}" for n in range(5)}  # every one of them leaks into another split
    rows = [f"video{n % 5}_{n:02},video{n % 5}" for n in range(40)]
    (root / "lines.csv").write_text("\n".join(["stem,group", *rows]))
    grouped = stems_of(root)
    assert cut(grouped) == set()
    assert sorted(map(len, grouped.values())) == [8, 8, 24]


def test_fewer_than_three_groups_are_refused_and_named(write: Any) -> None:
    root = write(f"{n:02}" for n in range(20))
    (root / "lines.csv").write_text("\n".join(["stem,group", *(f"{n:02},{'ab'[n % 2]}" for n in range(20))]))
    with pytest.raises(DataError, match=r"2 groups \(a, b\) cannot fill train, val and test; a group is never cut"):
        stems_of(root)


def test_a_folder_that_could_be_split_in_two_ways_is_refused(write: Any, save: Any) -> None:
    root = write("abcd")
    save("test/images/a.png", [[9, 200]])  # the frame "a" would be in both the test set and the ratio split
    with pytest.raises(DataError, match="the split can be read in two ways"):
        stems_of(root)

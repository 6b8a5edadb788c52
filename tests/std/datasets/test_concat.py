from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import segkit
from segkit.errors import DataError, UserError
from segkit.kinds import Sample
from segkit_std.datasets.concat import Concat
from segkit_std.datasets.folder import Folder

CLASSES = ("sky", "sea")
Write = Callable[..., Path]


class Numbers:
    """Frames whose pixels say which they are."""

    def __init__(self, first: int, count: int, split: str, classes: Any, task: str) -> None:
        self.first, self.count, self.given = first, count, (split, tuple(classes), task)
        self.fingerprint = f"{first} {count} {split}"

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Sample:
        image = np.full((2, 2, 1), self.first + index, np.uint8)
        return Sample(image, np.zeros((2, 2), np.uint8), f"n{index}", "drive" if index % 2 else "", {"index": index})


def made(split: str = "train", weights: Any = None, counts: tuple[int, ...] = (4, 3)) -> Concat:
    sources = [partial(Numbers, 100 * number, count) for number, count in enumerate(counts)]
    return Concat(split, CLASSES, "sea", sources=sources, weights=weights)


def values(data: Concat) -> list[int]:
    return [int(data[index].image[0, 0, 0]) for index in range(len(data))]


def test_sources_follow_each_other_and_keep_what_they_know() -> None:
    data = made("val")
    assert values(data) == [0, 1, 2, 3, 100, 101, 102]
    assert [data[n].id for n in (0, 3, 4)] == ["0/n0", "0/n3", "1/n0"]
    assert [data[n].group for n in (0, 1, 5)] == ["", "0/drive", "1/drive"]
    assert data[5].meta == {"index": 1}
    with pytest.raises(IndexError):
        data[7]


def test_whole_weights_repeat_a_source() -> None:
    assert Counter(values(made(weights=[2, 1]))) == {0: 2, 1: 2, 2: 2, 3: 2, 100: 1, 101: 1, 102: 1}


@pytest.mark.parametrize(
    ("weight", "expected"), [(0.1, 10), (0.5, 50), (2.5, 250), (1.0, 100), (0.001, 1), (1.004, 100)]
)
def test_a_weight_is_a_factor_on_the_number_of_frames(weight: float, expected: int) -> None:
    data = made(weights=[weight], counts=(100,))
    taken = Counter(values(data))
    assert len(data) == expected
    assert max(taken.values()) - min(taken.get(n, 0) for n in range(100)) <= 1
    assert values(data) == values(made(weights=[weight], counts=(100,)))
    assert values(data) == sorted(values(data))


def test_a_part_is_drawn_from_all_over_a_source() -> None:
    taken = values(made(weights=[0.25], counts=(200,)))
    assert len(taken) == 50
    assert all(5 <= sum(start <= n < start + 50 for n in taken) <= 22 for start in (0, 50, 100, 150))  # 12.5 each


@pytest.mark.parametrize("split", ["val", "test"])
def test_weights_do_not_change_what_is_measured(split: str) -> None:
    assert values(made(split, weights=[3, 0.1])) == values(made(split))
    assert made(split, weights=[3, 0.1]).fingerprint == made(split).fingerprint


def test_the_fingerprint_tells_sources_and_weights() -> None:
    different = [made(), made(weights=[2, 1]), made(counts=(3, 4)), made("val"), made(counts=(4,))]
    assert len({data.fingerprint for data in different}) == len(different)
    assert made().fingerprint == made().fingerprint
    assert pickle.loads(pickle.dumps(made())).fingerprint == made().fingerprint


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"sources": []}, "sources must be one data set or more"),
        ({}, r"sources must be one data set or more, not \['synthetic_horizon'\]"),  # a name is a recipe's
        ({"weights": [1.0]}, "a number above 0 for each of the 2 sources"),
        ({"weights": [1.0, 0.0]}, "a number above 0 for each of the 2 sources"),
        ({"weights": [1.0, float("nan")]}, "a number above 0 for each of the 2 sources"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], rule: str) -> None:
    given = {"sources": [partial(Numbers, 0, 2)] * 2} if "weights" in options else {}
    with pytest.raises(ValueError, match=rule):
        Concat("train", CLASSES, **given, **options)


def test_what_is_wrong_with_any_source_comes_at_once(tmp_path: Path) -> None:
    sources = [partial(without_task, root=tmp_path / name) for name in ("one", "other")]
    with pytest.raises(DataError) as caught:
        Concat("train", CLASSES, sources=sources)
    assert [fault.cause for fault in caught.value.faults] == [
        f"{tmp_path}/{n}: no such folder" for n in ("one", "other")
    ]


def without_task(split: str, classes: Any, task: str, **options: Any) -> Folder:
    return Folder(split, classes, **options)


def test_a_recipe_mixes_folders_in_several_roots(write: Write, tmp_path: Path) -> None:
    for root, white in (("one", 1), ("other", 255)):
        write(f"{root}/train/images/a.png", [[1, 2]])
        write(f"{root}/train/masks/a.png", [[0, white]])
    sources = [
        {"use": "folder", "root": str(tmp_path / "one")},
        {"use": "folder", "root": str(tmp_path / "other"), "mask_values": "0/255"},
    ]
    options = {"sources": sources, "weights": [1, 2]}
    data = segkit.build("dataset", "concat", options, split="train", classes=CLASSES, task="sea")
    assert [data[n].id for n in range(len(data))] == ["0/a", "1/a", "1/a"]
    assert [data[n].mask.tolist() for n in range(len(data))] == [[[0, 1]]] * 3
    wrong = {"sources": [{"use": "folder", "rot": "x", "root": "y"}]}
    with pytest.raises(UserError, match="no such option"):
        segkit.build("dataset", "concat", wrong, split="train", classes=CLASSES, task="sea")

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segkit.errors import DataError
from segkit_std.datasets.mask_values import MaskReading, reading_of

TWO = ("sky", "sea")
THREE = ("sky", "sea", "boat")
Write = Callable[..., Path]


def written(write: Write, *masks: Sequence[int]) -> list[Path]:
    return [write(f"masks/{index:04}.png", [values]) for index, values in enumerate(masks)]


def read(reading: MaskReading, file: Path) -> list[int]:
    mask = reading.read(file)
    assert mask.dtype == np.uint8
    return [int(value) for value in mask.ravel()]


@pytest.mark.parametrize(
    ("mask_values", "classes", "stored", "classed"),
    [
        ("index", TWO, [0, 1, 255], [0, 1, 255]),
        ("index", THREE, [2, 1, 0, 255], [2, 1, 0, 255]),
        ("index", TWO, [0, 255], [0, 255]),
        ("0/1", TWO, [0, 1], [0, 1]),
        ("0/255", TWO, [0, 255], [0, 1]),
        ("0/255", TWO, [255, 255], [1, 1]),
        ("0/255", TWO, [0, 3, 127, 128, 250, 255], [0, 0, 0, 1, 1, 1]),
        ([0, 128], TWO, [0, 128, 255], [0, 1, 255]),
        ([255, 0], TWO, [0, 255], [1, 0]),
        ((10, 20, 30), THREE, [30, 20, 10], [2, 1, 0]),
        ([0, [1, 65535]], TWO, [0, 1, 2, 254, 255], [0, 1, 1, 1, 1]),  # 255 is the id of an instance
        ([0, (1, 254)], TWO, [0, 1, 254, 255], [0, 1, 1, 255]),
        ([[100, 109], 7, [0, 6]], THREE, [100, 109, 7, 0, 6, 255], [0, 0, 1, 2, 2, 255]),
    ],
)
def test_a_reading_gives_classes(
    write: Write, mask_values: str | Sequence[int], classes: Sequence[str], stored: list[int], classed: list[int]
) -> None:
    (file,) = written(write, stored)
    assert read(reading_of(mask_values, classes), file) == classed


@pytest.mark.parametrize(
    ("mask_values", "stored", "complaint"),
    [
        ("index", [0, 1, 2, 7], r"holds 2, 7; read as index, only 0, 1, 255 mean something"),
        ("0/1", [0, 1, 255], r"holds 255; read as 0/1, only 0, 1 mean something"),
        ("0/255", [0, 1], r"holds 0, 1; read as 0/255, all of it would be class 0"),
        ([0, 128], [0, 127], r"holds 127; read as \[0, 128\], only 0, 128, 255 mean something"),
        ([0, [10, 12]], [0, 9, 12, 13], r"holds 9, 13; read as \[0, \[10, 12\]\], only 0, 10 to 12, 255 mean"),
        ("index", range(100), r"holds 2, 3, 4, 5, 6, 7, 8, 9, ... 99 \(98 values\)"),
    ],
)
def test_a_value_without_meaning_is_refused_and_shown(
    write: Write, mask_values: str | Sequence[int], stored: Sequence[int], complaint: str
) -> None:
    (file,) = written(write, stored)
    with pytest.raises(DataError, match=complaint) as caught:
        reading_of(mask_values, TWO).read(file)
    assert str(file) in str(caught.value)


def test_values_above_255_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 1, 300]], np.uint16)).save(tmp_path / "m.png")
    with pytest.raises(DataError, match="holds 300"):
        reading_of("index", TWO).read(tmp_path / "m.png")


@pytest.mark.parametrize(
    ("mask_values", "classes", "rule"),
    [
        ("0/255", THREE, "0/255 is for two classes, not 3"),
        ("2/3", TWO, "must be auto, index, 0/1, 0/255 or, for each class, a value or a range"),
        ([0, 65536], TWO, "of 0 to 65535, not"),
        ([-1, 1], TWO, "of 0 to 65535, not"),
        ([0, [5, 4]], TWO, "of 0 to 65535, not"),
        ([0, [1, 2, 3]], TWO, "of 0 to 65535, not"),
        ([0], TWO, "give 2 that do not overlap, one for each class"),
        ([7, 7], TWO, "give 2 that do not overlap"),
        ([[0, 9], [9, 20]], TWO, "give 2 that do not overlap"),
    ],
)
def test_an_option_that_fits_nothing_is_refused(
    mask_values: str | Sequence[int], classes: Sequence[str], rule: str
) -> None:
    with pytest.raises(ValueError, match=rule):
        reading_of(mask_values, classes)


@pytest.mark.parametrize(
    ("edges", "classed"),
    [("threshold", [0, 0, 0, 1, 1, 1]), ("ignore", [0, 255, 255, 255, 255, 1])],
)
def test_edges_say_what_grey_pixels_of_a_0_255_mask_are(write: Write, edges: str, classed: list[int]) -> None:
    (file,) = written(write, [0, 1, 127, 128, 254, 255])
    assert read(reading_of("0/255", TWO, edges), file) == classed


def test_edges_that_are_an_error_are_named_with_both_ways_out(write: Write) -> None:
    clean, grey = written(write, [0, 255], [0, 3, 250, 255])
    reading = reading_of("0/255", TWO, "error")
    assert read(reading, clean) == [0, 1]
    with pytest.raises(DataError, match=r"0001\.png: the mask holds 3, 250; read as 0/255, only 0, 255") as caught:
        reading.read(grey)
    assert caught.match("mask_edges: threshold or ignore")


@pytest.mark.parametrize("edges", ["threshold", "ignore", "error"])
def test_a_mask_of_0_and_1_is_never_read_as_0_255(write: Write, edges: str) -> None:
    (file,) = written(write, [0, 1, 1])
    with pytest.raises(DataError):
        reading_of("0/255", TWO, edges).read(file)


def test_instance_ids_of_sixteen_bits_are_classes_by_their_thousands(tmp_path: Path) -> None:
    """Cityscapes: an id is class * 1000 + the number of the instance."""
    ids = np.array([[7000, 26001, 26999, 7999, 255, 23000]], np.uint16)
    Image.fromarray(ids).save(tmp_path / "ids.png")
    reading = reading_of([[7000, 7999], [23000, 23999], [26000, 26999]], ("road", "sky", "car"))
    assert read(reading, tmp_path / "ids.png") == [0, 2, 2, 0, 255, 1]
    expected = [{7: 0, 23: 1, 26: 2}.get(value // 1000, 255) for value in ids.ravel().tolist()]
    assert read(reading, tmp_path / "ids.png") == expected

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segkit.errors import DataError
from segkit_std.datasets.mask_values import LOOKED_AT, MaskReading, decide, reading_of

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
        ("2/3", TWO, "must be auto, index, 0/1, 0/255 or one value"),
        ([0, 256], TWO, "one value of 0 to 255 a class"),
        ([0], TWO, "give 2 different values, for sky, sea"),
        ([7, 7], TWO, "give 2 different values"),
    ],
)
def test_an_option_that_fits_nothing_is_refused(
    mask_values: str | Sequence[int], classes: Sequence[str], rule: str
) -> None:
    with pytest.raises(ValueError, match=rule):
        reading_of(mask_values, classes)


@pytest.mark.parametrize(
    ("classes", "masks", "name"),
    [
        (TWO, [[0, 1], [0, 1]], "index"),
        (TWO, [[0, 0], [0, 1, 255]], "index"),
        (TWO, [[0, 255], [0, 1, 255]], "index"),  # 255 stands beside class 1 once: it is ignore
        (TWO, [[255, 255], [0, 1, 255]], "index"),
        (TWO, [[0, 0], [0, 0]], "index"),
        (TWO, [[0, 255], [0, 0], [255, 255]], "0/255"),
        (THREE, [[0, 1], [2, 255], [0, 255]], "index"),
        (THREE, [[0, 1], [0, 2]], "index"),
    ],
)
def test_auto_tells_the_reading_from_all_masks(
    write: Write, classes: Sequence[str], masks: list[list[int]], name: str
) -> None:
    assert decide(written(write, *masks), classes).name == name


@pytest.mark.parametrize(
    ("classes", "masks", "saw", "remedy"),
    [
        (TWO, [[255, 255]], "hold the values 255,", "index if 255 means ignore, 0/255 if it is class 1"),
        (TWO, [[0, 1], [0, 255]], "hold the values 0, 1, 255,", "index if 255 means ignore, 0/255 if it is class 1"),
        (TWO, [[0, 2, 251, 255]], "hold the values 0, 2, 251, 255,", "0/255 if the bright pixels"),
        (TWO, [[0, 100]], "hold the values 0, 100,", r"each of the 2 classes, such as \[0, 128\]"),
        (THREE, [[0, 255]], "hold the values 0, 255,", "index if 255 means ignore, a list of each class's value"),
        (THREE, [[0, 1, 3]], "hold the values 0, 1, 3,", "pixel value of each of the 3 classes"),
    ],
)
def test_auto_refuses_what_can_be_read_in_two_ways_or_none(
    write: Write, classes: Sequence[str], masks: list[list[int]], saw: str, remedy: str
) -> None:
    with pytest.raises(DataError, match=saw) as caught:
        decide(written(write, *masks), classes)
    assert caught.match(remedy)


def test_auto_is_strict_where_the_user_would_be_obeyed(write: Write) -> None:
    first, grey = written(write, [0, 255], [0, 200])
    with pytest.raises(DataError, match="holds 200; read as 0/255, only 0, 255"):
        decide([first], TWO).read(grey)


@pytest.mark.parametrize("late", [[0, 255], [255, 255]])
def test_a_0_255_mask_that_auto_did_not_look_at_is_refused_when_read(write: Write, late: list[int]) -> None:
    *looked_at, odd, fine = written(write, [0, 1], [0, 0], late, [0, 1, 255])
    reading = decide(looked_at, TWO)
    with pytest.raises(DataError, match="255 may mean class 1 or ignore"):
        reading.read(odd)
    assert read(reading, fine) == [0, 1, 255]


def test_auto_looks_at_masks_from_first_to_last(write: Write) -> None:
    masks = [[0, 0]] * (2 * LOOKED_AT + 1)
    assert decide(written(write, *masks[:-1], [0, 255]), TWO).name == "0/255"


def test_auto_passes_over_a_mask_that_cannot_be_decoded_but_not_over_all(write: Write) -> None:
    first, second = written(write, [0, 255], [0, 255])
    first.write_bytes(b"")
    assert decide([first, second], TWO).name == "0/255"
    second.write_bytes(b"no picture")
    with pytest.raises(DataError) as caught:
        decide([first, second], TWO)
    assert len(caught.value.faults) == 2

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from segkit.errors import DataError
from segkit_std.datasets.mask_auto import LOOKED_AT, decide
from segkit_std.datasets.mask_values import MaskReading

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
        (
            TWO,
            [[0, 1, 2], [0, 3]],
            "hold the values 0, 1, 2, 3,",
            r"\[0, \[1, 65535\]\] if these are instances of class 1",
        ),
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

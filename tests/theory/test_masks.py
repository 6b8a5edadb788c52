"""D6: masks, the truth of every pixel.

"Object 1, background 0" is the idea, but files say it in several ways: 0 and 1, 0 and 255, a palette, a value a class.
And 255 has two meanings: class 1 in one data set, "do not count this pixel" in another. To read the one as the other is
to train on background alone, so what cannot be told apart is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

import segkit
from segkit.errors import DataError

Save = Callable[[str, object], Path]
TWO, THREE = ("background", "object"), ("sky", "sea", "boat")


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., list[list[list[int]]]]:
    """``read(classes)`` adds a frame to each mask below tmp_path and gives what the folder makes of them."""

    def classes_of(classes: tuple[str, ...] = TWO, **options: Any) -> list[list[list[int]]]:
        (tmp_path / "images").mkdir(exist_ok=True)
        for mask in (tmp_path / "masks").iterdir():
            with Image.open(mask) as stored:
                Image.new("L", stored.size).save(tmp_path / "images" / f"{mask.stem}.png")
        given = {"root": str(tmp_path), "images": "images", "masks": "masks", **options}
        folder = segkit.build("dataset", "folder", given, split="train", classes=classes)
        return [folder[i].mask.tolist() for i in range(len(folder))]

    return classes_of


@pytest.fixture
def masks(save: Save, read: Any) -> Callable[..., list[list[list[int]]]]:
    """``masks([rows, ...], classes)`` writes grey masks and reads them."""

    def written(pixels: list[Any], classes: tuple[str, ...] = TWO, **options: Any) -> list[list[list[int]]]:
        for number, rows in enumerate(pixels):
            save(f"masks/{number}.png", rows)
        read_as: list[list[list[int]]] = read(classes, **options)
        return read_as

    return written


@pytest.mark.parametrize(
    ("stored", "classes", "options"),
    [
        ([[0, 1, 1]], TWO, {}),
        ([[0, 255, 255]], TWO, {}),
        ([[7, 40, 40]], TWO, {"mask_values": [7, 40]}),
        ([[0, 1, 1]], THREE, {}),
    ],
)
def test_the_usual_writings_of_a_mask_mean_the_same(
    masks: Any, stored: list[list[int]], classes: tuple[str, ...], options: dict[str, Any]
) -> None:
    assert masks([stored], classes, **options) == [[[0, 1, 1]]]


def test_a_palette_mask_is_read_by_index_and_not_by_color(read: Any, tmp_path: Path) -> None:
    picture = Image.new("P", (3, 1))
    picture.putpalette([0, 0, 0, 0, 0, 200, 250, 250, 250])
    for column, index in enumerate((0, 2, 1)):
        picture.putpixel((column, 0), index)
    (tmp_path / "masks").mkdir()
    picture.save(tmp_path / "masks/0.png")
    assert read(THREE) == [[[0, 2, 1]]]
    assert np.asarray(picture.convert("L")).tolist() != [[0, 2, 1]]


def test_a_0_255_mask_is_never_silently_read_as_255_is_ignored(masks: Any) -> None:
    assert masks([[[0, 255], [255, 255]]]) == [[[0, 1], [1, 1]]]
    assert masks([[[0, 255], [255, 255]]], mask_values="index") == [[[0, 255], [255, 255]]]  # only when asked for


def test_255_beside_another_class_is_ignored(masks: Any) -> None:
    assert masks([[[0, 255], [1, 1]], [[0, 255], [0, 0]]]) == [[[0, 255], [1, 1]], [[0, 255], [0, 0]]]


def test_where_255_may_mean_either_it_is_refused(masks: Any) -> None:
    with pytest.raises(DataError, match=r"values 0, 1, 255, which can be read in more than one way") as caught:
        masks([[[0, 1]], [[0, 255]]])
    assert caught.match("index if 255 means ignore, 0/255 if it is class 1")


def disk(scale: int = 1) -> Image.Image:
    """A white disk on black, drawn larger and reduced so that its edge is grey."""
    large = Image.new("L", (64 * scale, 64 * scale))
    ImageDraw.Draw(large).ellipse((16 * scale, 16 * scale, 48 * scale, 48 * scale), fill=255)
    return large.resize((64, 64), Image.Resampling.BOX)


@pytest.mark.parametrize(("suffix", "scale"), [("png", 8), ("jpg", 1)])
def test_grey_pixels_of_smooth_edges_or_jpeg_are_reported_and_not_taken_for_classes(
    read: Any, tmp_path: Path, suffix: str, scale: int
) -> None:
    file = tmp_path / "masks" / f"0.{suffix}"
    file.parent.mkdir()
    disk(scale).save(file)
    with Image.open(file) as picture:
        stored = np.asarray(picture)
    values = len(np.unique(stored))
    assert values > 10
    with pytest.raises(DataError, match=rf"hold the values 0, .*\({values} values\)") as caught:
        read()
    assert caught.match("0/255 if the bright pixels")
    assert read(mask_values="0/255") == [(stored > 127).astype(int).tolist()]
    with pytest.raises(DataError, match="read as index, only 0, 1, 255 mean something"):
        read(mask_values="index")


def test_the_pixels_of_an_instance_map_are_no_classes(masks: Any) -> None:
    """Two boats, ids 1 and 2, are one class: a semantic reading must not take the second for another one."""
    with pytest.raises(DataError, match="hold the values 0, 1, 2,"):
        masks([[[0, 1, 0, 2]]], TWO)

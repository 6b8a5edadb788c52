from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segkit.errors import DataError
from segkit_std.datasets.folder import Folder
from segkit_std.datasets.mask_colors import ColorReading, colors_of

CLASSES = ("sky", "sea", "boat")
SKY, SEA, BOAT, VOID, CLOUD = (0, 0, 255), (10, 20, 30), (255, 0, 0), (0, 0, 0), (250, 250, 250)
NAMED: dict[str, Any] = {"boat": BOAT, "sky": [SKY, CLOUD], "sea": [SEA], "ignore": VOID}
Write = Callable[..., Path]


def read(reading: ColorReading, file: Path) -> list[list[int]]:
    mask = reading.read(file)
    assert mask.dtype == np.uint8
    return [[int(value) for value in row] for row in mask]


def test_colors_by_name_may_be_several_and_some_ignored(write: Write) -> None:
    file = write("m.png", [[SKY, CLOUD, SEA], [BOAT, VOID, SKY]])
    assert read(colors_of(NAMED, CLASSES), file) == [[0, 0, 1], [2, 255, 0]]


def test_colors_in_a_list_are_those_of_the_classes_in_order(write: Write) -> None:
    assert read(colors_of([SEA, SKY], CLASSES[:2]), write("m.png", [[SKY, SEA]])) == [[1, 0]]
    assert read(colors_of([list(SEA), list(SKY)], CLASSES[:2]), write("m.png", [[SKY, SEA]])) == [[1, 0]]


def test_every_color_of_a_picture_is_told_from_its_neighbors(write: Write) -> None:
    """Each of the colors differs from the others in one channel only, by one."""
    base = np.array([100, 150, 200])
    colors = [tuple(int(v) for v in base + step) for step in np.vstack([np.zeros((1, 3), int), np.eye(3, dtype=int)])]
    order = np.random.default_rng(0).integers(0, 4, (30, 40))
    file = write("m.png", np.array(colors)[order])
    np.testing.assert_array_equal(colors_of(colors, ("a", "b", "c", "d")).read(file), order)


def test_a_palette_mask_is_read_by_its_colors(tmp_path: Path) -> None:
    picture = Image.new("P", (3, 1))
    picture.putdata([2, 0, 1])
    picture.putpalette([*SKY, *SEA, *BOAT])
    picture.save(tmp_path / "m.png")
    assert read(colors_of([SEA, SKY, BOAT], CLASSES), tmp_path / "m.png") == [[2, 1, 0]]


def test_unknown_colors_are_named_with_their_pixels_the_most_frequent_first(write: Write) -> None:
    file = write("m.png", [[(1, 2, 3), SKY, (4, 5, 6)], [(4, 5, 6), SEA, SKY]])
    with pytest.raises(DataError, match=r"the mask holds \[4, 5, 6\] \(2 pixels\), \[1, 2, 3\] \(1 pixels\), which"):
        colors_of(NAMED, CLASSES).read(file)
    many = write("many.png", np.arange(30).reshape(1, 10, 3))
    with pytest.raises(DataError, match=r"\.\.\. \(10 colors\), which mask_colors does not name"):
        colors_of(NAMED, CLASSES).read(many)


def test_a_jpeg_mask_is_refused_and_the_remedy_says_why(write: Write) -> None:
    file = write("m.jpg", np.where(np.tri(16, 16)[..., None] > 0, SKY, BOAT))
    with pytest.raises(DataError, match="JPEG changes colors: save masks as PNG"):
        colors_of(NAMED, CLASSES).read(file)


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ([SKY], "not 1 for 3: give one for each"),
        ({"sky": SKY, "boat": BOAT}, "none is given for sea: add sea: "),
        ({**NAMED, "see": SEA}, "'see' is none of them: name a class, or ignore"),
        ({**NAMED, "sea": [300, 0, 0]}, r"not \(300, 0, 0\) for sea"),
        ({**NAMED, "sea": [1, 2]}, r"not \(1, 2\) for sea"),
        ({**NAMED, "sea": [[1, 2]]}, r"not \(1, 2\) for sea"),
        ({**NAMED, "sea": []}, r"not \(\) for sea"),
        ({**NAMED, "sea": SKY}, r"\[0, 0, 255\] is given for two of them"),
    ],
)
def test_colors_that_do_not_fit_the_classes_are_refused(given: Any, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        colors_of(given, CLASSES)


def test_a_class_may_be_called_ignore(write: Write) -> None:
    assert read(colors_of({"keep": SKY, "ignore": SEA}, ("keep", "ignore")), write("m.png", [[SKY, SEA]])) == [[0, 1]]


def test_a_folder_of_color_masks(write: Write, tmp_path: Path) -> None:
    write("train/images/a.jpg", np.zeros((1, 3, 3)))
    write("train/masks/a.png", [[SKY, SEA, VOID]])
    folder = Folder("train", CLASSES, root=tmp_path, mask_colors=NAMED)
    assert folder[0].mask.tolist() == [[0, 1, 255]]
    other = Folder("train", CLASSES, root=tmp_path, mask_colors={**NAMED, "sea": VOID, "ignore": SEA})
    assert other[0].mask.tolist() == [[0, 255, 1]]
    assert other.fingerprint != folder.fingerprint
    with pytest.raises(ValueError, match="by mask_colors or by mask_values 'index': give one of them"):
        Folder("train", CLASSES, root=tmp_path, mask_colors=NAMED, mask_values="index")
    with pytest.raises(DataError, match=r"the mask is in color .*\n.*mask_colors"):
        Folder("train", CLASSES, root=tmp_path, mask_values="index")[0]

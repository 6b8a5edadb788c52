"""Odd names, links and formats in a folder of frames."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segkit.errors import DataError
from segkit_std.datasets.folder import Folder

CLASSES = ("sky", "sea")
SPLITS = ("train", "val", "test")
ODD = [b"a b", b"new\nline", "\N{SAILBOAT}".encode(), b"caf\xe9", b"quote'\"", b"%s{0}[red]"]
Write = Callable[..., Path]
Pairs = Callable[..., Path]


def test_names_of_any_bytes_are_paired_split_and_given_ids_that_can_be_written(pairs: Pairs) -> None:
    root = pairs(".", [os.fsdecode(stem) for stem in ODD])
    parts = [Folder(split, CLASSES, root=root) for split in SPLITS]
    names = [part[index].id for part in parts for index in range(len(part))]
    assert len(set(names)) == len(names) == len(ODD)
    assert {"a b", "new\\nline", "\N{SAILBOAT}", "caf\\udce9"} < set(names)
    for name in names:
        assert name.isprintable()
        name.encode()
    assert len({part.fingerprint for part in parts}) == 3


def test_a_pair_that_misses_its_half_is_named_in_one_line(pairs: Pairs) -> None:
    root = pairs("train", [os.fsdecode(stem) for stem in ODD])
    for mask in (root / "train/masks").iterdir():
        mask.unlink()
    (root / "train/masks/x.png").write_bytes(b"")
    with pytest.raises(DataError) as caught:
        Folder("train", CLASSES, root=root)
    assert len(caught.value.faults) == len(ODD) + 1
    for fault in caught.value.faults:
        assert f"{fault.cause}{fault.remedy}".isprintable()


def test_faults_of_an_odd_pair_are_told_in_one_line(write: Write, tmp_path: Path) -> None:
    write("train/images/a\nb.png", np.zeros((2, 3)))
    write("train/masks/a\nb.png", np.eye(2))
    folder = Folder("train", CLASSES, root=tmp_path)
    with pytest.raises(DataError, match=r"the mask is 2x2 pixels, its image a\\nb\.png 3x2") as caught:
        folder[0]
    assert caught.value.faults[0].cause.isprintable()
    write("train/images/a\nb.jpg", np.zeros((2, 3)))
    with pytest.raises(DataError, match=r"a\\nb\.jpg and a\\nb\.png share the stem a\\nb"):
        Folder("train", CLASSES, root=tmp_path)


def test_links_are_followed_and_those_that_lead_nowhere_are_named(pairs: Pairs) -> None:
    root = pairs("train", ["a", "b", "c", "d"])
    images = root / "train/images"
    (images / "a.png").rename(root / "elsewhere.png")
    (images / "a.png").symlink_to(root / "elsewhere.png")
    assert len(Folder("train", CLASSES, root=root)) == 4
    for name, target in (("b.png", images / "b.png"), ("c.png", root / "gone.png")):
        (images / name).unlink()
        (images / name).symlink_to(target)
    (images / "d.png").unlink()
    os.mkfifo(images / "d.png")  # reading it would wait for ever
    with pytest.raises(DataError) as caught:
        Folder("train", CLASSES, root=root)
    causes = [fault.cause.removeprefix(f"{root}/train/") for fault in caught.value.faults]
    assert causes[:3] == [f"images/{n}.png: no file, or a link that leads to none" for n in "bcd"]
    assert causes[3:] == [f"masks/{n}.png: mask without an image" for n in "bcd"]


def test_a_folder_that_links_to_itself_is_no_folder(pairs: Pairs) -> None:
    root = pairs("train", ["a"])
    (root / "val").mkdir()
    (root / "val/images").symlink_to(root / "val/images")
    with pytest.raises(DataError, match=r"val/images: no such folder"):
        Folder("val", CLASSES, root=root)


def test_a_pair_of_which_one_lies_on_its_side_is_told(write: Write, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    write("train/images/a.jpg", np.zeros((4, 6, 3)), exif=exif)
    write("train/masks/a.png", np.ones((4, 6)))
    write("train/images/b.jpg", np.zeros((4, 6, 3)), exif=exif)
    write("train/masks/b.png", np.arange(24).reshape(4, 6) % 2, exif=exif)
    folder = Folder("train", CLASSES, root=tmp_path, mask_values="index")
    with pytest.raises(DataError, match=r"the mask is 6x4 pixels, its image a\.jpg 4x6") as caught:
        folder[0]
    assert caught.match("turn the one that lies on its side")
    np.testing.assert_array_equal(folder[1].mask, np.rot90(np.arange(24).reshape(4, 6) % 2, -1))
    assert folder[1].image.shape == (6, 4, 3)


def test_deep_frames_keep_their_bits(write: Write, tmp_path: Path) -> None:
    infrared = np.array([[7000, 7001], [16383, 0]], np.uint16)
    for name in ("a.png", "b.tif"):
        write(f"train/images/{name}", infrared)
        write(f"train/masks/{Path(name).stem}.tif", np.array([[0, 1], [255, 1]], np.uint16))
    folder = Folder("train", CLASSES, root=tmp_path)
    for index in range(2):
        assert folder[index].image.dtype == np.uint16
        assert folder[index].image[..., 0].tolist() == infrared.tolist()
        assert folder[index].mask.tolist() == [[0, 1], [255, 1]]
        assert folder[index].mask.dtype == np.uint8


def test_instances_are_one_class_when_asked_for(write: Write, tmp_path: Path) -> None:
    write("train/images/a.png", np.zeros((1, 5, 3)))
    write("train/masks/a.png", np.array([[0, 1, 2, 255, 40000]], np.uint16))
    folder = Folder("train", CLASSES, root=tmp_path, mask_values=[0, (1, 65535)])
    assert folder[0].mask.tolist() == [[0, 1, 1, 1, 1]]
    with pytest.raises(DataError, match=r"hold the values 0, 1, 2, 255, 40000"):
        Folder("train", CLASSES, root=tmp_path)

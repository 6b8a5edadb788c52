from __future__ import annotations

import csv
import os
import pickle
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segkit.errors import DataError
from segkit_std.datasets.folder import Folder

CLASSES = ("sky", "sea")
SPLITS = ("train", "val", "test")
Write = Callable[..., Path]
Pairs = Callable[..., Path]


def ids(folder: Folder) -> list[str]:
    return [folder[index].id for index in range(len(folder))]


def test_split_folders(pairs: Pairs) -> None:
    for split, stems in (("train", ["b", "a.v2.mp4_0"]), ("val", ["c"]), ("test", ["d"])):
        root = pairs(split, stems)
    assert ids(Folder("train", CLASSES, root=root)) == ["a.v2.mp4_0", "b"]
    assert ids(Folder("test", CLASSES, root=root)) == ["d"]
    sample = Folder("val", CLASSES, root=root)[0]
    assert sample.image.shape == (2, 3, 3)
    assert sample.image.dtype == np.uint8
    assert sample.mask.tolist() == [[0, 1, 1], [0, 0, 1]]
    assert (sample.group, sample.meta) == ("", {})


def test_a_flat_folder_is_split_by_ratio(pairs: Pairs) -> None:
    stems = [f"{index:02}" for index in range(20)]
    root = pairs(".", stems)
    parts = [ids(Folder(split, CLASSES, root=root)) for split in SPLITS]
    assert [len(part) for part in parts] == [14, 3, 3]
    assert sorted(chain(*parts)) == stems
    assert ids(Folder("test", CLASSES, root=root)) == parts[2]
    assert ids(Folder("test", CLASSES, root=root, seed=1)) != parts[2]
    assert [len(Folder(split, CLASSES, root=root, ratios=(0.5, 0.25, 0.25))) for split in SPLITS] == [10, 5, 5]


def test_named_folders_belong_to_the_split_as_a_whole(write: Write, tmp_path: Path) -> None:
    for stem in ("a", "b"):
        write(f"train_frames/{stem}.png", [[1, 2]])
        write(f"train_masks/{stem}.png", [[0, 255]])
    folder = Folder("train", CLASSES, root=tmp_path, images="train_frames", masks="train_masks")
    assert ids(folder) == ["a", "b"]
    assert folder[0].mask.tolist() == [[0, 1]]
    # Named, images and masks are one split even where they would be split by ratio.
    (tmp_path / "train_frames").rename(tmp_path / "images")
    (tmp_path / "train_masks").rename(tmp_path / "masks")
    assert len(Folder("test", CLASSES, root=tmp_path, images="images", masks="masks")) == 2


def test_suffixes_of_any_case_pair_and_other_files_are_passed_over(write: Write, tmp_path: Path) -> None:
    write("train/images/A.JPG", np.zeros((4, 4, 3)))
    write("train/images/b.jpeg", np.zeros((4, 4, 3)))
    write("train/images/c.Bmp", np.zeros((4, 4, 3)))
    write("train/images/d.TIFF", np.zeros((4, 4, 3)))
    write("train/images/e.tif", np.zeros((4, 4)).astype(np.uint16))
    write("train/images/f.webp", np.zeros((4, 4, 3)))
    for stem in "Abcdef":
        write(f"train/masks/{stem}.PNG", np.eye(4))
    write("train/images/.hidden.png", [[0]])
    (tmp_path / "train/images/Thumbs.db").write_text("")
    (tmp_path / "train/images/deeper.png").mkdir()
    assert ids(Folder("train", CLASSES, root=tmp_path)) == ["A", "b", "c", "d", "e", "f"]


def test_one_mask_reading_serves_all_splits(pairs: Pairs) -> None:
    pairs("train", ["a"], mask=[[0, 1, 255], [0, 0, 0]])
    root = pairs("val", ["b"], mask=[[0, 255, 255], [0, 0, 0]])
    assert Folder("val", CLASSES, root=root)[0].mask.tolist() == [[0, 255, 255], [0, 0, 0]]
    assert Folder("val", CLASSES, root=root, mask_values="0/255")[0].mask.tolist() == [[0, 1, 1], [0, 0, 0]]
    shutil.rmtree(root / "train")
    assert Folder("val", CLASSES, root=root)[0].mask.tolist() == [[0, 1, 1], [0, 0, 0]]


def write_table(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8-sig")


def test_the_table_gives_group_line_and_other_columns(pairs: Pairs) -> None:
    root = pairs("train", ["a.b_0", "c"])
    write_table(root / "train/lines.csv", "stem,group,slope,offset,camera\na.b_0,f1,-0.5,0.25, left \nother,f2,,,\n")
    folder = Folder("train", CLASSES, root=root)
    assert folder[0].group == "f1"
    assert folder[0].meta == {"slope": -0.5, "offset": 0.25, "camera": "left"}
    assert (folder[1].group, folder[1].meta) == ("", {})


def test_a_group_is_never_cut(pairs: Pairs) -> None:
    stems = [f"{index:02}" for index in range(24)]
    root = pairs(".", stems)
    rows = "".join(f"{stem},flight{int(stem) // 4}\n" for stem in stems[:20])  # the last four have no group
    write_table(root / "lines.csv", "stem,group\n" + rows)
    for seed in range(5):
        parts = [Folder(split, CLASSES, root=root, seed=seed) for split in SPLITS]
        groups = [{part[i].group for i in range(len(part)) if part[i].group} for part in parts]
        assert sum(map(len, groups)) == len(set.union(*groups)) == 5
        assert sorted(chain(*map(ids, parts))) == stems
        assert all(len(part) for part in parts)


def test_fewer_than_three_groups_or_pairs_cannot_be_split(pairs: Pairs) -> None:
    root = pairs(".", ["a", "b"])
    with pytest.raises(DataError, match=r"images: 2 pairs \(a, b\) cannot fill train, val and test"):
        Folder("train", CLASSES, root=root)
    pairs(".", ["c", "d"])
    write_table(root / "lines.csv", "stem,group\na,x\nb,x\nc,y\nd,y\n")
    with pytest.raises(DataError, match=r"lines.csv: 2 groups \(x, y\) cannot fill .*a group is never cut"):
        Folder("train", CLASSES, root=root)


def test_all_faults_of_the_listing_come_at_once(pairs: Pairs, write: Write) -> None:
    root = pairs("train", ["a", "b", "c"])
    (root / "train/masks/a.png").unlink()
    (root / "train/images/b.png").unlink()
    write("train/images/c.jpg", [[0]])
    write_table(root / "train/lines.csv", "stem,slope\nc,steep\nc,1\nd,nan\ne\n")
    with pytest.raises(DataError) as caught:
        Folder("train", CLASSES, root=root)
    table = root / "train/lines.csv"
    assert [fault.where or fault.cause for fault in caught.value.faults] == [
        f"{root}/train/images: c.jpg and c.png share the stem c",
        f"{root}/train/images/a.png: image without a mask",
        f"{root}/train/masks/b.png: mask without an image",
        *(f"{table}:{line}" for line in (2, 3, 4, 5)),
    ]
    assert all(fault.remedy for fault in caught.value.faults)


def test_folders_that_are_missing_empty_or_none_are_told(pairs: Pairs, write: Write, tmp_path: Path) -> None:
    def causes(split: str, root: Path, **options: Any) -> list[str]:
        with pytest.raises(DataError) as caught:
            Folder(split, CLASSES, root=root, **options)
        return [fault.cause for fault in caught.value.faults]

    assert causes("train", tmp_path / "gone") == [f"{tmp_path}/gone: no such folder"]
    file = write("file.png", [[0]])
    assert causes("train", file) == [f"{file}: is not a folder"]
    pairs("training", ["a"])
    (cause,) = causes("train", tmp_path)
    assert "neither images and masks nor train/images and train/masks; its folders: training" in cause
    root = pairs("val", ["a"])
    missing = [f"{root}/train/images: no such folder", f"{root}/train/masks: no such folder"]
    assert causes("train", root) == missing
    assert causes("val", root, images="val/images", masks="file.png") == [f"{root}/file.png: is not a folder"]
    (root / "train/images").mkdir(parents=True)
    (root / "train/masks").mkdir()
    assert [cause.split(" (")[0] for cause in causes("train", root)] == [
        f"{root}/train/images: holds no image file",
        f"{root}/train/masks: holds no mask file",
    ]


def test_two_layouts_in_one_root_are_refused(pairs: Pairs) -> None:
    pairs(".", ["a", "b", "c"])
    root = pairs("train", ["a"])
    with pytest.raises(DataError, match="holds both images and train/images"):
        Folder("train", CLASSES, root=root)


@pytest.mark.parametrize("header", ["frame,group\na,b\n", ""])
def test_a_table_without_stems_is_refused(pairs: Pairs, header: str) -> None:
    root = pairs("train", ["a"])
    write_table(root / "train/lines.csv", header)
    with pytest.raises(DataError, match=r"lines.csv:1: needs a column stem"):
        Folder("train", CLASSES, root=root)


def test_a_table_that_is_no_text_is_refused(pairs: Pairs) -> None:
    root = pairs("train", ["a"])
    (root / "train/lines.csv").write_bytes(b"stem,group\n\xff\xfe\x00")
    with pytest.raises(DataError, match=r"lines.csv: cannot be read as a table"):
        Folder("train", CLASSES, root=root)


def test_a_frame_that_cannot_be_read_is_named_and_the_others_are_read(pairs: Pairs, write: Write) -> None:
    root = pairs("train", ["a", "b", "c", "d"])
    (root / "train/images/a.png").write_bytes(b"")
    write("train/masks/b.png", [[0, 1]])
    write("train/masks/c.png", [[0, 1, 9], [0, 0, 0]])
    folder = Folder("train", CLASSES, root=root, mask_values="index")
    for index, cause in (
        (0, "train/images/a.png: the file is empty"),
        (1, "train/masks/b.png: the mask is 2x1 pixels, its image b.png 3x2"),
        (2, "train/masks/c.png: the mask holds 9"),
    ):
        with pytest.raises(DataError, match=cause):
            folder[index]
    assert folder[3].id == "d"


def test_frames_are_writable_and_contiguous(pairs: Pairs) -> None:
    sample = Folder("train", CLASSES, root=pairs("train", ["a"]))[0]
    for array in (sample.image, sample.mask):
        assert array.flags.writeable
        assert array.flags.c_contiguous


def test_the_fingerprint_changes_with_whatever_frames_depend_on(pairs: Pairs, write: Write) -> None:
    root = pairs("train", ["a", "b"], mask=[[0, 255, 255], [0, 0, 0]])

    def fingerprint(**options: Any) -> str:
        return Folder("train", CLASSES, root=root, **options).fingerprint

    seen = [fingerprint()]
    assert fingerprint() == seen[0]
    seen.append(fingerprint(mask_values="index"))
    write_table(root / "train/lines.csv", "stem,group\na,f\n")
    seen.append(fingerprint())
    os.utime(root / "train/masks/a.png", ns=(1, 1))
    seen.append(fingerprint())
    write("train/images/a.png", np.zeros((2, 3)))
    seen.append(fingerprint())
    (root / "train/images/b.png").rename(root / "train/images/c.png")
    (root / "train/masks/b.png").rename(root / "train/masks/c.png")
    seen.append(fingerprint())
    assert len(set(seen)) == len(seen)


def test_it_can_be_pickled_and_read_by_threads(pairs: Pairs) -> None:
    folder = Folder("train", CLASSES, root=pairs("train", [str(index) for index in range(30)]))
    copy = pickle.loads(pickle.dumps(folder))
    assert copy.fingerprint == folder.fingerprint
    with ThreadPoolExecutor(4) as threads:
        samples = list(threads.map(copy.__getitem__, list(range(30)) * 4))
    assert [sample.id for sample in samples] == ids(folder) * 4


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"split": "valid"}, "split must be one of train, val, test, not 'valid'"),
        ({"classes": ["sea"]}, "classes must be 2 to 255 names, not 1"),
        ({"masks": "labels"}, "masks go with images, not alone as 'labels'"),
        ({"ratios": (0.5, 0.5, 0.5)}, "three positive shares"),
        ({"mask_values": "0-255"}, "mask_values must be auto, index"),
        ({"mask_edges": "grey"}, "mask_edges must be one of threshold, ignore, error"),
        ({"mask_edges": "ignore"}, "mask_edges ignore is for mask_values 0/255, not 'auto'"),
        ({"lists": {"val": "val.txt"}}, "lists must name a file for train"),
        ({"lists": {"train": "a.txt", "valid": "b.txt"}}, "and for no split but train, val, test"),
        ({"group_pattern": "(.+"}, "group_pattern must be a regular expression"),
        ({"group_pattern": ".+"}, "must have one group in parentheses, not 0"),
        ({"group_pattern": "(.)(.)"}, "must have one group in parentheses, not 2"),
    ],
)
def test_wrong_options_are_refused(tmp_path: Path, options: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        Folder(**{"split": "train", "root": tmp_path, **options})


REAL = Path(os.environ.get("SEGKIT_DATA", Path(__file__).parents[4] / "shared" / "data"))
needs_real_frames = pytest.mark.skipif(not REAL.is_dir(), reason=f"no frames in {REAL}: set SEGKIT_DATA")


@needs_real_frames
@pytest.mark.parametrize(("split", "count"), [("train", 333), ("val", 34), ("test", 29)])
def test_real_drone_frames(split: str, count: int) -> None:
    folder = Folder(split, ("sky", "ground"), root=REAL / "horizon_uav")
    assert len(folder) == count
    with (REAL / "horizon_uav" / split / "lines.csv").open() as file:
        rows = {row["stem"]: row for row in csv.DictReader(file)}
    for index in range(0, count, 8):
        sample = folder[index]
        row = rows[sample.id]
        assert (sample.group, sample.meta) == (
            row["group"],
            {"slope": float(row["slope"]), "offset": float(row["offset"])},
        )
        assert sample.image.shape == (480, 480, 3)
        assert set(np.unique(sample.mask)) <= {0, 1, 255}
        with Image.open(REAL / "horizon_uav" / split / "masks" / f"{sample.id}.png") as stored:
            np.testing.assert_array_equal(sample.mask, np.asarray(stored))


@needs_real_frames
def test_real_frames_with_ignored_pixels_and_a_film_split_by_ratio() -> None:
    streets = Folder("test", ("sky", "ground"), root=REAL / "camvid_sky")
    assert len(streets) == 62
    assert any((streets[index].mask == 255).any() for index in range(5))
    film = [Folder(split, ("sky", "sea"), root=REAL / "sea_video", mask_values="index") for split in SPLITS]
    assert list(map(len, film)) == [140, 30, 30]

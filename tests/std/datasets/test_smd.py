from __future__ import annotations

import logging
import random
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from segkit.errors import DataError
from segkit_std.datasets.film_frames import FilmFrames
from segkit_std.datasets.smd import SMD

SPLITS = ("train", "val", "test")
SIZE = (24, 32)
LEVEL = (16.5, 9.5, 0.0, 1.0)  # X, Y and normal of a level line between the ninth row and the tenth
Line = tuple[Any, Any, Any, Any]


def write_film(file: Path, frames: Sequence[np.ndarray], code: str = "MJPG") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    film = cv2.VideoWriter(str(file), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), 25, (SIZE[1], SIZE[0]))
    for frame in frames:
        film.write(frame)
    film.release()


def write_truth(file: Path, lines: Sequence[Line]) -> None:
    """Write lines as MATLAB would: a struct array of one row, in which every field is a matrix of its own."""
    file.parent.mkdir(parents=True, exist_ok=True)
    array = np.zeros((1, len(lines)), [(name, object) for name in ("X", "Y", "Nx", "Ny")])
    array[0] = list(lines)
    savemat(file, {"structXML": array})


def greys(count: int, first: int = 0) -> list[np.ndarray]:
    return [np.full((*SIZE, 3), first + 4 * number, np.uint8) for number in range(count)]


@pytest.fixture
def add(tmp_path: Path) -> Callable[..., None]:
    """Add a film and its lines to the view VIS_Onshore below tmp_path."""

    def film(name: str, lines: Sequence[Line] = (LEVEL,) * 5, frames: Sequence[np.ndarray] | None = None) -> None:
        write_film(tmp_path / f"VIS_Onshore/Videos/{name}.avi", greys(len(lines)) if frames is None else frames)
        write_truth(tmp_path / f"VIS_Onshore/HorizonGT/{name}_HorizonGT.mat", lines)

    return film


@pytest.fixture
def root(add: Callable[..., None], tmp_path: Path) -> Path:
    for number in range(4):
        add(f"MVI_147{number}_VIS")
    return tmp_path


def made(root: Path, split: str = "train", **options: Any) -> SMD:
    return SMD(split, ["sky", "sea"], "sea", **{"root": root, "views": ["VIS_Onshore"], "every": 1, **options})


def samples(root: Path, **options: Any) -> dict[str, Any]:
    """Give the frames of all splits by id."""
    parts = [made(root, split, **options) for split in SPLITS]
    return {part[index].id: part[index] for part in parts for index in range(len(part))}


def test_no_film_is_cut(root: Path, add: Callable[..., None]) -> None:
    add("MVI_1478_VIS", (LEVEL,) * 12)
    parts = [made(root, split) for split in SPLITS]
    films = [{part[index].group for index in range(len(part))} for part in parts]
    assert all(films)
    assert sorted(name for part in films for name in part) == [*(f"MVI_147{n}_VIS" for n in range(4)), "MVI_1478_VIS"]
    assert sum(map(len, parts)) == 4 * 5 + 12


@pytest.mark.parametrize("line", [LEVEL, (16.5, 11.0, 0.3, 1.0), (16.5, 13.2, -0.7, -1.4), (1.0, 40.0, 0.1, 0.9)])
def test_a_mask_is_what_lies_on_the_normals_side(tmp_path: Path, add: Callable[..., None], line: Line) -> None:
    for number in range(3):
        add(f"f{number}", [line])
    x, y, normal_x, normal_y = line
    columns, rows = np.arange(1, SIZE[1] + 1), np.arange(1, SIZE[0] + 1)[:, None]  # of centers, as MATLAB counts
    side = (normal_x * (columns - x) + normal_y * (rows - y)) / np.hypot(normal_x, normal_y) * np.sign(normal_y)
    sample = made(tmp_path, line_margin=0)[0]
    assert np.array_equal(sample.mask, side >= 0)
    ignored = made(tmp_path, line_margin=1.7)[0].mask == 255
    assert np.array_equal(ignored, np.abs(side) < 1.7)


def test_meta_holds_the_line_in_the_frames_own_pixels(tmp_path: Path, add: Callable[..., None]) -> None:
    for number in range(3):
        add(f"f{number}", [LEVEL, (16.5, 13.0, 0.5, 1.0)])
    flat, steep = (made(tmp_path)[index].meta for index in range(2))
    assert (flat["slope"], flat["offset"]) == (0, 9 / 24)  # Nine rows of sky.
    # The line's middle is (16, 12.5) from the corner; from there it climbs by half a pixel a column.
    assert steep["slope"] == -0.5
    assert steep["offset"] * 24 == pytest.approx(12.5 + 0.5 * 16)
    assert (steep["file"][0], steep["file"][-4:], steep["frame"]) == ("f", ".avi", 1)


def test_frames_without_a_line_and_between_are_left_out(tmp_path: Path, add: Callable[..., None]) -> None:
    empty = np.zeros((0, 0))
    lines = [LEVEL] * 12
    lines[2], lines[6], lines[8] = (16.5, np.nan, 0, 1), (empty, empty, empty, empty), (16.5, 9.5, 1, 0)
    for number in range(3):
        add(f"f{number}", lines)
    assert sorted({sample.meta["frame"] for sample in samples(tmp_path).values()}) == [0, 1, 3, 4, 5, 7, 9, 10, 11]
    assert sorted({sample.meta["frame"] for sample in samples(tmp_path, every=2).values()}) == [0, 4, 10]
    for sample in samples(tmp_path, every=2).values():
        assert abs(int(sample.image.mean()) - 4 * sample.meta["frame"]) <= 1


def test_colors_are_red_green_blue(tmp_path: Path, add: Callable[..., None]) -> None:
    orange = np.full((*SIZE, 3), (20, 120, 230), np.uint8)  # as OpenCV writes: blue, green, red
    for number in range(3):
        add(f"f{number}", [LEVEL], [orange])
    assert np.abs(made(tmp_path)[0].image.reshape(-1, 3).mean(0) - (230, 120, 20)).max() < 4


def test_layouts_and_names_that_circulate(root: Path, tmp_path: Path) -> None:
    before = samples(root)
    truths = root / "VIS_Onshore/HorizonGT"
    (truths / "MVI_1470_VIS_HorizonGT.mat").rename(truths / "MVI_1470_VISHorizonGT.mat")
    (root / "VIS_Onshore").rename(root / "inner")
    (root / "VIS_Onshore").mkdir()
    (root / "inner").rename(root / "VIS_Onshore/VIS_Onshore")
    after = samples(root)
    assert list(after) == list(before)
    assert all(np.array_equal(after[key].image, before[key].image) for key in before)


def test_all_views_are_read(root: Path) -> None:
    for view, ending in (("VIS_Onboard", "VIS_OB"), ("NIR", "NIR")):
        write_film(root / view / f"Videos/MVI_0788_{ending}.avi", greys(5))
        write_truth(root / view / f"HorizonGT/MVI_0788_{ending}_HorizonGT.mat", [LEVEL] * 5)
    groups = {sample.group for sample in samples(root, views=["VIS_Onshore", "VIS_Onboard", "NIR"]).values()}
    assert groups == {*(f"MVI_147{n}_VIS" for n in range(4)), "MVI_0788_VIS_OB", "MVI_0788_NIR"}
    with pytest.raises(DataError, match=r"holds no NIR/Videos, as Singapore Maritime .*\n.*name these in views"):
        SMD("train", ["sky", "sea"], root=root / "nothing", views=["NIR"])


def test_films_without_horizons_and_other_counts_are_told(
    root: Path, add: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    write_film(root / "VIS_Onshore/Videos/MVI_9999_VIS.avi", greys(5))
    add("MVI_1480_VIS", [LEVEL] * 3, greys(6))
    add("MVI_1481_VIS", [LEVEL] * 6, greys(4))
    with caplog.at_level(logging.INFO, "segkit"):
        held = samples(root)
    assert "1 films without horizons left out: MVI_9999_VIS" in caplog.text
    assert "MVI_1480_VIS.avi: 6 frames, and lines of 3" in caplog.text
    assert "MVI_1481_VIS.avi: 4 frames, and lines of 6" in caplog.text
    counts = {name: sum(sample.group == name for sample in held.values()) for name in ("MVI_1480_VIS", "MVI_1481_VIS")}
    assert counts == {"MVI_1480_VIS": 3, "MVI_1481_VIS": 4}


def test_everything_that_is_wrong_is_named_at_once(root: Path) -> None:
    films, truths = root / "VIS_Onshore/Videos", root / "VIS_Onshore/HorizonGT"
    (films / "MVI_1470_VIS.avi").unlink()
    (films / "MVI_1471_VIS.avi").write_bytes(b"")
    (truths / "MVI_1472_VIS_HorizonGT.mat").write_bytes(b"no MATLAB file" * 20)
    savemat(truths / "MVI_1473_VIS_HorizonGT.mat", {"other": 1})
    with pytest.raises(DataError) as caught:
        made(root)
    causes = [fault.cause.removeprefix(str(root / "VIS_Onshore")) for fault in caught.value.faults]
    assert causes[0] == "/HorizonGT/MVI_1470_VIS_HorizonGT.mat: horizons without a film"
    assert causes[1] == "/Videos/MVI_1471_VIS.avi: cannot be opened as a film"
    assert causes[2].startswith("/HorizonGT/MVI_1472_VIS_HorizonGT.mat: cannot be read as lines of frames (")
    assert causes[3].startswith("/HorizonGT/MVI_1473_VIS_HorizonGT.mat: cannot be read as lines of frames (KeyError")
    assert len(causes) == 4


def test_two_films_cannot_be_split(tmp_path: Path, add: Callable[..., None]) -> None:
    add("one")
    add("two")
    add("blank", [(np.nan,) * 4] * 3)
    with pytest.raises(DataError, match=r"2 films with horizons \(one, two\) cannot fill train, val and test"):
        made(tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": ["sky", "sea", "land"]}, "classes must be two, which a line tells apart, not 3"),
        ({"task": "ground"}, "task must be sea or none, not 'ground'"),
        ({"views": []}, r"views must be some of VIS_Onshore, VIS_Onboard, NIR, each once, not \[\]"),
        ({"views": ["NIR", "NIR"]}, "each once, not"),
        ({"every": 0}, "every must be 1 or more, not 0"),
        ({"line_margin": float("nan")}, "line_margin must be a number of pixels, 0 or more, not nan"),
        ({"split": "all"}, "split must be one of"),
        ({"ratios": (0.5, 0.5, 0.5)}, "ratios must be three positive shares"),
    ],
)
def test_a_wrong_option_is_refused(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    given = {"split": "train", "classes": ["sky", "sea"], "root": tmp_path, **options}
    with pytest.raises(ValueError, match=message):
        SMD(**given)


def test_the_fingerprint_tells_what_frames_hang_on(root: Path) -> None:
    variants: list[dict[str, Any]] = [{}, {"every": 2}, {"line_margin": 1.0}]
    prints = [made(root, **options).fingerprint for options in variants]
    write_truth(root / f"VIS_Onshore/HorizonGT/{made(root)[0].group}_HorizonGT.mat", [(16.5, 12, 0, 1)] * 5)
    prints.append(made(root).fingerprint)
    assert len(set(prints)) == 4


@pytest.fixture(params=["MJPG", "XVID"])
def film(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A film of 90 frames of noise that moves, so that each depends on those before it where the codec allows it."""
    noise = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)
    write_film(tmp_path / "film.avi", [np.roll(noise, number, axis=1) ^ number for number in range(90)], request.param)
    return tmp_path / "film.avi"


def decoded(film: Path) -> list[np.ndarray]:
    """Decode a film from its beginning to its end, red, green and blue."""
    capture, frames = cv2.VideoCapture(str(film)), []
    while (read := capture.read())[0]:
        frames.append(read[1][..., ::-1])
    return frames


def test_a_frame_is_the_same_in_any_order(film: Path) -> None:
    expected, reader = decoded(film), FilmFrames()
    assert len({frame.tobytes() for frame in expected}) == 90
    numbers = [*random.Random(1).sample(range(90), 40), 89, 0, 0, 88, 1]
    assert all(np.array_equal(reader.read(film, number), expected[number]) for number in numbers)


def test_a_frame_is_the_same_in_several_threads(film: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.avi"
    write_film(other, greys(60))
    expected, reader = {film: decoded(film), other: decoded(other)}, FilmFrames()
    asked = [(name, number) for name, frames in expected.items() for number in range(len(frames))]
    scattered = random.Random(2).sample(asked, 60)
    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(lambda frame: reader.read(*frame), [*asked, *scattered]))
    wrong = [
        frame for frame, image in zip([*asked, *scattered], read, strict=True)
        if not np.array_equal(image, expected[frame[0]][frame[1]])
    ]  # fmt: skip
    assert wrong == []


def test_a_damaged_frame_does_not_shift_others(tmp_path: Path) -> None:
    film, reader = tmp_path / "film.avi", FilmFrames()
    write_film(film, greys(60))
    expected, content = decoded(film), bytearray(film.read_bytes())
    place = content.index(b"movi")
    for _ in range(31):  # chunks of frames: the last of these is number 30
        place = content.index(b"00dc", place + 1)
    size = int.from_bytes(content[place + 4 : place + 8], "little")
    content[place + 8 : place + 8 + size] = bytes(size)
    film.write_bytes(content)
    for numbers in (range(60), range(59, -1, -1), random.Random(3).sample(range(60), 60)):
        for number in numbers:
            if number == 30:
                with pytest.raises(DataError, match=r"film\.avi: frame 30 cannot be decoded"):
                    reader.read(film, number)
            else:
                assert np.array_equal(reader.read(film, number), expected[number]), number


def test_a_frame_behind_the_end_is_refused(film: Path) -> None:
    reader = FilmFrames()
    reader.read(film, 89)
    with pytest.raises(DataError, match="frame 90 cannot be decoded"):
        reader.read(film, 90)
    assert np.array_equal(reader.read(film, 3), decoded(film)[3])


def test_a_film_whose_name_holds_a_percent_sign_is_a_film(film: Path, tmp_path: Path) -> None:
    odd = tmp_path / "pond %03d é.avi"
    shutil.copy(film, odd)
    assert np.array_equal(FilmFrames().read(odd, 7), decoded(film)[7])

"""``segkit predict`` on films: a row a frame, and an annotated film."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from segkit.api import predict
from segkit.deploy.film_writer import FilmWriter
from segkit.deploy.films import FilmReader
from segkit.deploy.inputs import Source
from segkit.errors import DataError, UserError

Film = Callable[..., Path]
Rows = Callable[[Path], list[dict[str, str]]]
SIZE = (48, 64)


def frames_in(path: Path) -> list[np.ndarray]:
    reader = FilmReader(Source(path.name, path, film=True))
    seen = [picture for _, _, picture in reader.frames()]
    reader.close()
    return seen


def test_a_film_is_read_frame_by_frame_with_numbers_and_times(tmp_path: Path, write_film: Film, sinking: Any) -> None:
    reader = FilmReader(Source("a.mp4", write_film(tmp_path / "a.mp4"), film=True))
    assert (reader.told, reader.fps) == (20, 25)
    seen = list(reader.frames(start=5, every=3))
    reader.close()
    assert [number for number, _, _ in seen] == [6, 9, 12, 15, 18]
    assert [seconds for _, seconds, _ in seen] == pytest.approx([n / 25 for n in (6, 9, 12, 15, 18)])
    for number, _, picture in seen:
        assert np.abs(picture.astype(int) - sinking(20)[number]).mean() < 5
    blue = tmp_path / "blue.mp4"
    with FilmWriter(blue, 25) as film:
        film.write(np.full((*SIZE, 3), (0, 0, 255), np.uint8))  # red first
        film.close()
    assert np.abs(frames_in(blue)[0].astype(int) - (0, 0, 255)).max() < 30


def test_a_film_that_is_not_finished_leaves_nothing(tmp_path: Path, sinking: Any) -> None:
    with FilmWriter(tmp_path / "a.mp4", 25) as film:
        film.write(sinking(1)[0])
    assert list(tmp_path.iterdir()) == []


def test_a_film_gives_the_table_only(model_folder: Any, tmp_path: Path, write_film: Film, rows_of: Rows) -> None:
    film, out = write_film(tmp_path / "a.b.mp4"), tmp_path / "out"
    assert predict(model_folder(), [film], out) == 0
    rows = rows_of(out)
    assert [(row["file"], row["frame"]) for row in rows] == [("a.b.mp4", str(n)) for n in range(20)]
    assert {row["answer"] for row in rows} <= {"line", "no_horizon"}
    assert sorted(path.name for path in out.iterdir()) == ["horizon.csv", "predict.json"]


def test_masks_and_an_annotated_film_are_written_on_wish(
    model_folder: Any, tmp_path: Path, write_film: Film, sinking: Any
) -> None:
    film, out = write_film(tmp_path / "a.mp4"), tmp_path / "out"
    assert predict(model_folder(), [film], out, masks=True, film=True, every=2) == 0
    assert sorted(path.name for path in (out / "masks" / "a").iterdir()) == [f"{n:06}.png" for n in range(0, 20, 2)]
    drawn = frames_in(out / "films" / "a.mp4")
    assert [picture.shape for picture in drawn] == [(*SIZE, 3)] * 10
    assert any(np.abs(a.astype(int) - b).mean() > 5 for a, b in zip(drawn, sinking(20)[::2], strict=True))


def test_images_films_and_what_cannot_be_read_in_one_call(
    model_folder: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, write_film: Film, sinking: Any, rows_of: Rows
) -> None:
    write_film(tmp_path / "in" / "b.mp4", 3)
    (tmp_path / "in" / "bad.avi").write_bytes(b"no film")
    (tmp_path / "in" / "none.avi").write_bytes(b"")
    cv2.imwrite(str(tmp_path / "in" / "z.png"), sinking(1)[0])
    out = tmp_path / "out"
    assert predict(model_folder(), [tmp_path / "in"], out) == 2
    assert [(row["file"], row["frame"], row["answer"] == "error") for row in rows_of(out)] == [
        *(("b.mp4", str(n), False) for n in range(3)),
        ("bad.avi", "", True),
        ("none.avi", "", True),
        ("z.png", "", False),
    ]
    assert "bad.avi: cannot be opened as a film" in caplog.text
    assert "none.avi: the file is empty (0 bytes)" in caplog.text


def test_a_film_that_breaks_off_keeps_its_rows_and_is_told(
    model_folder: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, write_film: Film, rows_of: Rows
) -> None:
    film = write_film(tmp_path / "a.avi", 120, code="MJPG")
    whole = film.read_bytes()
    film.write_bytes(whole[: len(whole) // 2])
    assert predict(model_folder(), [film], tmp_path / "out") == 1
    rows = rows_of(tmp_path / "out")
    assert 30 < len(rows) < 120
    assert rows[-1]["answer"] == "error"
    assert "breaks off" in caplog.text


def test_a_camera_that_is_not_there_is_named(model_folder: Any, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="camera 97 cannot be opened"):
        predict(model_folder(), ["97"], tmp_path / "out")


def test_the_smoothing_of_a_film_is_asked_for_by_an_option(model_folder: Any, tmp_path: Path, write_film: Film) -> None:
    film = write_film(tmp_path / "a.mp4", 10)
    assert predict(model_folder(), [film], tmp_path / "out", postprocess=["smooth=true", "focal_px=60"]) == 0
    record = json.loads((tmp_path / "out" / "predict.json").read_text())
    assert record["made_with"]["postprocess"] == {"smooth": True, "focal_px": 60}
    with pytest.raises(UserError, match="smoth"):
        predict(model_folder("again"), [film], tmp_path / "other", postprocess=["smoth=true"])


def test_a_film_with_no_frame_is_told(tmp_path: Path, write_film: Film) -> None:
    empty = write_film(tmp_path / "a.avi", 0, code="MJPG")
    with pytest.raises(DataError, match=r"a\.avi"):
        list(FilmReader(Source("a.avi", empty, film=True)).frames())


def test_a_film_that_does_not_say_how_long_it_is(
    model_folder: Any, tmp_path: Path, sinking: Any, rows_of: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    film = tmp_path / "a.mjpeg"  # pictures one behind the other, without a container
    film.write_bytes(b"".join(cv2.imencode(".jpg", picture)[1].tobytes() for picture in sinking(7)))
    reader = FilmReader(Source("a.mjpeg", film, film=True))
    assert reader.told is None
    times = [seconds for _, seconds, _ in reader.frames()]
    reader.close()
    assert len(times) == 7
    assert all(a < b for a, b in pairwise(times))
    with caplog.at_level("INFO", "segkit"):
        assert predict(model_folder(), [film], tmp_path / "out") == 0
    assert [row["frame"] for row in rows_of(tmp_path / "out")] == [str(n) for n in range(7)]
    assert "7 frames" in caplog.text


@pytest.mark.parametrize(("told", "taken"), [(12.5, 12.5), (1000, 25)])
def test_a_pace_that_is_no_films_is_not_believed(tmp_path: Path, write_film: Film, told: float, taken: float) -> None:
    film = write_film(tmp_path / "a.avi", 5, told, "MJPG")
    reader = FilmReader(Source("a.avi", film, film=True))
    assert reader.fps == taken
    reader.close()

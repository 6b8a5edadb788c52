"""``segkit predict`` on films: a row a frame, an annotated film, and on from where it stopped."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from segkit.api import predict
from segkit.deploy.films import FilmReader, FilmWriter
from segkit.deploy.inputs import Source
from segkit.errors import DataError, UserError

SIZE = (48, 64)


def pictures(count: int, size: tuple[int, int] = SIZE) -> list[np.ndarray]:
    """Bright above a line that sinks, dark below it."""
    rows = np.arange(size[0])[:, None, None]
    return [
        np.where(rows < 10 + n % 30, 200, 40).repeat(size[1], 1).repeat(3, 2).astype(np.uint8) for n in range(count)
    ]


def write_film(path: Path, count: int = 20, size: tuple[int, int] = SIZE, fps: float = 25, code: str = "mp4v") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    film = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), fps, size[::-1])
    for picture in pictures(count, size):
        film.write(picture)
    film.release()
    return path


def rows_of(out: Path) -> list[dict[str, str]]:
    with (out / "horizon.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def frames_in(path: Path) -> list[np.ndarray]:
    reader = FilmReader(Source(path.name, path, film=True))
    seen = [picture for _, _, picture in reader.frames()]
    reader.close()
    return seen


def test_a_film_is_read_frame_by_frame_with_numbers_and_times(tmp_path: Path) -> None:
    reader = FilmReader(Source("a.mp4", write_film(tmp_path / "a.mp4"), film=True))
    assert (reader.told, reader.fps) == (20, 25)
    seen = list(reader.frames(start=5, every=3))
    reader.close()
    assert [number for number, _, _ in seen] == [6, 9, 12, 15, 18]
    assert [seconds for _, seconds, _ in seen] == pytest.approx([n / 25 for n in (6, 9, 12, 15, 18)])
    for number, _, picture in seen:
        assert np.abs(picture.astype(int) - pictures(20)[number]).mean() < 5
    blue = tmp_path / "blue.mp4"
    with FilmWriter(blue, 25) as film:
        film.write(np.full((*SIZE, 3), (0, 0, 255), np.uint8))  # red first
        film.close()
    assert np.abs(frames_in(blue)[0].astype(int) - (0, 0, 255)).max() < 30


def test_a_film_that_is_not_finished_leaves_nothing(tmp_path: Path) -> None:
    with FilmWriter(tmp_path / "a.mp4", 25) as film:
        film.write(pictures(1)[0])
    assert list(tmp_path.iterdir()) == []


def test_a_film_gives_the_table_only(model_folder: Any, tmp_path: Path) -> None:
    film, out = write_film(tmp_path / "a.b.mp4"), tmp_path / "out"
    assert predict(model_folder(), [film], out) == 0
    rows = rows_of(out)
    assert [(row["file"], row["frame"]) for row in rows] == [("a.b.mp4", str(n)) for n in range(20)]
    assert {row["answer"] for row in rows} <= {"line", "no_horizon"}
    assert sorted(path.name for path in out.iterdir()) == ["horizon.csv", "predict.json"]


def test_masks_and_an_annotated_film_are_written_on_wish(model_folder: Any, tmp_path: Path) -> None:
    film, out = write_film(tmp_path / "a.mp4"), tmp_path / "out"
    assert predict(model_folder(), [film], out, masks=True, film=True, every=2) == 0
    assert sorted(path.name for path in (out / "masks" / "a").iterdir()) == [f"{n:06}.png" for n in range(0, 20, 2)]
    drawn = frames_in(out / "films" / "a.mp4")
    assert [picture.shape for picture in drawn] == [(*SIZE, 3)] * 10
    assert any(np.abs(a.astype(int) - b).mean() > 5 for a, b in zip(drawn, pictures(20)[::2], strict=True))


def test_images_films_and_what_cannot_be_read_in_one_call(
    model_folder: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_film(tmp_path / "in" / "b.mp4", 3)
    (tmp_path / "in" / "bad.avi").write_bytes(b"no film")
    (tmp_path / "in" / "none.avi").write_bytes(b"")
    cv2.imwrite(str(tmp_path / "in" / "z.png"), pictures(1)[0])
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
    model_folder: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
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


def test_a_second_call_goes_on_and_another_model_is_refused(model_folder: Any, tmp_path: Path) -> None:
    folder, out = model_folder(), tmp_path / "out"
    first, second = write_film(tmp_path / "a.mp4", 6), write_film(tmp_path / "b.mp4", 6)
    assert predict(folder, [first], out) == 0
    before = (out / "horizon.csv").read_text()
    assert predict(folder, [first, second], out) == 0
    assert (out / "horizon.csv").read_text().startswith(before)
    assert len(rows_of(out)) == 12
    with pytest.raises(UserError, match="made with another model"):
        predict(model_folder("other", size=(32, 32)), [first], out)
    with pytest.raises(UserError, match="made with every 1, not 2"):
        predict(folder, [first], out, every=2)
    assert predict(folder, [first], out, every=2, overwrite=True) == 0
    assert len(rows_of(out)) == 3


def test_what_could_not_be_read_is_tried_again(model_folder: Any, tmp_path: Path) -> None:
    folder, out, bad = model_folder(), tmp_path / "out", tmp_path / "in" / "a.png"
    bad.parent.mkdir()
    bad.write_bytes(b"")
    assert predict(folder, [bad.parent], out) == 1
    cv2.imwrite(str(bad), pictures(1)[0])
    assert predict(folder, [bad.parent], out) == 0
    assert [row["answer"] == "error" for row in rows_of(out)] == [False]


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_a_call_that_is_stopped_goes_on_to_the_same_table(model_folder: Any, tmp_path: Path, sent: int) -> None:
    folder, film, out = model_folder(), write_film(tmp_path / "a.mp4", 4000), tmp_path / "out"
    command = [sys.executable, "-m", "segkit", "predict", str(folder), str(film), "-o", str(out)]
    process = subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, stderr=subprocess.DEVNULL)
    table, limit = out / "horizon.csv", time.monotonic() + 120
    while not (table.exists() and table.stat().st_size > 4000) and time.monotonic() < limit:
        time.sleep(0.01)
    process.send_signal(sent)
    code = process.wait()
    stopped = len(rows_of(out))
    assert 0 < stopped < 4000
    assert code == (130 if sent == signal.SIGINT else -signal.SIGKILL)
    assert predict(folder, [film], out) == 0
    assert predict(folder, [film], tmp_path / "whole") == 0
    assert table.read_text() == (tmp_path / "whole" / "horizon.csv").read_text()


def test_the_smoothing_of_a_film_is_asked_for_by_an_option(model_folder: Any, tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", 10)
    assert predict(model_folder(), [film], tmp_path / "out", postprocess=["smooth=true", "focal_px=60"]) == 0
    record = json.loads((tmp_path / "out" / "predict.json").read_text())
    assert record["made_with"]["postprocess"] == {"smooth": True, "focal_px": 60}
    with pytest.raises(UserError, match="smoth"):
        predict(model_folder("again"), [film], tmp_path / "other", postprocess=["smoth=true"])


def test_a_film_with_no_frame_is_told(tmp_path: Path) -> None:
    empty = write_film(tmp_path / "a.avi", 0, code="MJPG")
    with pytest.raises(DataError, match=r"a\.avi"):
        list(FilmReader(Source("a.avi", empty, film=True)).frames())

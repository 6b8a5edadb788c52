"""``segkit predict`` goes on where an earlier call stopped, and with nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest

from segkit.api import predict
from segkit.errors import UserError

Film = Callable[..., Path]
Rows = Callable[[Path], list[dict[str, str]]]


def test_a_second_call_goes_on_and_another_model_is_refused(
    model_folder: Any, tmp_path: Path, write_film: Film, rows_of: Rows
) -> None:
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


def test_what_could_not_be_read_is_tried_again(model_folder: Any, tmp_path: Path, sinking: Any, rows_of: Rows) -> None:
    folder, out, bad = model_folder(), tmp_path / "out", tmp_path / "in" / "a.png"
    bad.parent.mkdir()
    bad.write_bytes(b"")
    assert predict(folder, [bad.parent], out) == 1
    cv2.imwrite(str(bad), sinking(1)[0])
    assert predict(folder, [bad.parent], out) == 0
    assert [row["answer"] == "error" for row in rows_of(out)] == [False]


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_a_call_that_is_stopped_goes_on_to_the_same_table(
    model_folder: Any, tmp_path: Path, sent: int, write_film: Film, rows_of: Rows
) -> None:
    folder, film, out = model_folder(), write_film(tmp_path / "a.mp4", 600), tmp_path / "out"
    command = [sys.executable, "-m", "segkit", "predict", str(folder), str(film), "-o", str(out)]
    process = subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, stderr=subprocess.DEVNULL)
    table, limit = out / "horizon.csv", time.monotonic() + 120
    while not (table.exists() and table.stat().st_size > 4000) and time.monotonic() < limit:
        time.sleep(0.01)
    process.send_signal(sent)
    code = process.wait()
    stopped = len(rows_of(out))
    assert 0 < stopped < 600
    assert code == (130 if sent == signal.SIGINT else -signal.SIGKILL)
    assert predict(folder, [film], out) == 0
    assert predict(folder, [film], tmp_path / "whole") == 0
    assert table.read_text() == (tmp_path / "whole" / "horizon.csv").read_text()


def test_another_file_of_the_same_name_is_not_taken_for_the_one_that_was_done(
    model_folder: Any, tmp_path: Path, sinking: Any, write_film: Film, rows_of: Rows
) -> None:
    folder, out = model_folder(), tmp_path / "out"
    for day in ("monday", "tuesday"):
        write_film(tmp_path / day / "b.mp4", 3)
        cv2.imwrite(str(tmp_path / day / "a.png"), sinking(1)[0])
    assert predict(folder, [tmp_path / "monday"], out) == 0
    with pytest.raises(UserError, match=r"holds another a\.png, not that of .*tuesday/"):
        predict(folder, [tmp_path / "tuesday" / "a.png"], out)
    with pytest.raises(UserError, match=r"holds another b\.mp4"):
        predict(folder, [tmp_path / "tuesday" / "b.mp4"], out)
    (tmp_path / "tuesday" / "a.png").rename(tmp_path / "tuesday" / "c.png")
    assert predict(folder, [tmp_path / "tuesday" / "c.png"], out) == 0
    assert [row["file"] for row in rows_of(out)] == ["a.png", "b.mp4", "b.mp4", "b.mp4", "c.png"]


def test_a_film_half_done_goes_on_after_its_last_row_and_its_annotated_film_is_begun_anew(
    model_folder: Any, tmp_path: Path, write_film: Film, rows_of: Rows
) -> None:
    folder, film = model_folder(), write_film(tmp_path / "a.mp4", 20)
    for drawn in (False, True):
        out = tmp_path / f"out{drawn}"
        assert predict(folder, [film], out, film=drawn) == 0
        whole = (out / "horizon.csv").read_text()
        record = json.loads((out / "predict.json").read_text())
        (out / "predict.json").write_text(json.dumps(record | {"finished": []}))
        kept = whole.splitlines(keepends=True)[:9]  # the head and the frames 0 to 7
        kept[1] = "a.mp4,0,marked" + "," * kept[1].count(",", len("a.mp4,0,")) + "\n"  # only a row that is kept has it
        (out / "horizon.csv").write_text("".join(kept) + "a.mp4,8,li")  # torn in the middle of a row
        assert predict(folder, [film], out, film=drawn) == 0
        rows = rows_of(out)
        assert [row["frame"] for row in rows] == [str(n) for n in range(20)]
        assert (rows[0]["answer"] == "marked") == (not drawn)
        after = (out / "horizon.csv").read_text().splitlines()
        assert all(a == b for a, b in zip(after[2:], whole.splitlines()[2:], strict=True))


def test_a_folder_that_nobody_can_tell_the_origin_of_is_refused(
    model_folder: Any, tmp_path: Path, write_film: Film
) -> None:
    folder, film, out = model_folder(), write_film(tmp_path / "a.mp4", 2), tmp_path / "out"
    assert predict(folder, [film], out) == 0
    (out / "predict.json").write_text("{")
    with pytest.raises(UserError, match=r"predict\.json cannot be read"):
        predict(folder, [film], out)
    (out / "predict.json").unlink()
    with pytest.raises(UserError, match=r"no predict\.json"):
        predict(folder, [film], out)

"""``segkit predict`` as it is typed."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segkit.cli.main import main

Film = Callable[..., Path]
Rows = Callable[[Path], list[dict[str, str]]]


def write(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (37, 53, 3), dtype=np.uint8)).save(path)
    return path


def command(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["segkit", *map(str, arguments)])
    logger, before = logging.getLogger("segkit"), list(logging.getLogger("segkit").handlers)
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        logger.handlers[:] = before
    return 0


@pytest.mark.parametrize("damage", [b"", b"no image", b"\x89PNG\r\n\x1a\n and then nothing", "half"])
def test_a_file_that_cannot_be_read_is_told_and_passed_over(
    model_folder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], damage: Any
) -> None:
    for name in ("a", "c"):
        write(tmp_path / "in" / f"{name}.png")
    whole = (tmp_path / "in" / "a.png").read_bytes()
    (tmp_path / "in" / "b.png").write_bytes(whole[: len(whole) // 2] if damage == "half" else damage)
    assert command(monkeypatch, "predict", model_folder(), tmp_path / "in", "-o", tmp_path / "out") == 1
    said = capsys.readouterr().err
    assert f"{tmp_path / 'in' / 'b.png'}: " in said
    assert "2 frames" in said
    assert "1 could not be read" in said
    assert {path.name for path in (tmp_path / "out" / "masks").iterdir()} == {"a.png", "c.png"}


def test_the_command_line_ends_with_0_when_all_is_well(
    model_folder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "a.png")
    assert command(monkeypatch, "predict", model_folder(), file, "--out", tmp_path / "out") == 0
    assert (tmp_path / "out" / "masks" / "a.png").is_file()


def test_paths_are_read_from_standard_input(
    model_folder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_of: Rows
) -> None:
    files = [write(tmp_path / f"{name}.png") for name in ("b", "a")]
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{file}\n" for file in files)))
    assert command(monkeypatch, "predict", model_folder(), "-", "-o", tmp_path / "out") == 0
    assert [row["file"] for row in rows_of(tmp_path / "out")] == ["b.png", "a.png"]


def test_options_reach_the_table(
    model_folder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_film: Film, rows_of: Rows
) -> None:
    film, out = write_film(tmp_path / "a.mp4", 10), tmp_path / "out"
    options = ["--every", 4, "--batch", 2, "--scale", 1, "--scale", 2, "--flip", "-p", "estimator=least_squares"]
    assert command(monkeypatch, "predict", model_folder(), film, "-o", out, *options, "--masks") == 0
    assert [(row["frame"], row["estimator"]) for row in rows_of(out)] == [(n, "least_squares") for n in "048"]
    assert sorted(path.name for path in (out / "masks" / "a").iterdir()) == ["000000.png", "000004.png", "000008.png"]
    assert (
        command(monkeypatch, "predict", model_folder("other"), film, "-o", out, "--tile", "24x32", "--overwrite") == 0
    )
    assert len(rows_of(out)) == 10


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["97"], "camera 97 cannot be opened"),
        (["absent.png"], "no image, film or folder 'absent.png'"),
        (["a.png", "--tile", "640"], "--tile is height x width in pixels, not '640'"),
        (["a.png", "-p", "estimator=best"], "estimator"),
        (["a.png", "-p", "smoth=true"], "did you mean"),
        (["a.png", "--every", "0"], "--every"),
        (["a.png", "--no-masks", "--no-overlays", "--scale", "-1"], "scale"),
    ],
)
def test_the_users_mistakes_end_with_2(
    model_folder: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.png")
    assert command(monkeypatch, "predict", model_folder(), *arguments, "-o", tmp_path / "out") == 2
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told
    assert not list(tmp_path.glob("out/masks/*"))

"""The table of a prediction: appended, read back, gone on with."""

from __future__ import annotations

import csv
import os
from contextlib import closing
from pathlib import Path

import pytest

from segkit.deploy.tables import Table
from segkit.errors import UserError

HEAD = ["file", "frame", "answer", "slope"]


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        return list(csv.reader(file))


def test_a_row_is_in_the_file_at_once_and_what_is_missing_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    with closing(Table(path, ["answer", "slope"])) as table:
        table.append("a.png", None, {"answer": "line", "slope": 0.1 + 0.2})
        assert rows(path) == [HEAD, ["a.png", "", "line", "0.3"]]
        table.append("b.mp4", 7, {"answer": "no_horizon", "slope": float("nan")})
        table.append_error("b.mp4", 8)
    assert rows(path)[2:] == [["b.mp4", "7", "no_horizon", ""], ["b.mp4", "8", "error", ""]]


@pytest.mark.parametrize("name", ['a,"b".png', "two\nlines.png", "=1+1.png", " .png", os.fsdecode(b"\xff.png")])
def test_any_name_comes_back_as_it_was(tmp_path: Path, name: str) -> None:
    path = tmp_path / "t.csv"
    for _ in range(2):  # written, and written again from what was read
        with closing(Table(path, ["answer", "slope"])) as table:
            if not table.done:
                table.append(name, None, {"answer": "line", "slope": 1})
    assert rows(path) == [HEAD, [name, "", "line", "1"]]
    with closing(Table(path, ["answer", "slope"])) as table:
        assert table.done == {name: None}


@pytest.mark.parametrize("torn", ["c.png,,li", "c.png,,line,0.12", '"two\nli'])
def test_what_is_to_be_done_again_is_taken_out(tmp_path: Path, torn: str) -> None:
    path = tmp_path / "t.csv"
    with closing(Table(path, ["answer", "slope"])) as table:
        for n in range(3):
            table.append("a.mp4", n, {"answer": "line"})
        table.append_error("a.mp4", 3)
        table.append("b.mp4", 0, {"answer": "line"})
        table.append_error("gone.png", None)
    with path.open("a") as file:
        file.write(torn)  # as a killed process leaves it
    with closing(Table(path, ["answer", "slope"], again={"a.mp4", "b.mp4", "c.png"}, anew={"b.mp4"})) as table:
        assert table.done == {"a.mp4": 2}
    assert [row[:3] for row in rows(path)[1:]] == [
        *(["a.mp4", str(n), "line"] for n in range(3)),
        ["gone.png", "", "error"],  # nobody asks for it in this call
    ]


def test_without_an_answer_a_row_of_nothing_is_one_that_could_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    with closing(Table(path, ["share"])) as table:
        table.append("a.png", None, {"share": 0.0})
        table.append_error("b.png", None)
    with closing(Table(path, ["share"], again={"a.png", "b.png"})) as table:
        assert table.done == {"a.png": None}
    assert rows(path) == [["file", "frame", "share"], ["a.png", "", "0"]]


def test_another_table_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("file,frame,share\na.png,,1\n")
    with pytest.raises(UserError, match="has the columns file, frame, share, not file, frame, answer"):
        Table(path, ["answer"])
    assert path.read_text() == "file,frame,share\na.png,,1\n"

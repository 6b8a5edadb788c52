from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from segkit_std.loggers.csv import CsvLogger


def rows(run_dir: Path) -> list[dict[str, str]]:
    with (run_dir / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_writes_one_row_an_epoch_with_step_first(tmp_path: Path) -> None:
    logger = CsvLogger(tmp_path)
    logger.log({"epoch": 1, "train/loss": 0.25}, step=88)
    logger.log({"train/loss": 0.125, "epoch": 2}, step=176)
    expected = b"step,epoch,train/loss\r\n88,1,0.25\r\n176,2,0.125\r\n"
    assert (tmp_path / "metrics.csv").read_bytes() == expected


def test_a_later_name_gets_its_own_column_and_a_missing_value_an_empty_cell(tmp_path: Path) -> None:
    logger = CsvLogger(tmp_path)
    logger.log({"train/loss": 0.5}, step=1)
    logger.log({"val/iou, mean": 0.75}, step=2)
    assert rows(tmp_path) == [
        {"step": "1", "train/loss": "0.5", "val/iou, mean": ""},
        {"step": "2", "train/loss": "", "val/iou, mean": "0.75"},
    ]


@pytest.mark.parametrize("value", [0.1 + 0.2, 1e-300, math.inf, -0.0])
def test_numbers_come_back_exactly(tmp_path: Path, value: float) -> None:
    CsvLogger(tmp_path).log({"x": value}, step=1)
    assert float(rows(tmp_path)[0]["x"]) == value


def test_resume_drops_later_rows_and_goes_on(tmp_path: Path) -> None:
    first = CsvLogger(tmp_path)
    for step in (10, 20, 30):
        first.log({"loss": step / 10}, step)
    second = CsvLogger(tmp_path)
    second.resume(20)
    assert [row["step"] for row in rows(tmp_path)] == ["10", "20"]
    second.log({"loss": 7.0, "new": 1.0}, 30)
    assert [(row["step"], row["loss"], row["new"]) for row in rows(tmp_path)] == [
        ("10", "1.0", ""),
        ("20", "2.0", ""),
        ("30", "7.0", "1.0"),
    ]


def test_resume_without_a_table_begins_one(tmp_path: Path) -> None:
    logger = CsvLogger(tmp_path)
    logger.resume(5)
    logger.log({"loss": 1.0}, 6)
    assert [row["step"] for row in rows(tmp_path)] == ["6"]


def test_a_new_run_does_not_take_over_an_old_table(tmp_path: Path) -> None:
    CsvLogger(tmp_path).log({"loss": 1.0}, 1)
    CsvLogger(tmp_path).log({"loss": 2.0}, 1)
    assert [row["loss"] for row in rows(tmp_path)] == ["2.0"]


def test_the_table_is_whole_when_writing_breaks_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logger = CsvLogger(tmp_path)
    logger.log({"loss": 1.0}, 1)
    before = (tmp_path / "metrics.csv").read_bytes()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(csv.DictWriter, "writerows", killed)
    with pytest.raises(KeyboardInterrupt):
        logger.log({"loss": 2.0}, 2)
    assert (tmp_path / "metrics.csv").read_bytes() == before

"""A run's numbers as a table."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path


class CsvLogger:
    """Keeps ``metrics.csv``: one row an epoch, ``step`` first, then the values in the order they first came.

    A value that comes for the first time later gets a column of its own; cells without a value stay empty. The file is
    written anew beside its place and renamed each time, so it is whole whenever the run is killed.

    Args:
        run_dir: The run's folder.
    """

    def __init__(self, run_dir: Path) -> None:
        self._file = run_dir / "metrics.csv"
        self._rows: list[dict[str, str]] = []

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Add an epoch's row and write the table."""
        numbers = {name: str(value) for name, value in values.items()}
        self._rows.append({"step": str(step), **numbers})
        self._write()

    def resume(self, step: int) -> None:
        """Go on from the table that is there, without the rows of a later step."""
        if not self._file.exists():
            return
        with self._file.open(newline="", encoding="utf-8") as file:
            self._rows = [row for row in csv.DictReader(file) if int(row["step"]) <= step]
        self._write()

    def _write(self) -> None:
        columns = dict.fromkeys(name for row in self._rows for name in row)
        part = self._file.with_name("metrics.csv.part")
        with part.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, ["step", *(name for name in columns if name != "step")], restval="")
            table.writeheader()
            table.writerows(self._rows)
        part.replace(self._file)

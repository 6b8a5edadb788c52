"""The table of a prediction: a row a frame, appended as they come, read back to go on."""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from segkit.engine.checkpoint import whole_file
from segkit.errors import UserError

ANSWER, ERROR = "answer", "error"

# A file's name may be no UTF-8, and a row ends alike on every system.
_TEXT: Mapping[str, Any] = {"encoding": "utf-8", "errors": "surrogateescape", "newline": ""}


class Table:
    """A CSV file with the columns ``file``, ``frame`` and those given.

    What it holds already is read back and stays, but for a torn row, as a killed process leaves, and what is to be done
    again.

    Args:
        path: The file; it is made when it is not there.
        columns: Those behind ``file`` and ``frame``.
        again: Files whose rows of frames that could not be read are taken out.
        anew: Files all of whose rows are taken out.

    Attributes:
        done: The number of the last frame that was read, by file; None of an image.

    Raises:
        UserError: When the file is another table.
    """

    def __init__(
        self, path: Path, columns: Sequence[str], again: Collection[str] = (), anew: Collection[str] = ()
    ) -> None:
        self._columns = tuple(columns)
        self._head = ["file", "frame", *columns]
        self.done: dict[str, int | None] = {}
        if path.exists():
            self._take_up(path, again, anew)
        else:
            with whole_file(path) as work, work.open("w", **_TEXT) as file:
                csv.writer(file, lineterminator="\n").writerow(self._head)
        self._file = path.open("a", **_TEXT)
        self._writer = csv.writer(self._file, lineterminator="\n")

    def append(self, file: str, frame: int | None, row: Mapping[str, Any]) -> None:
        """Write a row; it is in the file when this returns."""
        self._writer.writerow([file, _text(frame), *(_text(row.get(column)) for column in self._columns)])
        self._file.flush()

    def append_error(self, file: str, frame: int | None) -> None:
        """Write the row of a frame that could not be read."""
        self.append(file, frame, {ANSWER: ERROR})

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _take_up(self, path: Path, again: Collection[str], anew: Collection[str]) -> None:
        with path.open(**_TEXT) as old, whole_file(path) as work, work.open("w", **_TEXT) as new:
            rows = csv.reader(line for line in old if line.endswith(("\n", "\r")))
            writer = csv.writer(new, lineterminator="\n")
            head = next(rows, self._head)
            if head != self._head:
                cause = f"{path} has the columns {', '.join(head)}, not {', '.join(self._head)}"
                raise UserError(cause, "name another folder with -o, or give --overwrite")
            writer.writerow(head)
            for row in rows:
                if len(row) != len(head) or row[0] in anew:
                    continue
                if not self._failed(row):
                    self.done[row[0]] = int(row[1]) if row[1].isdecimal() else None
                elif row[0] in again:
                    continue
                writer.writerow(row)

    def _failed(self, row: Sequence[str]) -> bool:
        values = dict(zip(self._columns, row[2:], strict=True))
        return values[ANSWER] == ERROR if ANSWER in values else not any(values.values())


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.9g}" if isinstance(value, float) else str(value)

"""Read ``lines.csv``: what is known of the frames beside their pixels."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segkit.errors import Fault

_NUMBERS = ("slope", "offset")


@dataclass(frozen=True)
class Row:
    """One frame's entry: its group, and everything else as meta (slope and offset as floats, the rest as text)."""

    group: str = ""
    meta: dict[str, Any] = field(default_factory=dict)


def read_table(path: Path) -> tuple[dict[str, Row], list[Fault]]:
    """Read the table of a folder of frames; cells that are empty are left out.

    Args:
        path: The file; none there is an empty table.

    Returns:
        The row of each stem, and all that is wrong, each with its line.
    """
    if not path.is_file():
        return {}, []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = csv.DictReader(file)
            if "stem" not in (lines.fieldnames or ()):
                first = ",".join(lines.fieldnames or ())
                return {}, [Fault(f"needs a column stem, not only {first!r}", "begin with stem,group", f"{path}:1")]
            return _rows(path, lines)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        return {}, [Fault(f"cannot be read as a table ({error})", "save it as comma-separated UTF-8", str(path))]


def _rows(path: Path, lines: csv.DictReader[str]) -> tuple[dict[str, Row], list[Fault]]:
    rows, faults = dict[str, Row](), list[Fault]()
    for line in lines:
        where = f"{path}:{lines.line_num}"
        if None in line or None in line.values():
            columns = len(lines.fieldnames or ())
            faults.append(Fault(f"the row has not {columns} cells as the header has", "mend the row", where))
            continue
        cells: dict[str, Any] = {name: cell.strip() for name, cell in line.items() if cell.strip()}
        stem = cells.pop("stem", "")
        if not stem or stem in rows:
            faults.append(Fault(f"the stem {stem!r} is empty or stands twice", "give each frame one row", where))
            continue
        for name in _NUMBERS:
            if name in cells:
                number = _number(cells[name])
                if number is None:
                    faults.append(Fault(f"{name} must be a finite number, not {cells[name]!r}", "mend the cell", where))
                cells[name] = number
        rows[stem] = Row(cells.pop("group", ""), cells)
    return rows, faults


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None

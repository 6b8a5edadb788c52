"""docs/plugin-faults.md holds what the zoo gives.

When it differs, ``SEGKIT_WRITE_DOCS=1 pytest tests/plugins_bad/test_documentation.py`` writes its table anew.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[2] / "docs" / "plugin-faults.md"
BEGIN, END = "<!-- table: begin -->\n", "<!-- table: end -->\n"
HEAD = "| fault | state | what `segkit plugins` says | what a recipe that uses it gets |\n|---|---|---|---|\n"


def test_the_table_is_what_the_zoo_gives(
    zoo: Any, specimens: list[Any], plugins: dict[str, dict[str, Any]], checked: dict[str, dict[str, Any]]
) -> None:
    rows = []
    for specimen in specimens[1:]:  # the first one is healthy
        row = plugins[specimen.distribution]
        got = _got(checked[specimen.full_name], row["cause"], zoo.folder)
        rows.append(f"| {specimen.fault} | {row['state']} | {_cell(row['cause'], zoo.folder)} | {got} |\n")
    text = PAGE.read_text()
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    wanted = before + BEGIN + HEAD + "".join(rows) + END + after
    if os.environ.get("SEGKIT_WRITE_DOCS") == "1":
        PAGE.write_text(wanted)
    assert PAGE.read_text() == wanted, f"run it again with SEGKIT_WRITE_DOCS=1: {PAGE} is not what the zoo gives"


def _got(outcome: dict[str, Any], cause: str, folder: Path) -> str:
    if outcome["code"] == 0:
        return "works"
    if cause:
        outcome = {**outcome, "said": outcome["said"].replace(cause, "CAUSE")}
    said = re.sub(r"^.*?\.yaml:\d+: (loss\.use: )?", "", outcome["said"])
    return f"exit {outcome['code']}: {'<br>'.join(_cell(line.strip(), folder) for line in said.splitlines())}"


def _cell(text: str, folder: Path) -> str:
    """Take out of a text what differs between machines, and what Markdown would read."""
    text = re.sub(rf"{re.escape(str(folder))}\S*/site-packages/", "", text)
    text = re.sub(r"\d+\.\d\d s at discovery", "N s at discovery", text)
    text = re.sub(r"every command waits \d+\.\d\d s", "every command waits N s", text)
    return f"`{text}`".replace("|", "\\|") if text else ""

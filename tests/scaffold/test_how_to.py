"""``docs/how-to/write-a-plugin.md`` works, word for word: its commands are run and its files written as they stand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from segkit.kinds import KINDS

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-plugin.md"
FENCE = re.compile(r"^```(\w*)\n", re.MULTILINE)
FILE = re.compile(r"(?P<how>Write|Add to the end of)\s+`(?P<path>[\w/.]+)`:$")


@dataclass
class Step:
    """A block of the page: commands, or a file's text with its path and whether it is added to what is there."""

    text: str
    path: str = ""
    added: bool = False


def steps() -> list[Step]:
    """Read the page's blocks of commands and of files; a block of Python that is no file is a mistake of the page."""
    found = []
    before_language_text_end = FENCE.split(PAGE.read_text(encoding="utf-8"))
    for before, language, text in zip(*(before_language_text_end[k::4] for k in range(3)), strict=False):
        if language == "sh":
            found.append(Step(text))
        elif language == "python":
            file = FILE.search(before.strip())
            assert file, f"no sentence says which file this is:\n{text}"
            found.append(Step(text, file["path"], file["how"] != "Write"))
    return found


def test_the_page_has_every_block_that_it_shows() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert len(steps()) == page.count("```sh\n") + page.count("```python\n") > 0


def test_the_page_names_every_kind() -> None:
    assert set(KINDS) <= set(re.findall(r"`(\w+)`", PAGE.read_text(encoding="utf-8")))


@pytest.mark.slow
def test_the_page_works_as_it_is_written(shell: Callable[..., str], tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    folder.mkdir()
    said = ""
    for step in steps():
        if step.path:
            with (folder / step.path).open("a" if step.added else "w", encoding="utf-8") as file:
                file.write(step.text)
        else:
            said += shell(step.text, folder)
            entered = re.search(r"^cd (\S+)$", step.text, re.MULTILINE)
            folder = folder / entered[1] if entered else folder
    assert "my-losses 0.1.0: no fault found" in said
    assert "p = 0.5   0.2929" in said  # 1 - 1/sqrt(2): two equal probabilities
    assert (folder / "dist" / "my_losses-0.1.0-py3-none-any.whl").is_file()
    environment = json.loads((folder / "runs" / "horizon_unet" / "1" / "environment.json").read_text())
    assert environment["distributions"]["my-losses"] == "0.1.0"

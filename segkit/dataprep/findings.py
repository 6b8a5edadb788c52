"""What a check of data finds: what is wrong, in which file, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from os.path import lexists  # unlike Path.exists, it bears a text that is no path
from pathlib import Path
from typing import Literal

from segkit.errors import Fault

Level = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes:
        level: ``error`` when a run refuses it or what is measured would be wrong; ``warning`` when it can be used.
        kind: One word for all findings of its sort, such as ``duplicate``.
        file: Where, printable; empty when it is about a whole split.
        cause: The rule and what was met, in one printable line.
        remedy: What to do about it.
    """

    level: Level
    kind: str
    file: str
    cause: str
    remedy: str


@dataclass(frozen=True)
class SplitFacts:
    """What a split holds, as far as it can be read.

    Attributes:
        frames: Frames that can be used.
        unusable: Frames that cannot.
        groups: How many there are; 0 when none is known.
        shares: Of each class in the pixels that are not ignored, at network size.
        ignored: The share of ignored pixels.
    """

    frames: int
    unusable: int
    groups: int
    shares: Mapping[str, float]
    ignored: float


@dataclass(frozen=True)
class Report:
    """All that a check found, errors first."""

    splits: Mapping[str, SplitFacts]
    findings: Sequence[Finding]

    def of(self, level: Level) -> list[Finding]:
        """Give the findings of a level."""
        return [finding for finding in self.findings if finding.level == level]


def printable(text: str | Path) -> str:
    r"""Give text in one line that any terminal and JSON take, escaped where it holds what cannot be printed.

    Example:
        >>> printable("a\nb")
        'a\\nb'
    """
    text = str(text)
    return text if text.isprintable() else ascii(text)[1:-1]


def of_fault(fault: Fault, kind: str) -> Finding:
    """Give a fault as a finding; the file that its cause begins with is told apart from the cause."""
    file, cause = printable(fault.where), fault.cause
    if not file:
        file, cause = next(filter(_leads, _heads(fault.cause)), ("", fault.cause))
    return Finding("error", kind, file, printable(cause), printable(fault.remedy))


def _heads(cause: str) -> Iterator[tuple[str, str]]:
    """Split ``path: cause`` at every colon, for a path may hold some."""
    parts = cause.split(": ")
    for count in range(1, len(parts)):
        yield ": ".join(parts[:count]), ": ".join(parts[count:])


def _leads(head: tuple[str, str]) -> bool:
    """Tell whether there is a file of this name; one that had to be escaped begins with a folder that there is."""
    path = Path(head[0])
    return path.is_absolute() and (lexists(path) or ("\\" in path.name and lexists(path.parent)))

"""Every error that segkit raises on purpose: a cause, a remedy, and the exit code of the command line."""

from __future__ import annotations

import textwrap
import traceback
from collections.abc import Sequence
from dataclasses import dataclass

SHOWN = 50  # A data set may hold ten thousand bad files: naming them all would bury the first.


def one_line(error: BaseException) -> str:
    """Say in one line, such as ``LookupError: no table``, what somebody else's code raised."""
    # Not str(error): showing itself is that code too, and may raise. Carets make no sense in one line.
    lines = [line for line in traceback.format_exception_only(error) if line.strip(" ^~\n")]
    return textwrap.shorten("".join(lines), 500, placeholder=" ...")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, where it stands, and what to do about it.

    Attributes:
        cause: The rule and the value received.
        remedy: One line that says what to do; may be empty.
        where: ``file.yaml:12`` or ``override key=value``; empty when no place can be named.
    """

    cause: str
    remedy: str = ""
    where: str = ""

    def __str__(self) -> str:
        first = f"{self.where}: {self.cause}" if self.where else self.cause
        return f"{first}\n    {self.remedy}" if self.remedy else first


class SegkitError(Exception):
    """Something failed that segkit can explain.

    Args:
        cause: The rule and the value received.
        remedy: What to do about it, one line.
        where: The place in a file, when there is one.
    """

    exit_code = 1

    def __init__(self, cause: str, remedy: str = "", where: str = "") -> None:
        super().__init__(cause, remedy, where)
        self.faults: tuple[Fault, ...] = (Fault(cause, remedy, where),)

    @classmethod
    def of(cls, faults: Sequence[Fault]) -> SegkitError:
        """Make one error of all the faults of a stage (at least one)."""
        error = cls(faults[0].cause, faults[0].remedy, faults[0].where)
        error.faults = tuple(faults)
        return error

    def __str__(self) -> str:
        lines = [str(fault) for fault in self.faults[:SHOWN]]
        if len(self.faults) > SHOWN:
            lines.append(f"... and {len(self.faults) - SHOWN} more")
        return "\n".join(lines)


class UserError(SegkitError):
    """The user's mistake: shown without a traceback, exit code 2."""

    exit_code = 2


class RecipeError(UserError):
    """A recipe or an override is wrong."""


class DataError(UserError):
    """A frame, a mask or their folder is wrong."""


class PluginError(UserError):
    """A component cannot be had: its plugin is broken, or its package lacks something."""


class DivergedError(SegkitError):
    """Training left the finite numbers."""


class RunInterruptedError(SegkitError):
    """A run was stopped by a signal; its work is saved.

    Args:
        signal: The number of the signal, so that the exit code is 128 plus it.
        cause: What happened.
        remedy: How to go on.
    """

    def __init__(self, signal: int, cause: str, remedy: str = "") -> None:
        super().__init__(cause, remedy)
        self.exit_code = 128 + signal

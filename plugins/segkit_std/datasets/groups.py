"""Groups of frames by a pattern on their names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from segkit.errors import DataError

_SHOWN = 3


def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern.

    Args:
        pattern: A regular expression with one group.

    Raises:
        ValueError: When it is none, or has not one group.
    """
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"group_pattern must be a regular expression, not {pattern!r} ({error}): mend it") from None
    if expression.groups != 1:
        raise ValueError(
            f"group_pattern must have one group in parentheses, not {expression.groups} as {pattern!r} has: "
            r"give such as (.+)_\d+"
        )
    return expression


def groups_by_name(stems: Sequence[str], pattern: re.Pattern[str]) -> list[str]:
    """Give the group of each stem: what the pattern's group matches, the pattern matching the whole stem.

    Raises:
        DataError: When the pattern does not match some stems, or finds an empty group in them.
    """
    matches = [pattern.fullmatch(stem) for stem in stems]
    groups = [(match[1] or "") if match else "" for match in matches]
    lost = [stem for stem, group in zip(stems, groups, strict=True) if not group]
    if lost:
        names = ", ".join(map(repr, lost[:_SHOWN])) + (", ..." if len(lost) > _SHOWN else "")
        raise DataError(
            f"group_pattern {pattern.pattern!r} finds no group in {len(lost)} of {len(stems)} stems: {names}",
            r"write a pattern that matches every whole stem, such as (.+?)(?:_\d+)?",
        )
    return groups

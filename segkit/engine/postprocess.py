"""A postprocess as an object: made, and held to what those rely on that write its table."""

from __future__ import annotations

import re
from collections.abc import Sequence

from segkit.assemble import Bound
from segkit.errors import PluginError
from segkit.kinds import Postprocess

WRITTEN_BY_THE_CALLER = ("file", "frame")


def make_postprocess(bound: Bound, classes: Sequence[str], task: str) -> Postprocess:
    """Make a recipe's postprocess.

    Raises:
        RecipeError: When its constructor refuses its options.
        PluginError: When its table is no plain word, or its columns are no different words or would stand in the way
            of the file and the frame that a row is of.
    """
    made: Postprocess = bound(classes=tuple(classes), task=task)
    table, columns = getattr(made, "table", None), getattr(made, "columns", None)
    if not (isinstance(table, str) and re.fullmatch(r"[A-Za-z]\w*", table, re.ASCII)):
        raise PluginError(f"{bound.title}: its table must be a plain word, not {table!r}", "tell its author")
    names = list(columns) if isinstance(columns, (list, tuple)) else []
    if not names or len(set(names)) < len(names) or not all(isinstance(name, str) and name for name in names):
        raise PluginError(f"{bound.title}: its columns must be different words, not {columns!r}", "tell its author")
    taken = [name for name in names if name in WRITTEN_BY_THE_CALLER]
    if taken:
        cause = f"{bound.title}: its columns must not be {' or '.join(WRITTEN_BY_THE_CALLER)}, which the caller writes"
        raise PluginError(f"{cause}, not {', '.join(taken)}", "tell its author")
    return made

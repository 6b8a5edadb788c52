"""One distribution's malformed entry_points.txt does not stop the libraries that read everybody's."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from importlib.metadata import EntryPoint, EntryPoints, distributions
from typing import Any

from segkit.catalog import normalized

_strict = importlib.metadata.entry_points


def tolerate_malformed() -> None:
    """Make ``importlib.metadata.entry_points`` leave out distributions that cannot be read, instead of raising.

    For the command line's own process only. torch and matplotlib call it when they are imported, so that one such
    distribution, whatever it is, would keep every recipe from running.
    """
    importlib.metadata.entry_points = _entry_points


def _entry_points(**parameters: Any) -> Any:
    try:
        return _strict(**parameters)
    except Exception:  # whatever a damaged distribution raises; the others are read one by one
        return EntryPoints(_readable()).select(**parameters)


def _readable() -> Iterator[EntryPoint]:
    """Give the entry points of all that can be read; of two with one name, the first on sys.path counts."""
    seen: set[str] = set()
    for distribution in distributions():
        try:
            name, entries = normalized(distribution.metadata["Name"]), distribution.entry_points
        except Exception:  # noqa: S112 - `segkit plugins` reports it
            continue
        if name not in seen:
            yield from entries
        seen.add(name)

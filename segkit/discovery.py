"""From the entry points of installed distributions to a catalog of components. Imports no component, prints nothing."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import replace
from functools import cache
from importlib.metadata import Distribution, distributions
from itertools import starmap
from pathlib import Path

from segkit.catalog import OWN, VERBS, Catalog, Command, Component, P, normalized, same_distribution
from segkit.errors import PluginError
from segkit.loading import GROUP, load_entries, load_file, read_distribution
from segkit.plugin_file import plugin_file
from segkit.switches import switched_off


@cache
def catalog(*files: Path) -> Catalog:
    """Discover once a process; see ``discover``."""
    return discover(*files)


def discover(*files: Path) -> Catalog:
    """Load every ``segkit`` entry point; whatever one of them raises or prints, the others are not harmed.

    Args:
        files: Plugins that are not installed, each a Python file.

    Raises:
        UserError: When a file is no healthy plugin: it was asked for. Or when a switch says what cannot be.
    """
    loaded = [one for one in starmap(read_distribution, _candidates()) if one.entries or one.faults]
    off = switched_off([one.distribution for one in loaded])
    with contextlib.redirect_stdout(sys.stderr):  # Standard output is for data, such as that of `segkit list --json`.
        for one in loaded:
            one.off = off.get(one.distribution)
            if one.off is None:
                load_entries(one)
        for path in dict.fromkeys(file.expanduser().resolve() for file in files):
            loaded.append(load_file(plugin_file(path), loaded))
    components = _settled([Component(s, p.distribution, p.version) for p in loaded for s in p.specs.values()])
    commands = _settled([Command(s, p.distribution, p.version) for p in loaded for s in p.commands.values()])
    summaries = tuple(one.summed_up([*components, *commands]) for one in loaded)
    for one, summary in zip(loaded, summaries, strict=True):
        if one.file is not None and summary.cause:
            raise PluginError(summary.cause, "mend the file", str(one.file.path))
    return Catalog(components, summaries, commands)


def _candidates() -> list[tuple[str, Distribution]]:
    """Find distributions that may have entry points for us: own first, then by name; the first on sys.path counts."""
    found: dict[str, tuple[str, Distribution]] = {}
    for candidate in distributions():
        # Thirty times cheaper than asking every distribution for its name.
        if _mentions_group(candidate):
            name = _name(candidate)
            first = next(iter(distributions(name=name)), candidate)
            found.setdefault(normalized(name), (name, first))
    return [found[key] for key in sorted(found, key=lambda key: (key != OWN, key))]


def _mentions_group(distribution: Distribution) -> bool:
    try:
        return GROUP in (distribution.read_text("entry_points.txt") or "")
    except (OSError, UnicodeError):
        return True  # It cannot be known; read_distribution meets the same error and reports it.


def _name(distribution: Distribution) -> str:
    try:
        name = distribution.metadata["Name"]
    except Exception:
        name = ""  # A damaged installation: read_distribution reports what else is wrong with it.
    return name or f"nameless distribution in {distribution.locate_file('')}"


def _settled(components: list[P]) -> tuple[P, ...]:
    """Mark the components and verbs whose name is a built-in's or another third party's as well."""
    owners = {("verb", verb): [OWN] for verb in VERBS}
    for component in components:
        owners.setdefault((component.kind, component.name), []).append(component.distribution)
    return tuple(_settle(c, owners[c.kind, c.name]) for c in components)


def _settle(component: P, owners: list[str]) -> P:
    if len(owners) == 1 or same_distribution(component.distribution, OWN):
        return component
    if any(same_distribution(owner, OWN) for owner in owners):
        cause = f"{component.kind} {component.name!r} is a built-in's name, the plugin must choose another one"
        return replace(component, state="shadowed", cause=cause)
    others = " and ".join(owner for owner in owners if owner != component.distribution)
    return replace(component, state="ambiguous", cause=f"{others} has it too: write {component.full_name}")

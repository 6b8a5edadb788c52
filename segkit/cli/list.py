"""``segkit list``: the components that can be named in a recipe."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Annotated

import typer

from segkit.catalog import Catalog, Component, check_kind
from segkit.cli.shared import PluginFiles
from segkit.discovery import catalog
from segkit.kinds import KINDS


def list_command(
    kind: Annotated[str | None, typer.Argument(help="Only the components of this kind, such as loss.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    plugin: PluginFiles = None,
) -> None:
    """List the components of the installed plugins."""
    if kind is not None:
        check_kind(kind)
    found = catalog(*(plugin or ()))
    order = list(KINDS)
    components = [c for c in found.components if kind in (None, c.kind)]
    components.sort(key=lambda c: (order.index(c.kind), c.name, c.distribution))
    typer.echo(json.dumps([_row(c) for c in components], indent=2) if as_json else _tables(components))
    _tell_broken(found)


def _row(component: Component) -> dict[str, str]:
    return {
        "kind": component.kind,
        "name": component.name,
        "summary": component.spec.summary,
        "distribution": component.distribution,
        "version": component.version,
        "path": component.spec.path,
        "state": component.state,
    }


def _tables(components: list[Component]) -> str:
    names = max((len(c.name) for c in components), default=0)
    owners = max((len(_owner(c)) for c in components), default=0)
    lines: list[str] = []
    for kind, group in groupby(components, key=lambda c: c.kind):
        lines.append(kind)
        for c in group:
            state = f" ({c.state}: {c.cause})" if c.cause else ""
            lines.append(f"  {c.name:{names}}  {_owner(c):{owners}}  {c.spec.summary}{state}")
    return "\n".join(lines) or "no component is registered"


def _owner(component: Component) -> str:
    return f"{component.distribution} {component.version}"


def _tell_broken(found: Catalog) -> None:
    for p in found.plugins:
        if p.state == "broken":
            typer.echo(f"{p.distribution} {p.version} is broken: {p.cause} (see segkit plugins -v)", err=True)

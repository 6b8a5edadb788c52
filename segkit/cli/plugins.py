"""``segkit plugins``: the installed distributions that give components, and what is wrong with each."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from segkit.catalog import Plugin
from segkit.discovery import catalog


def plugins_command(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Add the tracebacks of broken plugins.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the installed plugins and their state."""
    plugins = catalog().plugins
    if as_json:
        typer.echo(json.dumps([_row(plugin, verbose) for plugin in plugins], indent=2))
        return
    width = max((len(_owner(p)) for p in plugins), default=0)
    for plugin in plugins:
        line = f"{_owner(plugin):{width}}  {plugin.state:7}  {len(plugin.components):3} components  {plugin.cause}"
        typer.echo(line.rstrip())
        if verbose and plugin.traceback:
            typer.echo(plugin.traceback)


def _row(plugin: Plugin, verbose: bool) -> dict[str, Any]:
    row = {
        "distribution": plugin.distribution,
        "version": plugin.version,
        "state": plugin.state,
        "cause": plugin.cause,
        "components": plugin.components,
    }
    return {**row, "traceback": plugin.traceback} if verbose else row


def _owner(plugin: Plugin) -> str:
    return f"{plugin.distribution} {plugin.version}"

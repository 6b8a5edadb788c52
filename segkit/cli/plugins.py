"""``segkit plugins``: the installed distributions that give components, and what is wrong with each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from segkit.catalog import Plugin
from segkit.cli.shared import PluginFiles
from segkit.discovery import catalog

_HEADS = ("distribution", "version", "API", "components", "state", "cause")


def plugins_command(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Add the tracebacks of broken plugins.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    plugin: PluginFiles = None,
) -> None:
    """List the installed plugins and their state."""
    plugins = catalog(*(plugin or ())).plugins
    if as_json:
        typer.echo(json.dumps([_row(one, verbose) for one in plugins], indent=2))
        return
    cells = [_cells(one) for one in plugins]
    widths = [max(map(len, column)) for column in zip(_HEADS, *cells, strict=True)]
    typer.echo(_line(_HEADS, widths))
    for one, row in zip(plugins, cells, strict=True):
        typer.echo(_line(row, widths))
        if verbose and one.traceback:
            typer.echo(one.traceback)


def _row(plugin: Plugin, verbose: bool) -> dict[str, Any]:
    row = {
        "distribution": plugin.distribution,
        "version": plugin.version,
        "api": plugin.api,
        "state": plugin.state,
        "cause": plugin.cause,
        "components": plugin.components,
        "seconds": round(plugin.seconds, 3),
    }
    return {**row, "traceback": plugin.traceback} if verbose else row


def _cells(plugin: Plugin) -> tuple[str, ...]:
    api = "-" if plugin.api is None else str(plugin.api)
    return plugin.distribution, plugin.version, api, str(len(plugin.components)), plugin.state, plugin.cause


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{cell:{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()

"""``segkit new``: projects that begin complete."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Write a new project.", no_args_is_help=True)


@app.callback()
def new() -> None:
    """Write a new project."""


@app.command("plugin")
def new_plugin_command(
    name: Annotated[str, typer.Argument(help="The distribution's name, such as my-losses.")],
    kinds: Annotated[list[str], typer.Option("--kind", help="Of a component to begin with; may be repeated.")],
    into: Annotated[Path | None, typer.Option(help="The project's folder; by default one called like it.")] = None,
) -> None:
    """Write a plugin: package, a component a kind, tests, README, licence and CI; nothing is overwritten."""
    from segkit.scaffold.plugin import new_plugin

    folder = Path(name) if into is None else into
    for path in new_plugin(name, kinds, folder):
        typer.echo(path)

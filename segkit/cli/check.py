"""``segkit check``: everything about a recipe but its training."""

from __future__ import annotations

from typing import Annotated

import typer

from segkit.cli.shared import PluginFiles


def check_command(
    recipe: Annotated[str, typer.Argument(help="A recipe's file, or the name of a shipped one.")],
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value, such as train.epochs=3.")] = None,
    plugin: PluginFiles = None,
) -> None:
    """Check a recipe: structure, names, options, and that all it names can be made; reads no frame."""
    from segkit import api

    api.check(recipe, overrides or [], plugin or ())
    typer.echo(f"{recipe}: no fault found")

"""``segkit run``: train a recipe and test it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segkit.cli.shared import PluginFiles
from segkit.errors import UserError


def run_command(
    recipe: Annotated[str | None, typer.Argument(help="A recipe's file, or the name of a shipped one.")] = None,
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value, such as train.epochs=3.")] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Go on, exactly, with the interrupted run of this folder.")
    ] = None,
    plugin: PluginFiles = None,
) -> None:
    """Train a recipe, and test it with the best weights."""
    if (recipe is None) == (resume is None):
        raise UserError("run takes a recipe, or --resume with a run folder", "segkit run recipes/horizon_unet.yaml")
    from segkit import api

    plugins = plugin or ()
    result = api.resume(resume, plugins) if resume is not None else api.run(str(recipe), overrides or [], plugins)
    typer.echo(f"{result.split}, {result.images} images, best weights:")
    for name, value in result.metrics.items():
        typer.echo(f"  {name:<20} {value:.4f}")
    typer.echo(f"run folder: {result.folder}")

"""``segkit init``: a recipe for a folder of frames."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from segkit.dataprep.suggestion import Suggestion


def init_command(
    data: Annotated[Path, typer.Argument(help="The folder that holds images and masks.")],
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
    out: Annotated[Path, typer.Option("-o", "--out", help="The new recipe.")] = Path("recipe.yaml"),
) -> None:
    """Look at a folder of frames and write a recipe for it; nothing is overwritten."""
    from segkit.dataprep.recipe_files import write_new
    from segkit.dataprep.suggestion import suggest

    suggestion = suggest(data)
    if not yes and sys.stdin.isatty():
        suggestion = _asked(suggestion)
    typer.echo(write_new(out, suggestion.text()))
    typer.echo(f"see whether the data is sound with: segkit data check {out}", err=True)


def _asked(suggestion: Suggestion) -> Suggestion:
    names = typer.prompt("classes, in the order of their indices", default=",".join(suggestion.classes), err=True)
    task = typer.prompt("task: sea, ground or none", default=suggestion.task or "none", err=True)
    classes = [name.strip() for name in names.split(",")]
    return suggestion.answered(classes, "" if task == "none" else task)

"""What several verbs take."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from segkit.errors import UserError

PluginFiles = Annotated[
    list[Path] | None,
    typer.Option("--plugin", metavar="FILE", help="A Python file with components of your own; may be repeated."),
]
Scales = Annotated[
    list[float] | None, typer.Option("--scale", help="Of the network's size; several are averaged; may be repeated.")
]
Flip = Annotated[bool, typer.Option("--flip", help="Look at the mirror image too.")]
Tile = Annotated[str | None, typer.Option(metavar="HxW", help="Look at windows of that many pixels.")]


def tile_size(text: str | None) -> tuple[int, int] | None:
    """Read what ``--tile`` was given.

    Raises:
        UserError: When it is no height and width.
    """
    if text is None:
        return None
    found = re.fullmatch(r"(\d+)x(\d+)", text)
    if found is None:
        raise UserError(f"--tile is height x width in pixels, not {text!r}", "write such as --tile 480x640")
    return int(found[1]), int(found[2])

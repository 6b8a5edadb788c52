"""``segkit copy``: a shipped recipe of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Out = Annotated[Path | None, typer.Option("-o", "--out", help="The new file.")]


def copy_command(
    name: Annotated[str, typer.Argument(help="A shipped recipe's name, such as horizon_unet.")], out: Out = None
) -> None:
    """Copy a shipped recipe to the working directory; nothing is overwritten."""
    from segkit.dataprep.recipe_files import copy_shipped

    typer.echo(copy_shipped(name, out))

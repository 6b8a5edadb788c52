"""``segkit predict``: masks and overlays of images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segkit.cli.shared import PluginFiles


def predict_command(
    model: Annotated[Path, typer.Argument(help="The run's folder.")],
    images: Annotated[list[Path], typer.Argument(help="Image files, or folders of them.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Where masks/ and overlays/ are written.")] = Path("out"),
    plugin: PluginFiles = None,
) -> None:
    """Write the mask and an overlay of every image."""
    from segkit import api

    failed = api.predict(model, images, out, plugin or ())
    if failed:
        raise typer.Exit(1)

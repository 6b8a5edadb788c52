"""``segkit predict``: images, films and cameras to a table, masks, overlays and annotated films."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segkit.cli.shared import Flip, PluginFiles, Scales, Tile, tile_size


def predict_command(
    model: Annotated[Path, typer.Argument(help="The run's folder.")],
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT",
            help="Images, films, folders, quoted patterns such as '**/*.jpg', a camera's number, - for a list.",
        ),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder that is written.")] = Path("out"),
    masks: Annotated[bool | None, typer.Option(help="masks/; by default of images only.")] = None,
    overlays: Annotated[bool | None, typer.Option(help="overlays/; by default of images only.")] = None,
    probabilities: Annotated[bool, typer.Option("--probabilities", help="probabilities/, of all classes.")] = False,
    film: Annotated[bool, typer.Option("--film", help="films/: films and cameras, annotated.")] = False,
    postprocess: Annotated[
        list[str] | None,
        typer.Option("-p", "--postprocess", metavar="KEY=VALUE", help="Its option, as smooth=true; may be repeated."),
    ] = None,
    scale: Scales = None,
    flip: Flip = False,
    tile: Tile = None,
    every: Annotated[int, typer.Option(min=1, metavar="N", help="Of films and cameras each Nth frame.")] = 1,
    batch: Annotated[int, typer.Option(min=1, metavar="N", help="Frames that are looked at together.")] = 8,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Begin anew what the folder holds.")] = False,
    plugin: PluginFiles = None,
) -> None:
    """Write a row a frame, and masks and overlays of images; go on where an earlier call stopped."""
    from segkit import api

    failed = api.predict(
        model,
        inputs,
        out,
        plugin or (),
        postprocess=postprocess or (),
        scales=scale or (1.0,),
        flip=flip,
        tile=tile_size(tile),
        every=every,
        batch=batch,
        masks=masks,
        overlays=overlays,
        probabilities=probabilities,
        film=film,
        overwrite=overwrite,
    )
    if failed:
        raise typer.Exit(1)

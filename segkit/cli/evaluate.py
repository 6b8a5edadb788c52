"""``segkit evaluate``: measure a trained run again, on its own data or on others."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from segkit.cli.shared import Flip, PluginFiles, Scales, Tile, tile_size


def evaluate_command(
    run: Annotated[Path, typer.Argument(help="The run's folder.")],
    data: Annotated[Path | None, typer.Option(help="Another folder of images/ and masks/.")] = None,
    split: Annotated[str, typer.Option(help="train, val or test.")] = "test",
    scale: Scales = None,
    flip: Flip = False,
    tile: Tile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    plugin: PluginFiles = None,
) -> None:
    """Measure a run's best weights on a split."""
    from segkit import api

    with contextlib.redirect_stdout(sys.stderr):  # whatever a component prints, standard output is for the numbers
        result = api.evaluate(run, data, split, plugin or (), scales=scale or (1.0,), flip=flip, tile=tile_size(tile))
    if as_json:
        typer.echo(json.dumps(result, indent=2))
        return
    typer.echo(f"{result['split']}, {result['images']} images:")
    for name, value in result["metrics"].items():
        typer.echo(f"  {name:<20} {value:.4f}")

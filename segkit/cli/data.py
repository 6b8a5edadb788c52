"""``segkit data``: get public data, and look at data before training on it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segkit.cli.shared import PluginFiles
from segkit.discovery import catalog
from segkit.errors import SHOWN

if TYPE_CHECKING:
    from segkit.dataprep.findings import Finding, Report

app = typer.Typer(help="Get public data, and look at data before training on it.", no_args_is_help=True)


@app.callback()
def data() -> None:
    """Get public data, and look at data before training on it."""


@app.command("check")
def data_check_command(
    source: Annotated[str, typer.Argument(metavar="ROOT|RECIPE", help="A folder of frames and masks, or a recipe.")],
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value, such as data.mask_values=0/255.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    plugin: PluginFiles = None,
) -> None:
    """Say all that is wrong with data, without training; exit code 1 when there are errors."""
    from segkit.dataprep.check import check_data

    with contextlib.redirect_stdout(sys.stderr):  # whatever a component prints, standard output is for the report
        report = check_data(source, overrides or [], catalog(*(plugin or ())))
    typer.echo(json.dumps(_plain(report), indent=2) if as_json else "\n".join(_lines(report)))
    if report.of("error"):
        raise typer.Exit(1)


@app.command("sheet")
def data_sheet_command(
    recipe: Annotated[str, typer.Argument(help="A recipe's file, or the name of a shipped one.")],
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value, such as data.size=[64,64].")] = None,
    split: Annotated[str, typer.Option(help="train, val or test.")] = "train",
    out: Annotated[Path, typer.Option("-o", "--out", help="The picture to write.")] = Path("sheet.png"),
    frames: Annotated[int, typer.Option(help="How many, evenly spread over the split.")] = 8,
    draws: Annotated[int, typer.Option(help="How often each training frame is augmented.")] = 3,
    plugin: PluginFiles = None,
) -> None:
    """Draw frames with their masks as the network sees them, plain and augmented."""
    from segkit.dataprep.sheet import draw_sheet

    with contextlib.redirect_stdout(sys.stderr):
        count = draw_sheet(recipe, overrides or [], catalog(*(plugin or ())), split, out, frames, draws)
    typer.echo(f"{out}: {count} frames of {split}")


@app.command("get")
def data_get_command(
    name: Annotated[str, typer.Argument(help="A public data set, such as oxford_pet.")],
    into: Annotated[Path | None, typer.Option(help="The new folder; by default named after the data set.")] = None,
    plugin: PluginFiles = None,
) -> None:
    """Download a public data set, or say how to obtain it (exit code 2) where it has to be fetched by hand."""
    from segkit.dataprep.download import download, source_of

    with contextlib.redirect_stdout(sys.stderr):
        source = source_of(name, catalog(*(plugin or ())))
    if not source.archives:
        typer.echo(source)
        raise typer.Exit(2)
    folder = into or Path(name.rpartition(":")[2])
    download(source, folder)
    typer.echo(f"{folder}: {source.title}; licence: {source.licence}; {source.page}")


def _plain(report: Report) -> dict[str, object]:
    counts = {level: len(report.of(level)) for level in ("error", "warning")}
    return {"errors": counts["error"], "warnings": counts["warning"], **dataclasses.asdict(report)}


def _lines(report: Report) -> Iterator[str]:
    for split, facts in report.splits.items():
        shares = ", ".join(f"{name} {share:.1%}" for name, share in facts.shares.items())
        groups = f", groups: {facts.groups}" if facts.groups else ""
        unusable = f", {facts.unusable} unusable" if facts.unusable else ""
        yield f"{split:<6} {facts.frames} frames{unusable}{groups}; pixels: {shares}; ignored {facts.ignored:.1%}"
    for level in ("error", "warning"):
        found = report.of(level)
        yield f"\n{level}s: {len(found)}"
        for kind, same in groupby(found, key=lambda finding: finding.kind):
            yield from _table(kind, list(same))


def _table(kind: str, findings: list[Finding]) -> Iterator[str]:
    yield f"  {kind} ({len(findings)})"
    shown = findings[:SHOWN]
    width = max(len(finding.file) for finding in shown)
    for index, finding in enumerate(shown):
        yield f"    {finding.file:{width}}{'  ' if width else ''}{finding.cause}"
        if index + 1 == len(shown) or shown[index + 1].remedy != finding.remedy:
            yield f"      -> {finding.remedy}"
    if len(findings) > SHOWN:
        yield f"    ... and {len(findings) - SHOWN} more; --json names them all"

"""``segkit predict``: images, films and cameras to a table, masks, overlays and annotated films."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from segkit.catalog import Catalog
from segkit.deploy.films import FilmReader
from segkit.deploy.inputs import Source, find_sources
from segkit.deploy.looking import PLAIN_ROW, look_at
from segkit.deploy.outputs import Outputs, Wanted
from segkit.deploy.pipeline import read_frames
from segkit.deploy.predictor import Predictor
from segkit.deploy.progress import Progress
from segkit.deploy.record import Record, model_fingerprint
from segkit.deploy.scribe import Scribe
from segkit.deploy.tables import Table
from segkit.errors import DataError, UserError

_PLAIN = "frames"  # the table of a model without a postprocess: which frames were looked at
_log = logging.getLogger("segkit")


def predict(
    folder: Path,
    inputs: Sequence[str | Path],
    out: Path,
    catalog: Catalog,
    *,
    wanted: Wanted | None = None,
    batch: int = 8,
    every: int = 1,
    overwrite: bool = False,
    **views: Any,
) -> int:
    """Write a table with a row a frame, and of images masks and overlays; go on where an earlier call stopped.

    Args:
        folder: The run's folder.
        inputs: As `find_sources` takes them.
        out: Made when it is not there.
        catalog: Where the model's components are found.
        wanted: Which files are written beside the table.
        batch: How many frames are looked at together.
        every: Of films and cameras only the frames whose number it divides.
        overwrite: Whether what an earlier call left in ``out`` is begun anew.
        views: ``scales``, ``flip``, ``tile`` and ``postprocess``, as `Predictor` takes them.

    Returns:
        How many images, and films, could not be read, or not to their end; each is reported and passed over.

    Raises:
        UserError: When an input names nothing, two would be written to the same files, the folder holds no model,
            nothing would be written, or ``out`` was made with another model or other options.
        RunInterruptedError: When a signal came; what was done is kept.
    """
    if batch < 1 or every < 1:
        raise UserError(f"batch and every are 1 or more, not {batch} and {every}", "leave them out, or write such as 8")
    wanted = wanted or Wanted()
    sources = find_sources(inputs)
    predictor = Predictor(folder, catalog, **views)
    outputs = Outputs(out, wanted, len(predictor.card.classes), predictor.postprocess)
    _check_use(sources, wanted, predictor, outputs, overwrite)
    name, columns = _PLAIN, list(PLAIN_ROW)
    if predictor.postprocess is not None:
        name, columns = predictor.postprocess.table, list(predictor.postprocess.columns)
    made_with = {"model": model_fingerprint(folder), "every": every, **asdict(wanted), **views}
    record = Record(out, f"{name}.csv", made_with, overwrite)
    left = [source for source in sources if source.file not in record.finished]
    anew = {s.file for s in left if wanted.film and s.film and s.camera is None}
    with closing(Table(out / f"{name}.csv", columns, {source.file for source in left}, anew)) as table:
        record.enter(sources, table.done)
        left = [source for source in left if source.film or source.file not in table.done]
        starts = {file: last + 1 for file, last in table.done.items() if last is not None}
        with Progress(_count(left, starts, every)) as progress, Scribe(table, record, outputs, progress) as scribe:
            look_at(predictor, read_frames(left, starts, every), batch, outputs, scribe)
    _log.info("%s: %s", out, _summary(scribe, len(sources) - len(left), progress.pace))
    return scribe.failed


def _check_use(
    sources: Sequence[Source], wanted: Wanted, predictor: Predictor, outputs: Outputs, overwrite: bool
) -> None:
    """Refuse what would write nothing, and a second film of a camera over the first."""
    idle = [source for source in sources if not wanted.any_of(source)]
    if predictor.postprocess is None and idle:
        cause = f"nothing would be written of {idle[0].file}: the model has no postprocess"
        raise UserError(cause, "ask for --masks, --overlays, --probabilities or --film")
    for source in sources:
        film = outputs.film_of(source)
        if wanted.film and source.camera is not None and film.exists() and not overwrite:
            raise UserError(f"{film} is there, and a camera gives no picture twice", "name another folder with -o")


def _count(sources: Sequence[Source], starts: Mapping[str, int], every: int) -> int | None:
    """Give how many frames there will be; None when a film does not say, or never ends."""
    total = 0
    for source in sources:
        if not source.film:
            total += 1
            continue
        if source.camera is not None:
            return None
        try:
            with closing(FilmReader(source)) as film:
                told = film.told
        except DataError:  # told when its turn comes
            continue
        if told is None:
            return None
        total += max(-(-told // every) - -(-starts.get(source.file, 0) // every), 0)
    return total


def _summary(scribe: Scribe, before: int, pace: float) -> str:
    parts = [f"{scribe.done} frames, {pace:.1f} images/s"]
    if scribe.failed:
        parts.append(f"{scribe.failed} could not be read to the end")
    if before:
        parts.append(f"{before} done before")
    return ", ".join(parts)

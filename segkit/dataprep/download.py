"""Download public data sets: verified, whole or not at all, and over nothing that is there."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from segkit.assemble import load
from segkit.catalog import Catalog
from segkit.dataprep.unpacking import unpack
from segkit.errors import SegkitError, UserError
from segkit.sources import Archive, Source
from segkit.values import suggest

_TIMEOUT = 60  # seconds without a byte
_log = logging.getLogger("segkit")


def source_of(name: str, found: Catalog) -> Source:
    """Give the source that a data set's component carries.

    Raises:
        UserError: When there is no such data set, or it is none that is published somewhere.
    """
    sets = [component for component in found.components if component.kind == "dataset"]
    sources: dict[str, object] = {}
    for component in sets:
        try:
            sources[component.full_name] = sources[component.name] = getattr(load(component), "source", None)
        except SegkitError:  # the plugin is broken, and its own verb says how
            continue
    public = {key: source for key, source in sources.items() if isinstance(source, Source)}
    if name not in public:
        own = " of your own files" if name in sources else ""
        remedy = f"known: {', '.join(sorted(public))}" if own else suggest(name, public)
        raise UserError(f"{name!r} is no public data set{own}", remedy)
    return public[name]


def download(source: Source, into: Path) -> None:
    """Download and unpack the archives of a data set.

    All is done in a folder beside ``into``, named after it with ``.partial``, and renamed at the end. After an
    interruption, archives that were whole are not fetched again.

    Args:
        source: With archives.
        into: The new folder.

    Raises:
        UserError: When ``into`` is there already, or cannot be written.
        SegkitError: When an archive cannot be fetched, is not the one it should be, or holds what could do harm.
    """
    if into.exists() or into.is_symlink():
        raise UserError(f"nothing is overwritten: {into} is there", "name another folder: --into FOLDER")
    partial = into.with_name(f"{into.name}.partial")
    unpacked = partial / "unpacked"
    try:
        shutil.rmtree(unpacked, ignore_errors=True)
        unpacked.mkdir(parents=True)
        for archive in source.archives:
            unpack(_fetched(archive, partial), unpacked)
        unpacked.rename(into)
        shutil.rmtree(partial)
    except OSError as error:
        raise UserError(f"{into} cannot be written: {error}", "name another folder: --into FOLDER") from error


def _fetched(archive: Archive, folder: Path) -> Path:
    """Fetch a file, unless it is there; one whose checksum differs never comes to lie there."""
    import pooch  # type: ignore[import-untyped]

    # An address may end in a query.
    name = archive.url.partition("?")[0].rpartition("/")[2]
    if not (folder / name).exists():
        _log.info("%s", archive.url)
    quiet = pooch.get_logger()
    quiet.setLevel("ERROR")
    fetch = pooch.HTTPDownloader(timeout=_TIMEOUT)
    try:
        path = pooch.retrieve(archive.url, f"sha256:{archive.sha256}", fname=name, path=folder, downloader=fetch)
    except ValueError as error:
        raise SegkitError(
            f"{archive.url}: the file that came has not the checksum sha256:{archive.sha256}; it was thrown away",
            "try again; when it stays so, the file was changed: look at the data set's page",
        ) from error
    except OSError as error:  # requests' errors are OSErrors too
        raise SegkitError(f"{archive.url}: cannot be fetched ({error})", "try again when it can be reached") from error
    return Path(path)

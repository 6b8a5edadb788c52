"""Unpack archives: files and folders below one folder, and nothing else."""

from __future__ import annotations

import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from segkit.errors import SegkitError

_DAMAGE = (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, LZMAError, NotImplementedError, RuntimeError)


class _Member(NamedTuple):
    name: str
    kind: str  # "file", "folder" or what else it is
    open: Callable[[], IO[bytes] | None]


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a zip or tar file; owners, rights and times are not kept.

    Args:
        archive: The file; its kind is told by what it holds.
        folder: Where to; it exists.

    Raises:
        SegkitError: When the archive is damaged or of another kind, or holds a link, a device, a path out of the
            folder or a file that is there already. Members before it have been written.
    """
    try:
        for member in _members(archive):
            target = folder.joinpath(*_safe(archive, member))
            if member.kind == "folder":
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            packed = member.open()
            assert packed is not None  # noqa: S101 - None is for what is no file
            with packed, target.open("xb") as file:
                shutil.copyfileobj(packed, file)
    except FileExistsError as error:
        cause = f"{archive.name}: {error.filename} is there already, and nothing is overwritten"
        raise SegkitError(cause, "unpack it by hand") from error
    except _DAMAGE as error:
        raise SegkitError(f"{archive.name}: cannot be unpacked ({error})", "fetch it again") from error


def _members(archive: Path) -> Iterator[_Member]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            for info in packed.infolist():
                yield _Member(info.filename, _kind_in_zip(info), partial(packed.open, info))
        return
    with tarfile.open(archive) as unpacked:
        for entry in unpacked:
            kind = "file" if entry.isreg() else "folder" if entry.isdir() else "link or device"
            yield _Member(entry.name, kind, partial(unpacked.extractfile, entry))


def _kind_in_zip(info: zipfile.ZipInfo) -> str:
    if info.is_dir():
        return "folder"
    kind = stat.S_IFMT(info.external_attr >> 16)  # Unix's mode; 0 where the archive is from elsewhere
    return "file" if kind in (0, stat.S_IFREG) else "link or device"


def _safe(archive: Path, member: _Member) -> tuple[str, ...]:
    """Give the parts of a member's path, which lead down only."""
    path = PurePosixPath(member.name)
    leads_out = path.is_absolute() or ".." in path.parts or "\\" in member.name or ":" in member.name
    if leads_out or member.kind not in ("file", "folder"):
        what = "a path that leads out of the folder" if leads_out else f"a {member.kind}"
        cause = f"{archive.name}: holds {what}, {member.name!r}; nothing more was unpacked"
        raise SegkitError(cause, "do not trust it")
    return path.parts

"""The folder of all caches of frames: how large it may grow, and what is removed from it when.

A cache is a folder that appears by being renamed, whole. Its ``index.json`` is locked by everyone who uses it, and by
its builder from the start, so that nobody removes it; the lock ends with the process, however that ends.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import tempfile
import time
import uuid
from pathlib import Path
from typing import IO

from segkit.errors import UserError

try:
    import fcntl
except ImportError:  # on Windows, where nothing that is open can be renamed: that is lock enough
    fcntl = None  # type: ignore[assignment]

INDEX = "index.json"
LIMIT = "SEGKIT_CACHE_LIMIT"
_DEFAULT, _SHARE = 20e9, 0.5  # bytes, and of what is free
_UNITS = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12}
_log = logging.getLogger("segkit")


def begin(folder: Path) -> tuple[Path, IO[str]]:
    """Make a folder to build a cache in, with its index open and locked; sweep up what dead builders have left."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.parent.with_suffix(".lock").open("w") as guard:  # else a sweeper could come before the lock
        lock(guard, build=True)
        for other in folder.parent.iterdir():
            if "." in other.name:
                _remove(other)
        work = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
        index = (work / INDEX).open("w")
        lock(index, build=True)
    return work, index


def finish(work: Path, index: IO[str], folder: Path) -> None:
    """Put a cache that is whole in its place; it may be there already, when another run was faster."""
    index.flush()
    if fcntl is None:
        index.close()
    try:
        work.rename(folder)
    except OSError:
        if not (folder / INDEX).is_file():
            raise


def lock(file: IO[str], build: bool = False) -> None:
    """Lock an open file, for one builder or for any number of users, as long as it is open."""
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX if build else fcntl.LOCK_SH)


def limit(parent: Path) -> float:
    """Give the bytes that all caches may take: $SEGKIT_CACHE_LIMIT, else 20 GB, but at most half of what is free.

    Raises:
        UserError: When the variable holds no size.
    """
    text = os.environ.get(LIMIT)
    if text is None:
        return min(_DEFAULT, _used(parent) + _SHARE * shutil.disk_usage(parent).free)
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)b?", text.strip().lower())
    if match is None:
        raise UserError(f"{LIMIT} must be a size, not {text!r}", "write such as 500MB or 10GB")
    return float(match[1]) * _UNITS[match[2]]


class Room:
    """The bytes that a build may still write; the caches that were not used for longest make way for it.

    Args:
        parent: The folder of all caches.
        wanted: Bytes that the build will write at least.

    Attributes:
        enough: Whether there is as much.
    """

    def __init__(self, parent: Path, wanted: int) -> None:
        self._parent, self.limit = parent, limit(parent)
        self._left = 0.0
        self.enough = self.take(wanted)
        self._left += wanted

    def take(self, count: int) -> bool:
        """Take some bytes; False when there are not as many."""
        if count > self._left:
            self._left = self._make(count)
        self._left -= count
        return self._left >= 0

    def _make(self, wanted: int) -> float:
        left = self.limit - _used(self._parent)
        if wanted <= self.limit:
            for folder in sorted((f for f in self._parent.iterdir() if "." not in f.name), key=_last_used):
                if left >= wanted:
                    break
                size, last = _size(folder), _last_used(folder)
                if _remove(folder):
                    left += size
                    days = (time.time() - last) / 86400
                    _log.info("made room in the cache: %.1f MB of frames, last used %.1f days ago", size / 1e6, days)
        return left


def _remove(folder: Path) -> bool:
    """Remove a cache, or what was to be one, unless somebody has it locked; tell whether that could be done."""
    gone = folder.with_name(f"{folder.name}.{uuid.uuid4().hex[:8]}")
    try:
        if fcntl is None or not (folder / INDEX).is_file():
            folder.rename(gone)
        else:
            with (folder / INDEX).open("r+") as index:
                fcntl.flock(index, fcntl.LOCK_EX | fcntl.LOCK_NB)
                folder.rename(gone)
    except OSError:  # in use, or removed by another at this moment
        return False
    shutil.rmtree(gone, ignore_errors=True)
    return True


def _used(parent: Path) -> int:
    return sum(_size(folder) for folder in parent.iterdir())


def _size(folder: Path) -> int:
    try:
        return sum(file.stat().st_size for file in folder.iterdir())
    except OSError:  # removed by another at this moment
        return 0


def _last_used(folder: Path) -> float:
    try:
        return (folder / INDEX).stat().st_mtime
    except OSError:
        return 0.0

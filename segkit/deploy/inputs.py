"""What ``segkit predict`` was asked to look at: images, films and cameras, in order, each with a name of its own."""

from __future__ import annotations

import glob
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from segkit.errors import UserError
from segkit.images import SUFFIXES, named

FILMS = frozenset(
    {
        ".3gp",
        ".avi",
        ".flv",
        ".m2ts",
        ".m4v",
        ".mjpeg",
        ".mjpg",
        ".mkv",
        ".mov",
        ".mp4",
        ".mpeg",
        ".mpg",
        ".mts",
        ".ogv",
        ".ts",
        ".webm",
        ".wmv",
        ".y4m",
    }
)
LIST = "-"

_REMEDY = "name an image, a film, a folder, a quoted pattern such as 'flight/**/*.jpg', a camera's number, or -"


@dataclass(frozen=True)
class Source:
    """An image, a film or a camera.

    Attributes:
        file: What tables call it: its path below what was named, with its suffix and with slashes.
        path: Where it lies; of a camera, its number as a path.
        film: Whether it is a film or a camera.
        camera: The camera's number; None of an image or a film.
    """

    file: str
    path: Path
    film: bool = False
    camera: int | None = None

    @property
    def stem(self) -> str:
        """What the files that are made of it are named after: ``file`` without its last suffix."""
        path = PurePosixPath(self.file)
        return str(path.with_name(path.stem))

    @property
    def folder(self) -> str:
        """Where ``file`` begins, with slashes; empty of a camera."""
        return "" if self.camera is not None else self.path.absolute().as_posix().removesuffix(self.file)


def find_sources(inputs: Sequence[str | Path], listed: Iterable[str] | None = None) -> list[Source]:
    """Give what the inputs name, each thing once, in their order.

    An input that exists is taken as what it is: a file with a film's suffix is a film, any other an image whatever its
    name, and of a folder all images and films that lie in it, by name, but no hidden ones. Else ``-`` is a list of
    inputs, a number a camera, and what holds ``*``, ``?`` or ``[`` a pattern (``**`` goes through folders) of images
    and films.

    Args:
        inputs: As typed.
        listed: The lines that ``-`` stands for; by default those of standard input.

    Raises:
        UserError: When an input names nothing, or two things would be written to the same files.
    """
    found: dict[tuple[Path, int | None], Source] = {}
    for given in inputs:
        lines = (sys.stdin if listed is None else listed) if str(given) == LIST else [str(given)]
        for text in filter(None, (line.rstrip("\r\n") for line in lines)):
            for source in _named_by(text):
                found.setdefault((source.path.absolute(), source.camera), source)
    if not found:
        raise UserError("no image or film is named", _REMEDY)
    sources = list(found.values())
    _check_names(sources)
    return sources


def _named_by(text: str) -> list[Source]:
    path = Path(text)
    if path.is_dir():
        return _some(text, [_of(p, path) for p in sorted(path.iterdir()) if _fits(p)])
    if path.exists():
        return [_of(path, path.parent)]
    if text.isdecimal():
        return [Source(f"camera{int(text)}", path, film=True, camera=int(text))]
    if glob.has_magic(text):
        # Not Path.glob, which takes no absolute pattern.
        matches = map(Path, sorted(glob.glob(text, recursive=True)))  # noqa: PTH207
        base = _fixed_part(path)
        return _some(text, [_of(match, base) for match in matches if _fits(match)])
    raise UserError(f"no image, film or folder {named(path)!r}", _REMEDY)


def _some(text: str, sources: list[Source]) -> list[Source]:
    if not sources:
        known = ", ".join(sorted(SUFFIXES | FILMS))
        raise UserError(f"no image or film in {named(Path(text))}", f"their names end in {known}")
    return sources


def _fits(path: Path) -> bool:
    known = path.suffix.lower() in SUFFIXES | FILMS
    return known and not path.name.startswith(".") and path.is_file()


def _fixed_part(pattern: Path) -> Path:
    """Give the folder that a pattern begins with, before the first part that may vary."""
    fixed: list[str] = []
    for part in pattern.parts[:-1]:
        if glob.has_magic(part):
            break
        fixed.append(part)
    return Path(*fixed)


def _of(path: Path, base: Path) -> Source:
    below = path.relative_to(base)
    safe = path.name if ".." in below.parts else below.as_posix()  # a pattern may climb: nothing is written outside OUT
    return Source(safe, path, path.suffix.lower() in FILMS)


def _check_names(sources: Sequence[Source]) -> None:
    taken: dict[tuple[str, bool], Source] = {}
    for source in sources:
        other = taken.setdefault((source.stem, source.film), source)
        if other is not source:
            cause = f"{named(other.path)} and {named(source.path)} would be written to the same files"
            raise UserError(cause, "predict them into two folders, or name a pattern above both, such as 'in/**/*.png'")

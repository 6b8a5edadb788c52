"""The files of a folder, looked at without decoding them: names, links, headers."""

from __future__ import annotations

import errno
import re
import struct
import warnings
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from segkit.dataprep.findings import Finding, printable
from segkit.images import MAX_PIXELS, SUFFIXES

FORMATS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".bmp": "BMP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
    ".gif": "GIF",
}
SMALLEST = 32  # pixels; what is smaller shows nothing at the size of a network

_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error)
_MASKS = re.compile(r"mask|label|annot|segmentation|(?<![a-z])gt(?![a-z])", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z0-9_.+@~,=()\[\]-]+")
_ORIENTATION = 0x0112  # EXIF


@dataclass(frozen=True)
class Header:
    """What an image file says of itself."""

    format: str
    mode: str
    size: tuple[int, int]
    frames: int
    orientation: int
    transparent: bool


def is_mask(path: Path, root: Path, own: Collection[Path] = ()) -> bool:
    """Tell by its folder whether a file is a mask.

    Args:
        path: A file below root.
        root: The data set's folder.
        own: Folders that are known to hold masks.
    """
    return path.parent in own or any(_MASKS.search(folder) for folder in path.parent.relative_to(root).parts)


def walk(root: Path, findings: list[Finding]) -> Iterator[Path]:
    """Give the image files below a folder by name, hidden ones left out; add what is wrong with names and links."""
    yield from _walk(root, findings, (root.resolve(),))


def _walk(folder: Path, findings: list[Finding], above: tuple[Path, ...]) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        findings.append(Finding("error", "unreadable", printable(folder), str(error.strerror), "check its permissions"))
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        problem = _link_problem(entry, above)
        if problem:
            findings.append(Finding("error", "link", printable(entry), problem, "remove the link, or copy the file"))
        elif entry.is_dir():
            yield from _walk(entry, findings, (*above, entry.resolve()))
        elif entry.suffix.lower() in FORMATS and not entry.is_file():
            cause = "neither a file nor a folder: reading it may never end"
            findings.append(Finding("error", "no_image", printable(entry), cause, "take it out"))
        elif entry.suffix.lower() in FORMATS:
            if not _PLAIN.fullmatch(entry.name):
                cause = "the name holds more than plain letters, digits and marks: other programs may stumble"
                findings.append(Finding("warning", "odd_name", printable(entry), cause, "rename image and mask alike"))
            yield entry


def _link_problem(entry: Path, above: tuple[Path, ...]) -> str:
    if not entry.is_symlink():
        return ""
    try:
        target = entry.resolve(strict=True)
    except (OSError, RuntimeError) as error:  # RuntimeError is how Python 3.11 tells of a loop
        loop = isinstance(error, RuntimeError) or error.errno == errno.ELOOP
        return "a symbolic link that leads to itself" if loop else "a symbolic link to what is not there"
    return "a symbolic link to a folder that holds it: a loop" if target in above else ""


def header(path: Path) -> Header | Finding:
    """Read what a file says of itself, or give what keeps it from saying so."""
    name = printable(path)
    if path.stat().st_size == 0:
        return Finding("error", "empty_file", name, "the file is empty (0 bytes)", "replace it, or take the pair out")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of what is told below
            with Image.open(path, formats=sorted(set(FORMATS.values()))) as image:
                # Of a PNG without EXIF in its head, Pillow would decode all to look for some behind the pixels.
                tagged = image.format != "PNG" or "exif" in image.info
                orientation = int(image.getexif().get(_ORIENTATION, 1)) if tagged else 1
                see_through = image.mode in ("LA", "PA", "La", "RGBA", "RGBa") or "transparency" in image.info
                kind = "JPEG" if image.format == "MPO" else str(image.format)
                frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
                return Header(kind, image.mode, image.size, frames, orientation, see_through)
    except Image.DecompressionBombError as error:
        cause = f"a decompression bomb: {printable(str(error))}"
        return Finding("error", "bomb", name, cause, "scale it down, or take the pair out")
    except _DAMAGE as error:
        cause = f"no image that can be read ({type(error).__name__}: {printable(str(error))})"
        return Finding("error", "no_image", name, cause, "replace it, or take the pair out")


def look(path: Path, mask: bool) -> list[Finding]:
    """Look at one file's header.

    Args:
        path: The file.
        mask: Whether it is a mask.
    """
    head = header(path)
    if isinstance(head, Finding):
        return [head]
    name = printable(path)
    found = [Finding("warning", kind, name, cause, remedy) for kind, cause, remedy in _remarks(path, head, mask)]
    if head.mode == "F" and _holds_nan(path):
        cause, remedy = "holds pixels that are no finite number (NaN or infinity)", "give them numbers"
        found.append(Finding("error", "not_a_number", name, cause, remedy))
    if head.size[0] * head.size[1] > MAX_PIXELS:
        cause = f"{head.size[0]}x{head.size[1]} pixels, the limit against decompression bombs is {MAX_PIXELS:,}"
        found.append(Finding("error", "bomb", name, cause, "scale it down, or cut it into frames"))
    return found


def _remarks(path: Path, head: Header, mask: bool) -> Iterator[tuple[str, str, str]]:
    """Give kind, cause and remedy of all that is odd, though it can be used."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        yield "passed_over", f"{suffix} files are not read", "save it as png"
    if head.format != FORMATS[suffix]:
        yield "mislabelled", f"called {suffix}, but its content is {head.format}", "give it the suffix of its content"
    if min(head.size) < SMALLEST:
        yield "tiny", f"{head.size[0]}x{head.size[1]} pixels show nothing", "take the pair out"
    if head.mode == "CMYK":
        yield "cmyk", "CMYK, a color space of printing; as RGB its colors may be off", "save it as RGB"
    if head.transparent:
        yield "alpha", "has an alpha channel, which no network sees", "save it without one"
    if head.frames > 1:
        yield "animated", f"holds {head.frames} pictures, and a frame is one", "save each as a file of its own"
    if head.orientation not in (0, 1):
        cause = f"turned by its EXIF orientation {head.orientation}: a mask drawn on the unturned pixels does not fit"
        yield "turned", cause, "turn the pixels of both and remove the tag"
    if mask and head.mode in ("RGB", "RGBA"):
        yield "mask_channels", f"a mask in {head.mode}: a class is one number a pixel", "save it as grey or palette"
    if mask and head.format in ("JPEG", "WEBP"):
        yield "mask_lossy", f"a mask as {head.format}, which smears its values at every edge", "save masks as png"


def _holds_nan(path: Path) -> bool:
    try:
        with Image.open(path, formats=["TIFF"]) as image:
            return not bool(np.isfinite(np.asarray(image)).all())
    except _DAMAGE:
        return False  # told when it is decoded

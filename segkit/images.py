"""Image files to arrays, by Pillow: one way, so that a model is used on frames decoded as those it was trained on.

Plugins may use it too. A file is read by what it holds, whatever its suffix says. Every failure is a DataError that
names the file.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from segkit.errors import DataError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"})
MAX_PIXELS = 80_000_000  # such as 8000 x 10000: what claims to hold more is refused before it is decoded

# Pillow would guess among forty formats by content, some of which start other programs.
_FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP")
_DEPTH = 65535
_BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)
# Warning: a host may turn warnings into exceptions, and Pillow warns of bombs and of odd tags.
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, *_BOMB, Warning)


def read_image(path: Path) -> np.ndarray:
    """Read a frame, turned as its EXIF orientation says.

    Alpha is dropped, CMYK and other color spaces become red, green and blue; 16-bit color is read with 8 bits. A frame
    of floating-point numbers is spread linearly over 16 bits, from its least value to its greatest. A file of several
    pictures (an animation, the pages of a TIFF) is refused, but of a JPEG with previews behind it (MPO) the first is
    taken.

    Args:
        path: A JPEG, PNG, BMP, TIFF or WebP file of at most `MAX_PIXELS` pixels.

    Returns:
        (H, W, 1) for grey, (H, W, 3) for color and palettes; uint8, or uint16 for grey of more than 8 bits.

    Raises:
        DataError: When the file cannot be decoded, is too large, holds several pictures, NaN, infinity or integers
            outside 0 to 65535.
    """
    image = _load(path)
    if image.mode == "F":
        return _spread(path, np.asarray(image, np.float64))[..., None]
    if image.mode.startswith("I"):
        return _sixteen_bits(path, image)[..., None]
    if image.mode in ("1", "L", "LA"):
        return np.array(image.convert("L"))[..., None]
    return _colors(path, image)


def read_mask_values(path: Path) -> np.ndarray:
    """Read a mask's pixel values as they are stored: a palette's indices, not its colors; 0 and 1 of a 1-bit file.

    Args:
        path: A file as for `read_image`.

    Returns:
        (H, W) uint8, or uint16 of a deeper file; turned as its EXIF orientation says.

    Raises:
        DataError: When the file cannot be read, or holds colors, transparency or fractions, which are no classes.
    """
    image = _load(path)
    if image.mode == "F":
        raise DataError(
            f"{named(path)}: the mask holds floating-point numbers, and a class is an integer",
            "save it with 8 or 16 bits",
        )
    if image.mode.startswith("I"):
        return _sixteen_bits(path, image)
    values = _without_alpha(path, image)
    if values.ndim == 3:
        if (values != values[..., :1]).any():
            raise DataError(
                f"{named(path)}: the mask is in color ({image.mode}), and a class is one number a pixel",
                "give the colors of the classes (mask_colors), or save it as a palette image whose index is the class",
            )
        values = np.ascontiguousarray(values[..., 0])
    return values.astype(np.uint8, copy=False)


def read_mask_colors(path: Path) -> np.ndarray:
    """Read a mask's colors: those of its palette if it has one; grey is a color of three equal parts.

    Args:
        path: A file as for `read_image`.

    Returns:
        (H, W, 3) uint8, red, green and blue; turned as its EXIF orientation says.

    Raises:
        DataError: When the file cannot be read, or holds transparency, fractions or more than 8 bits.
    """
    image = _load(path)
    if image.mode[0] in "FI":
        raise DataError(
            f"{named(path)}: the mask holds numbers of more than 8 bits, and a color has 8 a channel",
            "save it in color, or say what its numbers mean (mask_values)",
        )
    _without_alpha(path, image)
    return _colors(path, image)


def named(path: Path) -> str:
    """Give a path for a message of one line: as it is, or escaped where it holds what cannot be printed."""
    text = str(path)
    return text if text.isprintable() else ascii(text)[1:-1]


def _colors(path: Path, image: Image.Image) -> np.ndarray:
    try:
        if image.mode in ("P", "PA"):
            image = image.convert("RGBA")  # straight to RGB, Pillow warns when the palette holds transparent colors
        return np.array(image.convert("RGB"))
    except ValueError as error:  # which spaces Pillow knows depends on its version
        cause = f"{named(path)}: the color space {image.mode} cannot be converted to red, green and blue"
        raise DataError(cause, "save it as RGB or grey") from error


def _without_alpha(path: Path, image: Image.Image) -> np.ndarray:
    """Give pixels without their alpha channel, which must say the same of all."""
    values = np.array(image)
    if values.ndim == 3 and image.mode[-1] in "Aa":
        alpha, values = values[..., -1], values[..., :-1]
        if alpha.min() != alpha.max():
            raise DataError(f"{named(path)}: the mask is partly transparent", "save it without an alpha channel")
    return values


def _spread(path: Path, values: np.ndarray) -> np.ndarray:
    strange = values.size - int(np.isfinite(values).sum())
    if strange:
        cause = f"{named(path)}: {strange} of {values.size} pixels are NaN or infinite"
        raise DataError(cause, "give them numbers, or leave the file out")
    low, high = values.min(), values.max()
    spread: np.ndarray = np.round((values - low) * (_DEPTH / ((high - low) or 1))).astype(np.uint16)
    return spread


def _sixteen_bits(path: Path, image: Image.Image) -> np.ndarray:
    values = np.array(image)
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > _DEPTH:
        cause = f"{named(path)}: holds integers from {low} to {high}; 0 to {_DEPTH} can be read"
        raise DataError(cause, "save it with 16 bits, without a sign")
    return values.astype(np.uint16)


def _load(path: Path) -> Image.Image:
    try:
        # Not by name: Pillow maps a raw TIFF then, and turns it by its orientation wrongly (seen in 13.0).
        with path.open("rb") as file, Image.open(file, formats=_FORMATS) as image:
            _check(path, image)
            image.load()
            return ImageOps.exif_transpose(image)
    except _DAMAGE as error:
        if isinstance(error, _BOMB):
            raise _too_large(path) from error
        if isinstance(error, UnidentifiedImageError):
            why = f"cannot be decoded (not as {', '.join(_FORMATS[:-1])} or {_FORMATS[-1]}, whatever its name says)"
        else:
            text = str(error).replace(str(path), path.name)
            why = f"cannot be decoded ({type(error).__name__}: {text})"
        if path.is_file() and path.stat().st_size == 0:
            why = "the file is empty (0 bytes)"
        raise DataError(f"{named(path)}: {why}", "replace the file, or leave it out") from error


def _check(path: Path, image: Image.Image) -> None:
    """Refuse by the header what would cost too much to decode, or would not be one picture."""
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(path)
    pictures = getattr(image, "n_frames", 1)
    if pictures > 1 and image.format != "MPO":
        cause = f"{named(path)}: holds {pictures} pictures (an animation, or pages), and a frame is one"
        raise DataError(cause, "save each as a file of its own")


def _too_large(path: Path) -> DataError:
    cause = f"{named(path)}: claims more than {MAX_PIXELS:,} pixels, the limit against decompression bombs"
    return DataError(cause, "make the picture smaller, or leave it out")

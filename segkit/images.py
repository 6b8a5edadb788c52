"""Image files to arrays, by Pillow: one way, so that a model is used on frames decoded as those it was trained on.

Plugins may use it too. Every failure is a DataError that names the file.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from segkit.errors import DataError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp"})

# Pillow would guess among forty formats by content, some of which start other programs.
_FORMATS = ("JPEG", "PNG", "BMP")
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, Image.DecompressionBombError)


def read_image(path: Path) -> np.ndarray:
    """Read a frame, turned as its EXIF orientation says.

    Args:
        path: A JPEG, PNG or BMP file.

    Returns:
        (H, W, 1) for grey, (H, W, 3) for color and palettes; uint8, or uint16 for 16-bit grey. Alpha is dropped.

    Raises:
        DataError: When the file cannot be decoded.
    """
    image = _load(path)
    if image.mode.startswith("I"):
        return np.array(image).astype(np.uint16)[..., None]
    if image.mode in ("1", "L", "LA"):
        return np.array(image.convert("L"))[..., None]
    if image.mode in ("P", "PA"):
        image = image.convert("RGBA")  # straight to RGB, Pillow warns when the palette holds transparent colors
    return np.array(image.convert("RGB"))


def read_mask_values(path: Path) -> np.ndarray:
    """Read a mask's pixel values as they are stored: a palette's indices, not its colors; 0 and 1 of a 1-bit file.

    Args:
        path: A JPEG, PNG or BMP file.

    Returns:
        (H, W) uint8, or uint16 of a 16-bit file; turned as its EXIF orientation says.

    Raises:
        DataError: When the file cannot be decoded, or holds colors or transparency, which are no classes.
    """
    image = _load(path)
    values = np.array(image)
    if values.ndim == 3:
        if image.mode[-1] in "Aa":
            alpha, values = values[..., -1], values[..., :-1]
            if alpha.min() != alpha.max():
                raise DataError(f"{path}: the mask is partly transparent", "save it as grey without an alpha channel")
        if (values != values[..., :1]).any():
            raise DataError(
                f"{path}: the mask is in color ({image.mode}), and a class is one number a pixel",
                "save it as grey or as a palette image whose index is the class",
            )
        values = np.ascontiguousarray(values[..., 0])
    return values.astype(np.uint16 if values.dtype.itemsize > 1 else np.uint8, copy=False)


def _load(path: Path) -> Image.Image:
    try:
        with Image.open(path, formats=_FORMATS) as image:
            image.load()
            return ImageOps.exif_transpose(image)
    except _DAMAGE as error:
        empty = path.is_file() and path.stat().st_size == 0
        why = "the file is empty (0 bytes)" if empty else f"cannot be decoded ({type(error).__name__}: {error})"
        raise DataError(f"{path}: {why}", "replace the file, or leave it out") from error

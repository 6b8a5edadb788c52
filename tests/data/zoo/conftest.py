"""Damaged and odd frames: how each is written, what a check calls it, and whether a run can use it."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

NOISE = np.random.default_rng(1)
HEIGHT, WIDTH = 40, 48

Write = Callable[[Path, Path, str], None]


@dataclass(frozen=True)
class Creature:
    """One pair of the zoo.

    Attributes:
        write: Called with the folders of images and masks and the stem, behind a sound pair of png.
        kind: What the check calls it; ``file`` the end of the file's name in the report.
        cause: Part of what it says.
        usable: Whether a run trains on it.
    """

    write: Write
    kind: str
    file: str
    cause: str
    usable: bool


def noise(height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    return NOISE.integers(0, 256, (height, width, 3), dtype=np.uint8)


def mask(height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    return np.repeat(np.where(np.arange(height) < height // 2, 0, 1).astype(np.uint8)[:, None], width, axis=1)


def encoded(pixels: np.ndarray, form: str, mode: str | None = None, **options: Any) -> bytes:
    file = BytesIO()
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(file, form, **options)
    return file.getvalue()


def blank_png(width: int, height: int) -> bytes:
    """A sound PNG of one bit a pixel, all black, written without ever holding its pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    packer = zlib.compressobj(1)
    row = bytes(1 + (width + 7) // 8)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def image_bytes(make: Callable[[], bytes], suffix: str = ".png") -> Write:
    def write(images: Path, _: Path, stem: str) -> None:
        (images / f"{stem}.png").unlink()
        (images / f"{stem}{suffix}").write_bytes(make())

    return write


def mask_bytes(make: Callable[[], bytes], suffix: str = ".png") -> Write:
    def write(_: Path, masks: Path, stem: str) -> None:
        (masks / f"{stem}.png").unlink()
        (masks / f"{stem}{suffix}").write_bytes(make())

    return write


def pair_bytes(image: bytes, of_mask: bytes) -> Write:
    def write(images: Path, masks: Path, stem: str) -> None:
        (images / f"{stem}.png").write_bytes(image)
        (masks / f"{stem}.png").write_bytes(of_mask)

    return write


def renamed(name: bytes) -> Write:
    def write(images: Path, masks: Path, stem: str) -> None:
        for folder in (images, masks):
            os.rename(folder / f"{stem}.png", os.path.join(os.fsencode(folder), name + b".png"))  # noqa: PTH104, PTH118

    return write


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(noise(), "JPEG", exif=exif)


def several(form: str) -> bytes:
    pictures = [Image.fromarray(noise()) for _ in range(3)]
    file = BytesIO()
    pictures[0].save(file, form, save_all=True, append_images=pictures[1:])
    return file.getvalue()


def floats(value: float) -> bytes:
    pixels = NOISE.random((HEIGHT, WIDTH), dtype=np.float32)
    pixels[3, 5] = value
    return encoded(pixels, "TIFF")


def values(**changes: Any) -> bytes:
    pixels = mask().astype(changes.get("dtype", np.uint8))
    pixels[3, 5] = changes["value"]
    return encoded(pixels, changes.get("form", "PNG"))


def transparent(pixels: np.ndarray) -> bytes:
    alpha = NOISE.integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8)
    return encoded(np.dstack([pixels, alpha]), "PNG")


def see_through_palette() -> bytes:
    return encoded(noise(), "PNG", "P", transparency=0)


def cut(whole: bytes, share: float = 0.5) -> bytes:
    return whole[: int(len(whole) * share)]


def spoilt(whole: bytes) -> bytes:
    middle = len(whole) // 2
    return whole[:middle] + bytes(byte ^ 255 for byte in whole[middle : middle + 40]) + whole[middle + 40 :]


def image_of(kind: str, cause: str, make: Callable[[], bytes], suffix: str = ".png", usable: bool = False) -> Creature:
    return Creature(image_bytes(make, suffix), kind, suffix, cause, usable)


def mask_of(kind: str, cause: str, make: Callable[[], bytes], suffix: str = ".png", usable: bool = False) -> Creature:
    return Creature(mask_bytes(make, suffix), kind, suffix, cause, usable)


IMAGES: dict[str, Creature] = {
    "image_empty": image_of("empty_file", "0 bytes", lambda: b""),
    "jpeg_cut": image_of("unusable", "truncated", lambda: cut(encoded(noise(), "JPEG")), ".jpg"),
    "png_cut": image_of("unusable", "cannot be decoded", lambda: cut(encoded(noise(), "PNG"))),
    "webp_cut": image_of("no_image", "no image", lambda: cut(encoded(noise(), "WEBP")), ".webp"),
    "tiff_cut": image_of("unusable", "cannot be decoded", lambda: cut(encoded(noise(), "TIFF")), ".tif"),
    "png_spoilt": image_of("unusable", "cannot be decoded", lambda: spoilt(encoded(noise(), "PNG"))),
    "png_head": image_of("no_image", "no image", lambda: encoded(noise(), "PNG")[:20]),
    "text": image_of("no_image", "no image", lambda: b"no picture at all"),
    "png_as_jpg": image_of("mislabelled", "content is PNG", lambda: encoded(noise(), "PNG"), ".jpg", True),
    "jpg_as_png": image_of("mislabelled", "content is JPEG", lambda: encoded(noise(), "JPEG"), ".png", True),
    "bmp_as_tif": image_of("mislabelled", "content is BMP", lambda: encoded(noise(), "BMP"), ".tif", True),
    "bomb": image_of("bomb", "decompression bomb", lambda: blank_png(20_000, 20_000)),
    "large": image_of("bomb", "10000x9000 pixels", lambda: blank_png(10_000, 9_000)),
    "dot_and_mask": image_of("tiny", "1x1 pixels", lambda: encoded(noise(1, 1), "PNG")),
    "dots": Creature(
        pair_bytes(encoded(noise(1, 1), "PNG"), encoded(mask(1, 1), "PNG")), "tiny", ".png", "1x1 pixels", True
    ),
    "cmyk": image_of("cmyk", "CMYK", lambda: encoded(noise(), "JPEG", "CMYK"), ".jpg", True),
    "rgba": image_of("alpha", "alpha", lambda: transparent(noise()), ".png", True),
    "grey_alpha": image_of("alpha", "alpha", lambda: transparent(noise()[..., 0]), ".png", True),
    "palette_alpha": image_of("alpha", "alpha", see_through_palette, ".png", True),
    "animated_webp": image_of("animated", "holds 3 pictures", lambda: several("WEBP"), ".webp"),
    "animated_png": image_of("animated", "holds 3 pictures", lambda: several("PNG")),
    "pages": image_of("animated", "holds 3 pictures", lambda: several("TIFF"), ".tiff"),
    "on_its_side": image_of("turned", "EXIF orientation 6", lambda: turned(6), ".jpg"),
    "upside_down": image_of("turned", "EXIF orientation 3", lambda: turned(3), ".jpg", True),
    "nan": image_of("not_a_number", "NaN", lambda: floats(np.nan), ".tif"),
    "infinite": image_of("not_a_number", "NaN or infinity", lambda: floats(np.inf), ".tif"),
}
NAMES: dict[str, Creature] = {
    "spaces": Creature(renamed(b"a b  c"), "odd_name", "a b  c.png", "marks", True),
    "newline": Creature(renamed(b"new\nline"), "odd_name", r"new\nline.png", "marks", True),
    "emoji": Creature(renamed("\N{SAILBOAT}".encode()), "odd_name", "\N{SAILBOAT}.png", "marks", True),
    "bytes": Creature(renamed(b"latin\xe9"), "odd_name", r"latin\udce9.png", "marks", True),
}
MASKS: dict[str, Creature] = {
    "mask_empty": mask_of("empty_file", "0 bytes", lambda: b""),
    "mask_cut": mask_of("unusable", "cannot be decoded", lambda: cut(encoded(mask(), "PNG"), 0.7)),
    "mask_text": mask_of("no_image", "no image", lambda: b"no mask at all"),
    "value_7": mask_of("unusable", "holds 7", lambda: values(value=7)),
    "value_300": mask_of("unusable", "holds 300", lambda: values(value=300, dtype=np.uint16)),
    "fractions": mask_of(
        "unusable", "floating-point", lambda: values(value=0.5, dtype=np.float32, form="TIFF"), ".tif"
    ),
    "three_channels": mask_of(
        "mask_channels", "RGB", lambda: encoded(np.repeat(mask()[..., None], 3, 2), "PNG"), usable=True
    ),
    "colored": mask_of("unusable", "in color", lambda: encoded(noise(), "PNG")),
    "mask_alpha": mask_of("unusable", "transparent", lambda: transparent(mask())),
    "mask_jpeg": mask_of(
        "mask_lossy", "smears", lambda: encoded(np.ones_like(mask()), "JPEG", quality=100), ".jpg", True
    ),
    "one_row_less": mask_of("unusable", "48x39", lambda: encoded(mask(39, 48), "PNG")),
    "one_column_more": mask_of("unusable", "49x40", lambda: encoded(mask(40, 49), "PNG")),
    "all_ignored": Creature(
        mask_bytes(lambda: encoded(np.full_like(mask(), 255), "PNG")), "all_ignored", ".png", "ignored", True
    ),
    "sky_alone": Creature(
        mask_bytes(lambda: encoded(np.zeros_like(mask()), "PNG")), "one_class", ".png", "sky alone", True
    ),
}
ZOO = {**IMAGES, **NAMES, **MASKS}


@pytest.fixture
def creatures() -> Mapping[str, Creature]:
    """All of them, by the stem of the pair."""
    return ZOO


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Call a test that takes ``one`` with each of them."""
    if "one" in metafunc.fixturenames:
        metafunc.parametrize("one", ZOO)


@pytest.fixture
def zoo(frames: Any, creatures: Mapping[str, Creature]) -> Any:
    """All of them among the training frames."""
    folder = frames.root / "train"
    for name, creature in creatures.items():
        frames.add("train", name)
        creature.write(folder / "images", folder / "masks", name)
    return frames

"""Frames and masks written as files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write an array as an image file below tmp_path, making its folder; a list of rows will do."""

    def to_file(name: str, pixels: object, **options: Any) -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        array = np.asarray(pixels)
        kept = (bool, np.uint16, np.int32, np.float32)
        Image.fromarray(array if array.dtype in kept else array.astype(np.uint8)).save(file, **options)
        return file

    return to_file


@pytest.fixture
def pairs(write: Write, tmp_path: Path) -> Callable[..., Path]:
    """Write pairs of 3x2 pixels into two folders below tmp_path, and give tmp_path."""

    def to_files(folder: str, stems: list[str], mask: object = ((0, 1, 1), (0, 0, 1))) -> Path:
        for stem in stems:
            write(f"{folder}/images/{stem}.png", np.full((2, 3, 3), 7))
            write(f"{folder}/masks/{stem}.png", mask)
        return tmp_path

    return to_files

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segkit_std.datasets.folder import Folder
from segkit_std.datasets.mask_edges import grey_share

Write = Callable[..., Path]


@pytest.fixture
def root(write: Write, tmp_path: Path) -> Path:
    """Two training pairs of 100 pixels with one grey pixel in all, and one to validate with that has none."""
    for name, grey in (("train/a", 0), ("train/b", 1), ("val/c", 0)):
        mask = np.repeat(np.uint8([0, 255]), 50).reshape(10, 10)
        mask[0, :grey] = 90
        split, stem = name.split("/")
        write(f"{split}/images/{stem}.png", np.zeros((10, 10)))
        write(f"{split}/masks/{stem}.png", mask)
    return tmp_path


def told(root: Path, caplog: pytest.LogCaptureFixture, split: str, **options: Any) -> list[str]:
    caplog.clear()
    with caplog.at_level(logging.WARNING, "segkit"):
        Folder(split, ("sky", "sea"), root=root, **options)
    return [record.getMessage() for record in caplog.records]


def test_the_share_of_grey_pixels_is_counted_over_all_masks(write: Write) -> None:
    masks = [write(f"m/{n}.png", rows) for n, rows in enumerate([[[0, 1, 254, 255]], [[0, 0, 255, 255]], [[128, 0]]])]
    assert grey_share(masks) == pytest.approx(3 / 10)
    masks[1].write_bytes(b"")
    assert grey_share(masks) == pytest.approx(3 / 6)  # what cannot be decoded is told elsewhere
    assert grey_share(masks[1:2]) == 0


def test_a_threshold_warns_once_a_split_with_the_share(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    (warning,) = told(root, caplog, "train", mask_values="0/255")
    assert warning.startswith(f"{root}/train/masks: 0.5 % of the mask pixels (2 of 2 masks looked at)")
    assert "above 127 is class 1\n    mask_edges: ignore" in warning
    assert told(root, caplog, "val", mask_values="0/255") == []


@pytest.mark.parametrize("edges", ["ignore", "error"])
def test_what_was_chosen_needs_no_warning(root: Path, caplog: pytest.LogCaptureFixture, edges: str) -> None:
    assert told(root, caplog, "train", mask_values="0/255", mask_edges=edges) == []

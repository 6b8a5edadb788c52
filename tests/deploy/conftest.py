"""A trained model without a training: a card and weights."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

import segkit
from segkit.engine.checkpoint import save_weights
from segkit.engine.model_file import ModelCard, write_card

Made = Callable[..., Path]
OPTIONS = {"backbone": {"use": "plain", "widths": [4, 8]}}


@pytest.fixture
def model_folder(tmp_path: Path) -> Made:
    """``model_folder("name", channels=1)`` gives a folder with random weights; the fields are those of its card."""

    def make(name: str = "model", **fields: Any) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        channels = fields.get("channels", 3)
        given: dict[str, Any] = {
            "classes": ["sky", "sea"],
            "task": "sea",
            "size": (32, 64),
            "channels": channels,
            "mean": [0.5] * channels,
            "std": [0.25] * channels,
            "precision": "fp32",
            "channels_last": True,
            "model": {"use": "encoder_decoder", **OPTIONS},
            "distributions": {"segkit": "0.1.0"},
        }
        card = ModelCard(**given | fields)
        torch.manual_seed(0)
        model = segkit.build("model", "encoder_decoder", OPTIONS, in_channels=card.channels, classes=card.classes)
        noise = torch.randn(4, card.channels, *card.size)
        with torch.no_grad():  # so that every class is predicted somewhere
            model.head.bias -= model.eval()(noise).mean(dim=(0, 2, 3))
        write_card(folder, card)
        save_weights(model, folder / "model.safetensors")
        return folder

    return make


def sinking(count: int, size: tuple[int, int] = (48, 64)) -> list[np.ndarray]:
    """Pictures, bright above a line that sinks, dark below it."""
    rows = np.arange(size[0])[:, None, None]
    return [
        np.where(rows < 10 + n % 30, 200, 40).repeat(size[1], 1).repeat(3, 2).astype(np.uint8) for n in range(count)
    ]


@pytest.fixture(name="sinking")
def _sinking() -> Callable[..., list[np.ndarray]]:
    return sinking


@pytest.fixture
def write_film() -> Callable[..., Path]:
    """``write_film(path, count)`` writes a film of the pictures of ``sinking``."""

    def write(path: Path, count: int = 20, fps: float = 25, code: str = "mp4v") -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        film = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), fps, (64, 48))
        for picture in sinking(count):
            film.write(picture)
        film.release()
        return path

    return write


@pytest.fixture
def rows_of() -> Callable[[Path], list[dict[str, str]]]:
    """``rows_of(out)`` gives the rows of a folder's horizon.csv."""

    def read(out: Path) -> list[dict[str, str]]:
        with (out / "horizon.csv").open(newline="") as file:
            return list(csv.DictReader(file))

    return read

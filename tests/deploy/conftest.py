"""A trained model without a training: a card and weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

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

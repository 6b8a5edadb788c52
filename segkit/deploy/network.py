"""A trained network as a function of pictures of any size: on the device, in the run's precision."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from segkit.catalog import Catalog
from segkit.engine.frames import resize_image
from segkit.engine.intake import Intake
from segkit.engine.model_file import load_model
from segkit.engine.precision import HALF
from segkit.errors import UserError, one_line
from segkit.recipe.schema import SMALLEST


class Network:
    """The network of a run folder.

    Args:
        folder: The run's folder.
        catalog: Where its components are found.

    Raises:
        UserError: When the folder holds no model, or a component of it is not installed.
    """

    def __init__(self, folder: Path, catalog: Catalog) -> None:
        model, self.card = load_model(folder, catalog)
        self._device = torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")
        layout = torch.channels_last if self.card.channels_last else torch.contiguous_format
        self._model = model.to(self._device, memory_format=layout)  # type: ignore[call-overload]
        self._intake = Intake(self.card.mean, self.card.std, channels_last=self.card.channels_last).to(self._device)

    def __call__(self, pictures: Sequence[np.ndarray], scale: float = 1.0, flip: bool = False) -> Tensor:
        """Pictures (H, W, C) uint8, any sizes -> logits (N, K, h, w) float32 at the network's size.

        Args:
            pictures: One or more, with the channels that the network takes.
            scale: Of the size that the network sees, height and width; 1 as it was trained.
            flip: Whether it is to see them mirrored; the logits are mirrored back.
        """
        views = [resize_image(picture, self._size(scale)) for picture in pictures]
        pixels = torch.from_numpy(np.stack(views)).permute(0, 3, 1, 2)
        logits = self._logits(pixels.flip(-1) if flip else pixels)
        return logits.flip(-1) if flip else logits

    def check(self, scale: float) -> None:
        """Refuse a scale that the network was not made for.

        Raises:
            UserError: When a side would be too small, or the network fails at that size.
        """
        size = self._size(scale)
        if min(size) < SMALLEST:
            cause = f"a network sees {SMALLEST} pixels or more a side, not {size} as with the scale {scale:g}"
            raise UserError(cause, "name a larger scale")
        if scale == 1:
            return
        try:
            self._logits(torch.zeros(1, self.card.channels, *size, dtype=torch.uint8))
        except Exception as error:  # a network may raise anything
            cause = f"the network cannot take {size} pixels, the scale {scale:g}: {one_line(error)}"
            raise UserError(cause, "leave scales other than 1 out") from error

    def _size(self, scale: float) -> tuple[int, int]:
        height, width = self.card.size
        return round(height * scale), round(width * scale)

    def _logits(self, batch: Tensor) -> Tensor:
        half = HALF.get(self.card.precision)
        with torch.inference_mode(), torch.autocast(self._device.type, half, enabled=half is not None):
            pixels, _ = self._intake(batch, torch.zeros(0, dtype=torch.uint8))
            logits: Tensor = self._model(pixels)
        return logits.float()

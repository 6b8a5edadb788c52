"""Batches on their way into the network: to the device as uint8, augmented in float, normalized."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from segkit.kinds import Augment


class Intake(nn.Module):
    """Turns uint8 batches into what the network takes.

    Args:
        mean: A float a channel, of images in [0, 1].
        std: Likewise.
        augment: Applied in their order, when asked for.
        channels_last: The memory format of what comes out.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self, mean: Sequence[float], std: Sequence[float], augment: Sequence[Augment] = (), channels_last: bool = True
    ) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32).view(1, -1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std, dtype=torch.float32).view(1, -1, 1, 1), persistent=False)
        self._augment = list(augment)
        for number, step in enumerate(self._augment):
            if isinstance(step, nn.Module):
                self.add_module(f"augment{number}", step)  # so that it moves to the device too
        self._format = torch.channels_last if channels_last else torch.contiguous_format

    def forward(self, images: Tensor, masks: Tensor, augment: bool = False) -> tuple[Tensor, Tensor]:
        """Images (N, C, H, W) and masks (N, H, W), both uint8 -> normalized float images and int64 targets."""
        device = self.mean.device
        pixels = images.to(device, non_blocking=True).float().div(255)
        targets = masks.to(device, non_blocking=True).long()
        if augment:
            for step in self._augment:
                pixels, targets = step(pixels, targets)
        return self.normalize(pixels), targets

    def normalize(self, pixels: Tensor) -> Tensor:
        """Images (N, C, H, W) float in [0, 1] -> with the mean taken off, over the deviation."""
        return ((pixels - self.mean) / self.std).contiguous(memory_format=self._format)

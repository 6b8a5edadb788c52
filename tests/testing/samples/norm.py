"""A norm that keeps its contract, and others that break it in one way each."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Healthy(nn.Module):
    """Zero mean of each channel of each image, times a learned scale."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1, channels, 1, 1))

    def forward(self, maps: Tensor) -> Tensor:
        return self.centered(maps) * self.scale.to(maps.dtype)

    def centered(self, maps: Tensor) -> Tensor:
        return maps - maps.mean((2, 3), keepdim=True)


class LosesDtype(Healthy):
    """Gives float32 whatever it is given."""

    def forward(self, maps: Tensor) -> Tensor:
        return super().forward(maps).float()


class AlwaysByBatch(Healthy):
    """Takes the mean over the batch in evaluation too."""

    def centered(self, maps: Tensor) -> Tensor:
        return maps - maps.mean((0, 2, 3), keepdim=True)


class ByOneLess(Healthy):
    """Divides by the unbiased deviation, which a single pixel has none of."""

    def centered(self, maps: Tensor) -> Tensor:
        return super().centered(maps) / (maps.std((2, 3), keepdim=True) + 1e-3)


class ByZero(Healthy):
    """Divides by the deviation of a constant map."""

    def centered(self, maps: Tensor) -> Tensor:
        return super().centered(maps) / maps.std((2, 3), keepdim=True, correction=0)


class InPlace(Healthy):
    """Writes into the map that it is given."""

    def centered(self, maps: Tensor) -> Tensor:
        return maps.sub_(maps.detach().mean((2, 3), keepdim=True))


class CountsInEvaluation(Healthy):
    """Goes on with its running mean in evaluation."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.register_buffer("running", torch.zeros(1, channels, 1, 1))

    def centered(self, maps: Tensor) -> Tensor:
        self.running = 0.9 * self.running + 0.1 * maps.detach().mean((0, 2, 3), keepdim=True).to(self.running.dtype)
        return super().centered(maps)


class Unsaved(Healthy):
    """Keeps its running mean where no state has it."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.running: Tensor | float = 0.0

    def centered(self, maps: Tensor) -> Tensor:
        if self.training:
            self.running = maps.detach().mean().item()
        return maps - self.running


class OneDtype(Healthy):
    """Refuses maps of another dtype than its weights, as they come under autocast."""

    def centered(self, maps: Tensor) -> Tensor:
        if maps.dtype != self.scale.dtype:
            raise TypeError(f"expected {self.scale.dtype}")
        return super().centered(maps)


class ManyImages(Healthy):
    """Refuses to train on a batch of one."""

    def centered(self, maps: Tensor) -> Tensor:
        if self.training and len(maps) == 1:
            raise ValueError("a batch must hold two images")
        return super().centered(maps)


class Viewed(Healthy):
    """Takes for granted how the maps lie in memory."""

    def centered(self, maps: Tensor) -> Tensor:
        return super().centered(maps.view(-1).view(maps.shape))


class Crashes(Healthy):
    """Cannot do with one pixel, and does not say so."""

    def centered(self, maps: Tensor) -> Tensor:
        return maps - maps[..., 1:].mean((2, 3), keepdim=True)


class Idle(Healthy):
    """Has a weight that it does not use."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.shift = nn.Parameter(torch.zeros(channels))

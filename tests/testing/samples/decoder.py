"""A decoder that keeps its contract, and others that break it in one way each."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from segkit.kinds import Activation, Make, Norm


class Healthy(nn.Module):
    """All maps at the size of the finest, joined by one convolution."""

    def __init__(
        self, channels: Sequence[int], strides: Sequence[int], norm: Make[Norm], activation: Make[Activation]
    ) -> None:
        super().__init__()
        self.out_channels, self.out_stride = 5, strides[0]
        self.join = nn.Sequential(nn.Conv2d(sum(channels), 5, 1), norm(channels=5), activation())

    def forward(self, maps: list[Tensor]) -> Tensor:
        return self.join(torch.cat([self.enlarge(x, maps[0]) for x in maps], dim=1))

    def enlarge(self, x: Tensor, finest: Tensor) -> Tensor:
        return F.interpolate(x, finest.shape[2:])


class EvenOnly(Healthy):
    """Enlarges by the ratio of sizes, which is no whole number where a size is odd."""

    def enlarge(self, x: Tensor, finest: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=finest.shape[2] // x.shape[2])


class WrongChannels(Healthy):
    """Declares other channels than it gives."""

    def __init__(
        self, channels: Sequence[int], strides: Sequence[int], norm: Make[Norm], activation: Make[Activation]
    ) -> None:
        super().__init__(channels, strides, norm, activation)
        self.out_channels = channels[0]


class WrongStride(Healthy):
    """Says that its map has the image's size."""

    def __init__(
        self, channels: Sequence[int], strides: Sequence[int], norm: Make[Norm], activation: Make[Activation]
    ) -> None:
        super().__init__(channels, strides, norm, activation)
        self.out_stride = 1


class ManyLevels(Healthy):
    """Cannot do with a single map."""

    def forward(self, maps: list[Tensor]) -> Tensor:
        maps[1]
        return super().forward(maps)


class EmptiesTheList(Healthy):
    """Takes the maps out of the list that it is given."""

    def forward(self, maps: list[Tensor]) -> Tensor:
        joined = super().forward(maps)
        maps.clear()
        return joined


class Detached(Healthy):
    """Lets no gradient through to the backbone."""

    def enlarge(self, x: Tensor, finest: Tensor) -> Tensor:
        return super().enlarge(x, finest).detach()


class PositionalNorm(Healthy):
    """Gives the norm its channels without their name."""

    def __init__(
        self, channels: Sequence[int], strides: Sequence[int], norm: Make[Norm], activation: Make[Activation]
    ) -> None:
        super().__init__(channels, strides, lambda channels: norm(channels), activation)


class Idle(Healthy):
    """Has a layer that nothing passes through."""

    def __init__(
        self, channels: Sequence[int], strides: Sequence[int], norm: Make[Norm], activation: Make[Activation]
    ) -> None:
        super().__init__(channels, strides, norm, activation)
        self.side = nn.Conv2d(channels[0], 5, 1)


class BatchInEvaluation(Healthy):
    """Subtracts the mean of the batch in evaluation too."""

    def enlarge(self, x: Tensor, finest: Tensor) -> Tensor:
        return super().enlarge(x - x.mean(0, keepdim=True), finest)


class Viewed(Healthy):
    """Takes for granted how the maps lie in memory."""

    def enlarge(self, x: Tensor, finest: Tensor) -> Tensor:
        return super().enlarge(x.view(-1).view(x.shape), finest)


class ByNumpy(Healthy):
    """Hands its maps to numpy, which has no bfloat16."""

    def enlarge(self, x: Tensor, finest: Tensor) -> Tensor:
        return super().enlarge(x, finest) + 0 * x.detach().numpy().sum()

"""An activation that keeps its contract, and others that break it in one way each."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Healthy(nn.Module):
    """x over 1 + |x|, times a gain.

    Args:
        gain: What large x tend to.
    """

    def __init__(self, gain: float = 1.0) -> None:
        super().__init__()
        self.gain = gain

    def forward(self, maps: Tensor) -> Tensor:
        return self.gain * maps / (1 + maps.abs())


class MixesPixels(nn.Module):
    """Softmax over the columns."""

    def forward(self, maps: Tensor) -> Tensor:
        return maps.softmax(dim=3)


class MixesImages(nn.Module):
    """Divides by the largest value of the batch."""

    def forward(self, maps: Tensor) -> Tensor:
        return maps / (1 + maps.abs().amax(dim=(0, 1), keepdim=True))


class Overflows(nn.Module):
    """log(1 + exp(x)) as it stands."""

    def forward(self, maps: Tensor) -> Tensor:
        return torch.log1p(maps.exp())


class InPlace(nn.Module):
    """Writes into the map that it is given."""

    def forward(self, maps: Tensor) -> Tensor:
        return maps.data.clamp_(min=0) + 0 * maps


class Dead(nn.Module):
    """Rounds, so that no gradient comes through."""

    def forward(self, maps: Tensor) -> Tensor:
        return maps.sign() + 0 * maps


class Shared(nn.Module):
    """Has one slope for all that are ever made."""

    slope = nn.Parameter(torch.tensor(0.25))

    def __init__(self) -> None:
        super().__init__()
        self.register_parameter("own", Shared.slope)

    def forward(self, maps: Tensor) -> Tensor:
        return torch.where(maps > 0, maps, self.own.to(maps.dtype) * maps)


class Narrow(nn.Module):
    """Has a slope for each of 64 channels."""

    def __init__(self) -> None:
        super().__init__()
        self.slopes = nn.Parameter(torch.full((64, 1, 1), 0.25))

    def forward(self, maps: Tensor) -> Tensor:
        return torch.where(maps > 0, maps, self.slopes * maps)


class Viewed(Healthy):
    """Takes for granted how the maps lie in memory."""

    def forward(self, maps: Tensor) -> Tensor:
        return super().forward(maps.view(-1).view(maps.shape))


class OneDtype(Healthy):
    """Refuses maps of another dtype than its weight, as they come under autocast."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.ones(()))

    def forward(self, maps: Tensor) -> Tensor:
        if maps.dtype != self.slope.dtype:
            raise TypeError(f"expected {self.slope.dtype}")
        return super().forward(self.slope * maps)


class Unsaved(Healthy):
    """Draws its gain at random, and keeps it where no state has it."""

    def __init__(self) -> None:
        super().__init__(torch.rand(()).item())

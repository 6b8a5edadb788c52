"""Group norm."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class GroupNorm(nn.Module):
    """Zero mean and unit variance within each group of channels of each image, then scale and shift a channel.

    ``(x - mean) / sqrt(var + eps) * weight + bias``, mean and biased variance over a group's channels and all pixels of
    one image: the result never depends on the rest of the batch. One group is the layer norm of Ba et al., 2016
    (arXiv:1607.06450); as many groups as channels is instance norm. A group that is a single value (one channel, 1x1
    map) becomes the shift alone.

    Source: Wu and He, 2018, arXiv:1803.08494.

    Args:
        channels: Channels of the maps.
        groups: Groups of channels; where the channels do not divide by it, the largest smaller number by which they do.
        eps: Added to the variance, so that a constant map stays finite.

    Raises:
        ValueError: When ``groups`` is less than one.
    """

    def __init__(self, channels: int, groups: int = 8, eps: float = 1e-5) -> None:
        super().__init__()
        if groups < 1:
            raise ValueError(f"groups must be at least 1, not {groups}: give such as 8")
        self.groups = next(count for count in range(min(groups, channels), 0, -1) if channels % count == 0)
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape."""
        # Not F.group_norm: it refuses a single value a group, which the formula does not.
        return torch.group_norm(maps, self.groups, self.weight, self.bias, self.eps)

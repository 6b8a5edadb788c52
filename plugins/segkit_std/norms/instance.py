"""Instance norm."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class InstanceNorm(nn.Module):
    """Zero mean and unit variance of each channel of each image, then scale and shift a channel.

    ``(x - mean) / sqrt(var + eps) * weight + bias``, mean and biased variance over the pixels of one image and channel.
    It removes an image's contrast and brightness. A 1x1 map, in training too, becomes the shift alone.

    Source: Ulyanov, Vedaldi and Lempitsky, 2016, arXiv:1607.08022.

    Args:
        channels: Channels of the maps.
        eps: Added to the variance, so that a constant map stays finite.
    """

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.channels = channels
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape."""
        # Group norm with one channel a group; torch's own instance norm refuses 1x1 maps in training.
        return torch.group_norm(maps, self.channels, self.weight, self.bias, self.eps)

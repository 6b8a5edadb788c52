"""Layer norm over the channels of a pixel."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class LayerNorm(nn.Module):
    """Zero mean and unit variance over the channels of each pixel, then scale and shift a channel.

    ``(x - mean) / sqrt(var + eps) * weight + bias``, mean and biased variance over the channels of one pixel: the
    result depends on no other pixel and no other image. The layer norm of Ba et al., over channels and pixels together,
    is ``group`` with one group.

    Source: Ba, Kiros and Hinton, 2016, arXiv:1607.06450; per pixel as in Liu et al., 2022 (ConvNeXt), arXiv:2201.03545.

    Args:
        channels: Channels of the maps.
        eps: Added to the variance, so that equal channels stay finite.
    """

    def __init__(self, channels: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape."""
        # In channels_last memory both permutes are free, and the pixels' channels lie side by side.
        by_pixel = maps.permute(0, 2, 3, 1)
        return F.layer_norm(by_pixel, self.weight.shape, self.weight, self.bias, self.eps).permute(0, 3, 1, 2)

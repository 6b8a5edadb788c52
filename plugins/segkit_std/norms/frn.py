"""Filter response normalization."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class FilterResponseNorm(nn.Module):
    """Unit mean square of each channel of each image, then scale and shift a channel.

    ``y = x / sqrt(mean(x**2) + eps) * weight + bias``, the mean over the pixels of one image and channel; no mean is
    subtracted. The result never depends on the rest of the batch. A 1x1 map becomes nearly its sign where ``eps`` is
    small against its square: for such maps the paper begins at an ``eps`` of 1e-4.

    The paper's thresholded linear unit, ``max(y, threshold)`` with a learned threshold a channel, stands in the place
    of the activation. As it is ``relu(y - threshold) + threshold``, this norm with ``relu`` differs by a constant a
    channel only, which the next convolution's bias can give; so it is off, and the chosen activation follows the norm.
    For the paper's layer to the letter switch it on and choose the activation ``identity``.

    Source: Singh and Krishnan, 2019, arXiv:1911.09737.

    Args:
        channels: Channels of the maps.
        eps: Added to the mean square, so that a map of zeros stays finite.
        threshold: Whether the thresholded linear unit is part of the norm; its thresholds begin at 0.
    """

    def __init__(self, channels: int, eps: float = 1e-6, threshold: bool = False) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.threshold = nn.Parameter(torch.zeros(channels)) if threshold else None

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape."""
        # In half precision a square overflows at 256, and a sum over many pixels loses its small terms.
        wide = maps.float() if maps.dtype in (torch.float16, torch.bfloat16) else maps
        scale = torch.rsqrt(wide.square().mean((2, 3), keepdim=True) + self.eps)
        result = wide * (scale * _a_channel(self.weight)) + _a_channel(self.bias)
        if self.threshold is not None:
            result = torch.maximum(result, _a_channel(self.threshold))
        return result.to(maps.dtype)


def _a_channel(values: Tensor) -> Tensor:
    return values.reshape(1, -1, 1, 1)

"""Root-mean-square norm over the channels of a pixel."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class RMSNorm(nn.Module):
    """Unit root mean square over the channels of each pixel, then scale a channel.

    ``x / sqrt(mean(x**2) + eps) * weight``, the mean over the channels of one pixel: layer norm without the mean and
    the shift. The result depends on no other pixel and no other image.

    Source: Zhang and Sennrich, 2019, arXiv:1910.07467.

    Args:
        channels: Channels of the maps.
        eps: Added to the mean square, so that a pixel of zeros stays finite.
    """

    def __init__(self, channels: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(channels))

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape."""
        # In channels_last memory both permutes are free. Of two dtypes, as under autocast, torch's is slow and warns.
        weight = self.weight.to(maps.dtype)
        return F.rms_norm(maps.permute(0, 2, 3, 1), weight.shape, weight, self.eps).permute(0, 3, 1, 2)

"""The U-Net's decoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segkit.kinds import Activation, Make, Norm
from segkit_std.blocks import double_conv


class UNet(nn.Module):
    """From the coarsest map up: upsample, join with the finer map, convolve twice.

    Each step enlarges by the ratio of the two maps' strides (2 in most backbones, 1 in a plain vision transformer) and
    then resizes to the finer map's real size where that differs, so any size of image will do. Gives the finest map's
    size. A backbone of one level is passed through.

    Source: Ronneberger, Fischer and Brox, 2015, arXiv:1505.04597.

    Args:
        channels: Channels of the backbone's maps, finest first.
        strides: Their strides.
        norm: Called with ``channels``.
        activation: Called with nothing.
        widths: Channels after each step, finest first: one fewer than there are maps. By default those of the finer
            maps, which with the backbone ``plain`` of 64 to 1024 is the U-Net of the paper.
        upsample: ``transposed``: a transposed convolution whose kernel is its stride. ``bilinear``: a 1x1 convolution,
            then bilinear interpolation; fewer weights and no checkerboard.

    Raises:
        ValueError: When ``widths`` or ``upsample`` break these rules.
    """

    def __init__(
        self,
        channels: Sequence[int],
        strides: Sequence[int],
        norm: Make[Norm],
        activation: Make[Activation],
        widths: Sequence[int] | None = None,
        upsample: Literal["transposed", "bilinear"] = "transposed",
    ) -> None:
        super().__init__()
        widths = list(channels[:-1] if widths is None else widths)
        if len(widths) != len(channels) - 1 or any(width < 1 for width in widths):
            raise ValueError(
                f"widths must be {len(channels) - 1} positive channel counts, one fewer than the backbone's "
                f"{len(channels)} maps, not {widths}: leave it out to take {list(channels[:-1])}"
            )
        if upsample not in ("transposed", "bilinear"):
            raise ValueError(f"upsample must be 'transposed' or 'bilinear', not {upsample!r}: give one of the two")
        self.out_channels = widths[0] if widths else channels[0]
        self.out_stride = strides[0]
        self.ups = nn.ModuleList()
        self.convs = nn.ModuleList()
        inputs = [*widths[1:], channels[-1]]
        for level in reversed(range(len(widths))):
            ratio = max(1, round(strides[level + 1] / strides[level]))
            before, width = inputs[level], widths[level]
            self.ups.append(
                nn.ConvTranspose2d(before, width, ratio, stride=ratio)
                if upsample == "transposed"
                else nn.Conv2d(before, width, 1)
            )
            self.convs.append(double_conv(width + channels[level], width, norm, activation))

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Maps, finest first -> (N, out_channels, h, w) of the finest."""
        x = maps[-1]
        for up, conv, skip in zip(self.ups, self.convs, reversed(maps[:-1]), strict=True):
            x = up(x)
            if x.shape[-2:] != skip.shape[-2:]:
                x = F.interpolate(x, skip.shape[-2:], mode="bilinear", align_corners=False)
            x = conv(torch.cat([x, skip], dim=1))
        return x

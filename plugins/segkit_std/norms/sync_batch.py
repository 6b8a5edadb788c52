"""Batch norm over the batches of all processes."""

from __future__ import annotations

from torch import Tensor, nn


class SyncBatchNorm(nn.SyncBatchNorm):
    """Batch norm whose mean and variance are those of the batches of all processes together.

    ``(x - mean) / sqrt(var + eps) * weight + bias``, per channel over all images and pixels. In one process, and on a
    CPU, where torch cannot exchange the statistics, it is plain batch norm with the same weights and buffers.

    Source: Ioffe and Szegedy, 2015, arXiv:1502.03167; over processes as in Peng et al., 2018, arXiv:1711.07240.

    Args:
        channels: Channels of the maps.
        eps: Added to the variance, so that a constant map stays finite.
        momentum: The share of a step's statistics in the running ones.
    """

    def __init__(self, channels: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__(channels, eps, momentum)

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape."""
        # torch's own refuses a CPU as soon as there is a process group, even of one process.
        return super().forward(maps) if maps.device.type != "cpu" else nn.BatchNorm2d.forward(self, maps)  # type: ignore[arg-type]

"""The U-Net's own encoder."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from segkit.kinds import Activation, Make, Norm
from segkit_std.blocks import batch_norm, double_conv


class Plain(nn.Module):
    """Double 3x3 convolutions with 2x2 max pooling between them: the encoder of the U-Net.

    Level ``i`` gives (N, widths[i], ceil(H / 2**i), ceil(W / 2**i)). Pooling rounds up, so that the last row and column
    of an odd map count too and no map vanishes, however many levels there are.

    Source: Ronneberger, Fischer and Brox, 2015, arXiv:1505.04597 (their widths: 64, 128, 256, 512, 1024).

    Args:
        in_channels: Channels of an image.
        norm: Called with ``channels``; None is batch norm.
        activation: Called with nothing; None is ReLU.
        widths: Channels of each level's map, finest first; one level each.

    Raises:
        ValueError: When a width is not a positive number of channels, or there is none.
    """

    def __init__(
        self,
        in_channels: int,
        norm: Make[Norm] | None = None,
        activation: Make[Activation] | None = None,
        widths: Sequence[int] = (16, 32, 64, 128, 256),
    ) -> None:
        super().__init__()
        if not widths or min(widths) < 1:
            raise ValueError(
                f"widths must be one or more positive channel counts, not {list(widths)}: give such as [16, 32, 64]"
            )
        self.channels = tuple(widths)
        self.strides = tuple(2**level for level in range(len(widths)))
        inputs = (in_channels, *widths[:-1])
        self.levels = nn.ModuleList(
            double_conv(before, width, norm or batch_norm, activation or nn.ReLU)
            for before, width in zip(inputs, widths, strict=True)
        )
        self.pool = nn.MaxPool2d(2, ceil_mode=True)

    def forward(self, images: Tensor) -> list[Tensor]:
        """(N, C, H, W) -> one map a level, finest first."""
        maps = [self.levels[0](images)]
        for level in self.levels[1:]:
            maps.append(level(self.pool(maps[-1])))
        return maps

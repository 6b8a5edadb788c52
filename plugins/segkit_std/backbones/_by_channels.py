"""A norm of maps in the place of a norm of tokens."""

from __future__ import annotations

from torch import Tensor, nn


class ByChannels(nn.Module):
    """A norm of maps that is given something else: tokens (N, L, C), maps (N, H, W, C) or vectors (N, C).

    Tokens and the like are given to it as maps of one column, so that each is a pixel.

    Args:
        norm: Takes (N, C, H, W).
        axis: Where the channels are: -1, or 1 as in a one-dimensional batch norm.
    """

    def __init__(self, norm: nn.Module, axis: int) -> None:
        super().__init__()
        self.norm = norm
        self.axis = axis

    def forward(self, x: Tensor) -> Tensor:
        """(N, ..., C), or (N, C, ...) with the axis 1 -> the same shape."""
        maps = x.movedim(self.axis, 1)
        result: Tensor = self.norm(maps if maps.ndim == 4 else maps.reshape(*maps.shape[:2], -1, 1))
        return result.reshape(maps.shape).movedim(1, self.axis)

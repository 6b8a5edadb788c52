"""Building blocks that backbones and decoders share. Imported by component files only, never by a specs.py."""

from __future__ import annotations

from typing import Any

from torch import nn  # noqa: TID253 - see above

from segkit.kinds import Activation, Make, Norm


def batch_norm(channels: int) -> nn.BatchNorm2d:
    """Make the norm of whoever was given none; the activation then is ``nn.ReLU``."""
    return nn.BatchNorm2d(channels)


def conv_norm_activation(
    in_channels: int, out_channels: int, kernel: int, norm: Make[Norm], activation: Make[Activation]
) -> nn.Sequential:
    """Make a convolution of stride 1 that keeps the map's size, then norm, then activation.

    The convolution has a bias only where the norm brings none of its own: in front of a norm that subtracts a mean, a
    bias would cancel out.

    Args:
        in_channels: Channels in.
        out_channels: Channels out.
        kernel: Side of the kernel, odd.
        norm: Called with ``channels``.
        activation: Called with nothing.
    """
    normalize: Any = norm(channels=out_channels)
    nonlinearity: Any = activation()
    bias = getattr(normalize, "bias", None) is None
    conv = nn.Conv2d(in_channels, out_channels, kernel, padding=kernel // 2, bias=bias)
    return nn.Sequential(conv, normalize, nonlinearity)


def double_conv(in_channels: int, out_channels: int, norm: Make[Norm], activation: Make[Activation]) -> nn.Sequential:
    """Make the U-Net's block: convolution of 3, norm, activation, twice.

    Source: Ronneberger, Fischer and Brox, 2015, arXiv:1505.04597; here padded, so that maps keep their size, and with a
    norm, which the paper has none of.
    """
    return nn.Sequential(
        conv_norm_activation(in_channels, out_channels, 3, norm, activation),
        conv_norm_activation(out_channels, out_channels, 3, norm, activation),
    )

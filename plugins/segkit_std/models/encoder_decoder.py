"""A backbone, a decoder and a head: the default model."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segkit.kinds import Activation, Backbone, Decoder, Make, Norm
from segkit_std.blocks import batch_norm


class EncoderDecoder(nn.Module):
    """A backbone, a decoder and a convolution to the classes' logits, resized to the images' size.

    (N, C, H, W) -> (N, K, H, W), K = 1 for two classes (the logit is for class 1), else the number of classes. Where
    the decoder's map is coarser than the image, the logits are resized bilinearly. Carries the backbone's ``mean`` and
    ``std`` when it has them.

    The parts are factories, called by keyword with their kind's engine values. In a recipe they are written by name,
    and their defaults are ``plain`` and ``unet``. A norm or activation that is written reaches every layer; without one
    each part has its own: batch norm and ReLU, or what the weights of a timm model were trained with.

    Args:
        in_channels: Channels of an image.
        classes: Class names in index order, two or more.
        backbone: What sees the image.
        decoder: What joins the backbone's maps into one.
        norm: The normalization of all layers of backbone and decoder; by default each part's own.
        activation: The non-linearity of all layers of backbone and decoder; by default each part's own.
        head_kernel: Side of the last convolution's kernel, odd.
        eval_pyramid: Factors of an image's size. Outside training it is seen at each, and the logits are averaged: what
            is large is judged in a small picture, what is fine in a large one (Chen et al., 2016, arXiv:1511.03339,
            whose mean over scales this is). In training it is seen once, as it comes.

    Raises:
        ValueError: When there are fewer than two classes, the kernel is even, a part is no factory, or the pyramid is
            empty or has a factor that is not above 0.

    Example:
        >>> from torch.nn import SiLU
        >>> from segkit_std.backbones.plain import Plain
        >>> from segkit_std.decoders.unet import UNet
        >>> model = EncoderDecoder(3, ("sky", "sea"), Plain, UNet, activation=SiLU)
    """

    def __init__(
        self,
        in_channels: int,
        classes: Sequence[str],
        backbone: Make[Backbone] | str = "plain",
        decoder: Make[Decoder] | str = "unet",
        norm: Make[Norm] | None = None,
        activation: Make[Activation] | None = None,
        head_kernel: int = 1,
        eval_pyramid: Sequence[float] = (1.0,),
    ) -> None:
        super().__init__()
        if isinstance(backbone, str) or isinstance(decoder, str):
            raise ValueError(
                "backbone and decoder must be factories here, as names are for recipes: "
                f"pass such as Plain and UNet, not {backbone!r} and {decoder!r}"
            )
        if len(classes) < 2:
            raise ValueError(f"classes must be two or more names, not {list(classes)}: name the background too")
        if head_kernel < 1 or head_kernel % 2 == 0:
            raise ValueError(f"head_kernel must be odd and positive, not {head_kernel}: give 1 or 3")
        if not eval_pyramid or not all(0 < factor < math.inf for factor in eval_pyramid):
            raise ValueError(f"eval_pyramid must be factors above 0, not {list(eval_pyramid)}: give such as [1, 0.5]")
        self.eval_pyramid = tuple(eval_pyramid)
        self.backbone = backbone(in_channels=in_channels, norm=norm, activation=activation)
        self.decoder = decoder(
            channels=self.backbone.channels,
            strides=self.backbone.strides,
            norm=norm or batch_norm,
            activation=activation or nn.ReLU,
        )
        outputs = 1 if len(classes) == 2 else len(classes)
        self.head = nn.Conv2d(self.decoder.out_channels, outputs, head_kernel, padding=head_kernel // 2)
        for statistic in ("mean", "std"):
            if hasattr(self.backbone, statistic):
                setattr(self, statistic, getattr(self.backbone, statistic))

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) -> logits (N, K, H, W)."""
        if self.training:
            return self._logits(images)
        return torch.stack([self._seen(images, factor) for factor in self.eval_pyramid]).mean(dim=0)

    def _seen(self, images: Tensor, factor: float) -> Tensor:
        """Give the logits of the images seen at a factor of their size, at their own size."""
        height, width = images.shape[-2:]
        level = _resized(images, (round(height * factor), round(width * factor)))
        return _resized(self._logits(level), (height, width))

    def _logits(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(self.decoder(self.backbone(images)))
        return _resized(logits, images.shape[-2:])


def _resized(maps: Tensor, size: Sequence[int]) -> Tensor:
    """Resize (N, C, H, W), bilinearly where it grows; where it shrinks, every pixel is the mean of what it covers."""
    if tuple(maps.shape[-2:]) == tuple(size):
        return maps
    if size[0] < maps.shape[-2]:
        return F.interpolate(maps, size, mode="area")
    return F.interpolate(maps, size, mode="bilinear", align_corners=False)

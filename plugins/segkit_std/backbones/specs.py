"""What segkit_std says about its backbones."""

from __future__ import annotations

from segkit.spec import ComponentSpec

SPECS: tuple[ComponentSpec, ...] = (
    ComponentSpec(
        kind="backbone",
        name="plain",
        path="segkit_std.backbones.plain:Plain",
        summary="The U-Net's own encoder: double 3x3 convolutions and max pooling, of any widths.",
    ),
    ComponentSpec(
        kind="backbone",
        name="timm",
        path="segkit_std.backbones.timm:Timm",
        summary="Any timm model that gives feature maps, with or without pretrained weights.",
    ),
)

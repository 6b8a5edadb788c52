"""What segkit_std says about its decoders."""

from __future__ import annotations

from segkit.spec import ComponentSpec

SPECS: tuple[ComponentSpec, ...] = (
    ComponentSpec(
        kind="decoder",
        name="unet",
        path="segkit_std.decoders.unet:UNet",
        summary="The U-Net's decoder: upsample, join with the finer map, convolve twice.",
    ),
)

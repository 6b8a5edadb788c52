"""What segkit_std says about its augmentations."""

from __future__ import annotations

from segkit.spec import ComponentSpec

SPECS: tuple[ComponentSpec, ...] = (
    ComponentSpec(
        kind="augment",
        name="hflip",
        path="segkit_std.augment.hflip:HorizontalFlip",
        summary="Mirror left and right.",
    ),
    ComponentSpec(
        kind="augment",
        name="vflip",
        path="segkit_std.augment.vflip:VerticalFlip",
        summary="Mirror top and bottom.",
    ),
    ComponentSpec(
        kind="augment",
        name="rotate",
        path="segkit_std.augment.rotate:Rotate",
        summary="Rotate about the center; what left the frame is ignored.",
    ),
    ComponentSpec(
        kind="augment",
        name="affine",
        path="segkit_std.augment.affine:Affine",
        summary="Rotate, shift, scale and shear at once; what left the frame is ignored.",
    ),
    ComponentSpec(
        kind="augment",
        name="brightness_contrast",
        path="segkit_std.augment.brightness_contrast:BrightnessContrast",
        summary="Change brightness and contrast.",
    ),
    ComponentSpec(
        kind="augment",
        name="blur",
        path="segkit_std.augment.blur:Blur",
        summary="Blur with a Gaussian of random width.",
    ),
    ComponentSpec(
        kind="augment",
        name="noise",
        path="segkit_std.augment.noise:Noise",
        summary="Add Gaussian noise.",
    ),
)

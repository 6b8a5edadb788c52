"""What segkit_std says about its models."""

from __future__ import annotations

from segkit.spec import ComponentSpec

SPECS: tuple[ComponentSpec, ...] = (
    ComponentSpec(
        kind="model",
        name="encoder_decoder",
        path="segkit_std.models.encoder_decoder:EncoderDecoder",
        summary="A backbone, a decoder and a convolution to the classes' logits.",
    ),
)

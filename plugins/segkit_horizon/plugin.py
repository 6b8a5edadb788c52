"""The entry point of segkit_horizon. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator

from segkit.hooks import hookimpl
from segkit.spec import ComponentSpec


@hookimpl
def segkit_components() -> Iterator[ComponentSpec]:
    """Give the components for the horizon."""
    yield ComponentSpec(
        "dataset",
        "synthetic_horizon",
        "segkit_horizon.scenes.dataset:SyntheticHorizon",
        "Rendered sea and sky from (seed, index) alone, with the exact horizon line; no file, no download.",
    )
    yield ComponentSpec(
        "loss",
        "horizon_line",
        "segkit_horizon.losses.horizon_line:HorizonLineLoss",
        "The error of the sky count in each column and of the straight line through the counts.",
    )

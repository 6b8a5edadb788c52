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
        "Rendered seas, land and streets from (seed, index) alone, with the exact horizon; no file, no download.",
    )
    yield ComponentSpec(
        "loss",
        "horizon_line",
        "segkit_horizon.losses.horizon_line:HorizonLineLoss",
        "The error of the sky count in each column and of the straight line through the counts.",
    )
    yield ComponentSpec(
        "metric",
        "horizon_line",
        "segkit_horizon.metrics.horizon_line:HorizonLine",
        "Errors of the horizon line's angle and place, and the share of frames beyond the usual bounds.",
    )
    yield ComponentSpec(
        "postprocess",
        "horizon",
        "segkit_horizon.postprocess.horizon:Horizon",
        "The horizon line of each frame, its confidence, and the range of the sea when the camera is known.",
    )

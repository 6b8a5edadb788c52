"""What this package gives to segkit, which reads it at every start: it must import neither torch nor a component."""

from __future__ import annotations

from collections.abc import Iterator

from segkit.hooks import hookimpl
from segkit.spec import ComponentSpec


@hookimpl
def segkit_components() -> Iterator[ComponentSpec]:
    """Give a spec for each component."""
    yield ComponentSpec(
        kind="loss",
        name="brier",
        path="example_loss.brier:BrierLoss",
        summary="Squared error of the class probabilities (the Brier score).",
    )
    yield ComponentSpec(
        kind="loss",
        name="generalized_cross_entropy",
        path="example_loss.generalized_cross_entropy:GeneralizedCrossEntropyLoss",
        summary="Between cross-entropy and absolute error: gentle where labels are wrong.",
    )

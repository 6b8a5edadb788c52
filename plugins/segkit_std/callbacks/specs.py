"""What segkit_std says about its callbacks."""

from __future__ import annotations

from segkit.spec import ComponentSpec

SPECS: tuple[ComponentSpec, ...] = (
    ComponentSpec(
        kind="callback",
        name="progress",
        path="segkit_std.callbacks.progress:Progress",
        summary="Tells on standard error how far the run is: a bar on a terminal, lines elsewhere.",
    ),
    ComponentSpec(
        kind="callback",
        name="best",
        path="segkit_std.callbacks.best:Best",
        summary="Saves the weights of the epoch with the best validation.",
    ),
    ComponentSpec(
        kind="callback",
        name="early_stopping",
        path="segkit_std.callbacks.early_stopping:EarlyStopping",
        summary="Ends the run when validation has not improved for some epochs.",
    ),
    ComponentSpec(
        kind="callback",
        name="ema",
        path="segkit_std.callbacks.ema:Ema",
        summary="Averages the weights over the steps; the average is validated, saved and tested.",
    ),
    ComponentSpec(
        kind="callback",
        name="curves",
        path="segkit_std.callbacks.curves:Curves",
        summary="Draws losses and validation over the epochs in curves.png.",
    ),
    ComponentSpec(
        kind="callback",
        name="preview",
        path="segkit_std.callbacks.preview:Preview",
        summary="Shows frames, masks and predictions side by side in preview.png.",
    ),
)

"""What segkit_std says about its loggers."""

from __future__ import annotations

from segkit.spec import ComponentSpec

SPECS: tuple[ComponentSpec, ...] = (
    ComponentSpec(
        kind="logger",
        name="csv",
        path="segkit_std.loggers.csv:CsvLogger",
        summary="One row an epoch in metrics.csv.",
    ),
)

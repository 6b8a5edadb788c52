"""What segkit_std says about its schedulers."""

from __future__ import annotations

from segkit.spec import ComponentSpec

SPECS: tuple[ComponentSpec, ...] = (
    ComponentSpec(
        kind="scheduler",
        name="constant",
        path="segkit_std.schedulers.constant:ConstantSchedule",
        summary="The optimizer's learning rate, unchanged, perhaps after a warm-up.",
    ),
    ComponentSpec(
        kind="scheduler",
        name="cosine",
        path="segkit_std.schedulers.cosine:CosineSchedule",
        summary="The learning rate falls along half a cosine until the end of the run.",
    ),
    ComponentSpec(
        kind="scheduler",
        name="one_cycle",
        path="segkit_std.schedulers.one_cycle:OneCycleSchedule",
        summary="The learning rate rises to its peak, then falls to almost nothing; momentum does the opposite.",
    ),
)

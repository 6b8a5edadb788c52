"""What segkit_std says about its datasets."""

from __future__ import annotations

from segkit.spec import ComponentSpec

SPECS: tuple[ComponentSpec, ...] = (
    ComponentSpec(
        kind="dataset",
        name="folder",
        path="segkit_std.datasets.folder:Folder",
        summary="Image and mask files in folders, paired by stem; split by folder, by lists, by ratio or by group.",
    ),
    ComponentSpec(
        kind="dataset",
        name="concat",
        path="segkit_std.datasets.concat:Concat",
        summary="Several data sets as one, each taken as often as its weight says.",
    ),
)

"""What segkit_std says about its norms."""

from __future__ import annotations

from segkit.spec import ComponentSpec

SPECS: tuple[ComponentSpec, ...] = (
    ComponentSpec(
        kind="norm",
        name="batch",
        path="torch.nn:BatchNorm2d",
        summary="Batch norm: per channel over the batch; refuses one 1x1 map alone in training.",
        passes={"channels": "num_features"},
        fixed={"device": None, "dtype": None},
    ),
    ComponentSpec(
        kind="norm",
        name="sync_batch",
        path="segkit_std.norms.sync_batch:SyncBatchNorm",
        summary="Batch norm over the batches of all processes; in one process, and on a CPU, plain batch norm.",
    ),
    ComponentSpec(
        kind="norm",
        name="group",
        path="segkit_std.norms.group:GroupNorm",
        summary="Group norm: per image over groups of channels; right at any batch size.",
    ),
    ComponentSpec(
        kind="norm",
        name="layer",
        path="segkit_std.norms.layer:LayerNorm",
        summary="Layer norm: per pixel over its channels, as in ConvNeXt.",
    ),
    ComponentSpec(
        kind="norm",
        name="instance",
        path="segkit_std.norms.instance:InstanceNorm",
        summary="Instance norm: per image and channel, with a learned scale and shift.",
    ),
    ComponentSpec(
        kind="norm",
        name="rms",
        path="segkit_std.norms.rms:RMSNorm",
        summary="RMS norm: per pixel over its channels, without a mean and a shift.",
    ),
    ComponentSpec(
        kind="norm",
        name="frn",
        path="segkit_std.norms.frn:FilterResponseNorm",
        summary="Filter response norm: the mean square per image and channel, without a mean.",
    ),
    ComponentSpec(
        kind="norm",
        name="none",
        path="torch.nn:Identity",
        summary="No normalization.",
    ),
)

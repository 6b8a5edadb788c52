"""What segkit_std says about its metrics."""

from __future__ import annotations

from segkit.spec import ComponentSpec

SPECS: tuple[ComponentSpec, ...] = (
    ComponentSpec(
        kind="metric",
        name="iou",
        path="segkit_std.metrics.iou:IoU",
        summary="Intersection over union of each class and their mean, over all pixels of the data set.",
    ),
    ComponentSpec(
        kind="metric",
        name="dice",
        path="segkit_std.metrics.dice:Dice",
        summary="Dice coefficient of each class and their mean, over all pixels of the data set.",
    ),
    ComponentSpec(
        kind="metric",
        name="accuracy",
        path="segkit_std.metrics.accuracy:Accuracy",
        summary="Share of all pixels whose class is predicted right.",
    ),
    ComponentSpec(
        kind="metric",
        name="precision",
        path="segkit_std.metrics.precision:Precision",
        summary="Share of each class's predicted pixels that are true, and the mean.",
    ),
    ComponentSpec(
        kind="metric",
        name="recall",
        path="segkit_std.metrics.recall:Recall",
        summary="Share of each class's true pixels that are predicted, and the mean.",
    ),
    ComponentSpec(
        kind="metric",
        name="iou_image_mean",
        path="segkit_std.metrics.iou_image_mean:ImageMeanIoU",
        summary="Mean over the images of each image's mean intersection over union.",
    ),
)

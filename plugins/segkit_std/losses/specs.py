"""What segkit_std says about its losses."""

from __future__ import annotations

from segkit.spec import ComponentSpec

SPECS: tuple[ComponentSpec, ...] = (
    ComponentSpec(
        kind="loss",
        name="bce",
        path="segkit_std.losses.bce:BinaryCrossEntropyLoss",
        summary="Binary cross-entropy on logits; one-vs-rest with three classes or more.",
    ),
    ComponentSpec(
        kind="loss",
        name="cross_entropy",
        path="segkit_std.losses.cross_entropy:CrossEntropyLoss",
        summary="Softmax cross-entropy, with class weights from the list or from the data.",
    ),
    ComponentSpec(
        kind="loss",
        name="dice",
        path="segkit_std.losses.dice:DiceLoss",
        summary="One minus the soft Dice coefficient, averaged over the classes.",
    ),
)

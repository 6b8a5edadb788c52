"""What segkit_std says about its losses."""

from __future__ import annotations

from segkit.spec import ComponentSpec


def _loss(name: str, path: str, summary: str) -> ComponentSpec:
    return ComponentSpec(kind="loss", name=name, path=f"segkit_std.losses.{path}", summary=summary)


SPECS: tuple[ComponentSpec, ...] = (
    _loss(
        "bce",
        "bce:BinaryCrossEntropyLoss",
        "Binary cross-entropy on logits; one-vs-rest with three classes or more.",
    ),
    _loss(
        "cross_entropy",
        "cross_entropy:CrossEntropyLoss",
        "Softmax cross-entropy, with class weights from the list or from the data.",
    ),
    _loss("focal", "focal:FocalLoss", "Cross-entropy that fades where the prediction is right already."),
    _loss("poly1", "poly1:Poly1Loss", "Cross-entropy with a heavier first term of its series."),
    _loss("ohem", "ohem:OHEMLoss", "Cross-entropy over the hardest pixels of the batch."),
    _loss("dice", "dice:DiceLoss", "One minus the soft Dice coefficient."),
    _loss("log_cosh_dice", "log_cosh_dice:LogCoshDiceLoss", "The log-cosh of the Dice loss: gentle near perfection."),
    _loss("jaccard", "jaccard:JaccardLoss", "One minus the soft Jaccard index (intersection over union)."),
    _loss("tversky", "tversky:TverskyLoss", "Dice with a weight each for false positives and false negatives."),
    _loss("focal_tversky", "focal_tversky:FocalTverskyLoss", "A power of the Tversky loss."),
    _loss("lovasz", "lovasz:LovaszLoss", "The Lovasz extension of the Jaccard loss, as softmax or hinge."),
    _loss("mcc", "mcc:MCCLoss", "One minus the Matthews correlation coefficient."),
    _loss("boundary", "boundary:BoundaryLoss", "Probability times the signed distance to the true boundary."),
    _loss(
        "hausdorff",
        "hausdorff:HausdorffLoss",
        "The squared error, weighted with its distance from the true and the predicted boundary.",
    ),
    _loss(
        "boundary_dou",
        "boundary_dou:BoundaryDoULoss",
        "The Jaccard loss with most of the intersection left out: errors count against the boundary.",
    ),
)

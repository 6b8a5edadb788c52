"""D4-5: semantic, instance and panoptic segmentation; ours is semantic.

Semantic: a class a pixel, two boats are one region. Instance: a number an object. Panoptic: both, every pixel once.
Their measures differ accordingly: IoU knows no objects; panoptic quality (Kirillov et al. 2019, arXiv:1801.00868) is
the sum of the IoU of matched segments over the matched and half of the unmatched, matched being an IoU above 1/2.
"""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torchmetrics.detection import PanopticQuality

import segkit

BOAT, SEA = 0, 1

# (class, instance) of ten pixels in a row: two boats of 4 and 2 pixels, then sea.
TRUE = [(BOAT, 1)] * 4 + [(BOAT, 2)] * 2 + [(SEA, 0)] * 4
TWO_BOATS = [(BOAT, 7)] * 3 + [(SEA, 0)] * 2 + [(BOAT, 8)] + [(SEA, 0)] * 4
ONE_BOAT = [(kind, 7 if kind == BOAT else 0) for kind, _ in TWO_BOATS]


def panoptic(rows: list[tuple[int, int]]) -> list[list[float]]:
    """PQ, SQ (segmentation) and RQ (recognition) of boats and of sea."""
    measure = PanopticQuality(things={BOAT}, stuffs={SEA}, return_sq_and_rq=True, return_per_class=True)
    result: Tensor = measure(torch.tensor([[rows]]), torch.tensor([[TRUE]]))
    return result.reshape(2, 3).tolist()


def iou(rows: list[tuple[int, int]]) -> dict[str, float]:
    metric = segkit.build("metric", "iou", classes=("boat", "sea"))
    logits = torch.tensor([kind * 2.0 - 1 for kind, _ in rows]).reshape(1, 1, 1, -1)
    metric.update(logits, torch.tensor([kind for kind, _ in TRUE]).reshape(1, 1, -1), [{}])
    return {name: float(value) for name, value in metric.compute().items()}


def test_panoptic_quality_by_hand() -> None:
    """Boat 1: 3 of 4 pixels, IoU 0.75, matched. Boat 2: IoU 1/2, not matched: one too many and one missed.

    So PQ = 0.75 / (1 + 1/2 + 1/2) = 0.375. Sea: 4 pixels in common of 6.
    """
    boats, sea = panoptic(TWO_BOATS)
    assert boats == pytest.approx([0.375, 0.75, 0.5])
    assert sea == pytest.approx([2 / 3, 2 / 3, 1])


def test_iou_cannot_tell_one_boat_from_two_and_panoptic_quality_can() -> None:
    """As one boat of 4 pixels: 3 in common with boat 1 of 5, IoU 0.6; boat 2 missed: PQ = 0.6 / (1 + 1/2) = 0.4."""
    assert panoptic(ONE_BOAT)[0][0] == pytest.approx(0.4)
    assert panoptic(TWO_BOATS)[0][0] == pytest.approx(0.375)
    assert iou(ONE_BOAT) == iou(TWO_BOATS)
    assert iou(ONE_BOAT)["boat"] == pytest.approx(4 / 6)


@pytest.mark.parametrize(("classes", "channels"), [(("sky", "sea"), 1), (("sky", "sea", "boat"), 3)])
def test_a_binary_network_gives_one_logit_a_pixel_and_a_multi_class_one_a_logit_a_class(
    classes: tuple[str, ...], channels: int
) -> None:
    options = {"backbone": {"use": "plain", "widths": [4, 8]}}
    model = segkit.build("model", "encoder_decoder", options, in_channels=3, classes=classes)
    assert model(torch.zeros(2, 3, 32, 40)).shape == (2, channels, 32, 40)


def test_one_logit_says_as_much_as_two() -> None:
    """The sigmoid of z is the softmax of (0, z): two channels would hold one number too many."""
    z = torch.linspace(-9, 9, 7, dtype=torch.float64).reshape(1, 1, 1, -1)
    softmax = segkit.build("activation", "softmax")
    torch.testing.assert_close(softmax(torch.cat([0 * z, z], 1))[:, 1:], segkit.build("activation", "sigmoid")(z))

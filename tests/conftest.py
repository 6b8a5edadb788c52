"""Options with which our own components keep their contracts too (``pytest --segkit-dist segkit``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segkit.catalog import Component

REGION = ({"per_image": True}, {"include": ["sea"]})

VARIANTS: Mapping[tuple[str, str], tuple[dict[str, Any], ...]] = {
    ("loss", "bce"): ({"pos_weight": 3.0, "label_smoothing": 0.1},),
    ("loss", "cross_entropy"): ({"class_weights": "auto"}, {"label_smoothing": 0.1}),
    ("loss", "dice"): REGION,
    ("loss", "focal"): ({"gamma": 0.0}, {"gamma": 1.0}),
    ("loss", "focal_tversky"): REGION,
    ("loss", "jaccard"): REGION,
    ("loss", "log_cosh_dice"): REGION,
    ("loss", "lovasz"): (
        {"form": "hinge"},
        {"per_image": True},
        {"include": ["sea"]},
        {"form": "hinge", "per_image": True},
    ),
    ("loss", "mcc"): ({"include": ["sea"]},),
    ("loss", "ohem"): ({"keep": 1.0}, {"threshold": 0.3, "keep": 0.05}),
    ("loss", "poly1"): ({"epsilon": -1.0},),
    ("loss", "tversky"): REGION,
}


def pytest_segkit_options(component: Component) -> tuple[dict[str, Any], ...]:
    return VARIANTS.get((component.kind, component.name), ()) if component.distribution == "segkit" else ()

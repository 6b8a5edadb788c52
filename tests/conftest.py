"""Options with which our own components keep their contracts too (``pytest --segkit-dist segkit``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segkit.catalog import Component

REGION = ({"per_image": True}, {"include": ["sea"]})

TIMM_CONVNEXT = {"use": "timm", "name": "convnext_atto"}  # maps in channels-last order, layer norm, sizes rounded down

VARIANTS: Mapping[tuple[str, str], tuple[dict[str, Any], ...]] = {
    ("activation", "leaky_relu"): ({"negative_slope": 0.3},),
    ("activation", "prelu"): ({"init": -0.1},),
    ("activation", "softplus"): ({"beta": 5.0},),
    ("augment", "affine"): ({"degrees": 45.0, "translate": [0.3, 0.3], "scale": [0.5, 2.0], "shear": 20.0, "p": 1.0},),
    ("augment", "blur"): ({"sigma": [1.0, 3.0], "p": 1.0},),
    ("augment", "brightness_contrast"): ({"brightness": 0.5, "contrast": 0.5, "p": 1.0},),
    ("augment", "hflip"): ({"p": 1.0},),
    ("augment", "noise"): ({"std": 0.1, "p": 1.0},),
    ("augment", "rotate"): ({"degrees": [80, 100], "p": 1.0}, {"p": 0.0}),
    ("augment", "vflip"): ({"p": 1.0},),
    ("backbone", "plain"): ({"widths": [8]}, {"widths": [4, 8, 8, 12, 12, 16, 16]}),
    ("backbone", "timm"): ({"name": "convnext_atto"}, {"out_indices": [1, 3]}),
    ("callback", "early_stopping"): ({"patience": 1}, {"patience": 2, "min_delta": 0.2}),
    ("callback", "preview"): ({"frames": 1},),
    ("decoder", "unet"): ({"upsample": "bilinear"},),
    ("dataset", "concat"): ({"sources": ["synthetic_horizon"], "weights": [0.5]},),
    ("loss", "bce"): ({"pos_weight": 3.0, "label_smoothing": 0.1},),
    ("loss", "boundary"): ({"include": ["sea"]},),
    ("loss", "boundary_dou"): ({"include": ["sea"]},),
    ("loss", "cross_entropy"): ({"class_weights": "auto"}, {"label_smoothing": 0.1}),
    ("loss", "dice"): REGION,
    ("loss", "focal"): ({"gamma": 0.0}, {"gamma": 1.0}),
    ("loss", "focal_tversky"): REGION,
    ("loss", "hausdorff"): ({"alpha": 1.0}, {"include": ["sea"]}),
    ("loss", "horizon_line"): ({"line_weight": 0.0}, {"line_weight": 3.0}),
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
    ("model", "encoder_decoder"): (
        {"backbone": "timm", "norm": "group", "activation": "silu", "head_kernel": 3},
        {"backbone": TIMM_CONVNEXT},
        {"backbone": {"use": "plain", "widths": [8, 16]}, "norm": "none", "decoder": {"use": "unet", "widths": [12]}},
    ),
    ("norm", "frn"): ({"threshold": True},),
    ("norm", "group"): ({"groups": 1}, {"groups": 3}),
    ("optimizer", "adam"): ({"amsgrad": True, "weight_decay": 1e-4},),
    ("optimizer", "rmsprop"): ({"momentum": 0.9, "centered": True},),
    ("optimizer", "sgd"): ({"lr": 0.01, "momentum": 0.9, "nesterov": True},),
    ("scheduler", "constant"): ({"warmup_epochs": 1.5},),
    ("scheduler", "cosine"): ({"floor": 0.1, "warmup_epochs": 0.5}, {"floor": 1.0}),
    ("scheduler", "one_cycle"): ({"pct_start": 0.0}, {"pct_start": 1.0}, {"cycle_momentum": False}),
}


def pytest_segkit_options(component: Component) -> tuple[dict[str, Any], ...]:
    return VARIANTS.get((component.kind, component.name), ()) if component.distribution == "segkit" else ()

"""Options with which our own components keep their contracts too (``pytest --segkit-dist segkit``)."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image
from scipy.io import savemat

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
    ("callback", "ema"): ({"decay": 0.5},),
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
    ("metric", "horizon_line"): ({"estimator": "least_squares"},),
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
    ("postprocess", "horizon"): (
        {"estimator": "least_squares"},
        {"below": ["sea"]},
        {
            "smooth": True,
            "focal_px": 60.0,
            "center": [21.0, 11.0],
            "distortion": [-0.2, 0.05, 0.0, 0.0, 0.0],
            "camera_height_m": 2.0,
        },
    ),
    ("scheduler", "constant"): ({"warmup_epochs": 1.5},),
    ("scheduler", "cosine"): ({"floor": 0.1, "warmup_epochs": 0.5}, {"floor": 1.0}),
    ("scheduler", "one_cycle"): ({"pct_start": 0.0}, {"pct_start": 1.0}, {"cycle_momentum": False}),
}


# Of each public data set: where an image lies and its mask, the values of its class 0 and class 1, its options. In the
# names, {split} and {group} are those of PUBLIC_GROUPS, and {n} counts.
TWO = {"sky": ["sky"], "sea": ["road"]}
PUBLIC: Mapping[str, tuple[str, str, tuple[int, int], dict[str, Any]]] = {
    "camvid": ("{split}/{group}_{n}.png", "{split}annot/{group}_{n}.png", (0, 3), {"class_map": TWO}),
    "cityscapes": (
        "leftImg8bit/{split}/{group}/{n}_leftImg8bit.png",
        "gtFine/{split}/{group}/{n}_gtFine_labelIds.png",
        (23, 7),
        {"class_map": TWO},
    ),
    "lars": ("{split}/images/{group}_{n:05}.jpg", "{split}/semantic_masks/{group}_{n:05}.png", (2, 1), {}),
    "massmind": ("Images/a{n:08}.png", "Segmentation_Masks/a{n:08}.png", (0, 1), {}),
    "mastr1325": ("images/{n:04}.jpg", "masks/{n:04}m.png", (2, 1), {}),
    "mastr1478": ("images/{n:04}.jpg", "masks/{n:04}m.png", (2, 1), {}),
    "oxford_pet": (
        "images/{group}_{n}.jpg",
        "annotations/trimaps/{group}_{n}.png",
        (2, 1),
        {"class_map": {"sky": ["background"], "sea": ["pet"]}},
    ),
}
PUBLIC_GROUPS = (("train", 1571161484), ("train", 1603391664), ("val", 1622943241), ("test", 1635452627))


@cache
def public_root(name: str) -> str:
    """Write a public data set in its layout, four frames of each group, into a folder that goes when pytest ends."""
    root = Path(tempfile.mkdtemp(prefix=f"segkit-{name}-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    image_name, mask_name, values, _ = PUBLIC[name]
    noise, lists = np.random.default_rng(0), dict[str, list[str]]()
    for n in range(16):
        split, group = PUBLIC_GROUPS[n // 4]
        mask = np.repeat(np.where(np.arange(20) < 5 + n % 7, *values)[:, None], 28, axis=1)
        pixels = ((image_name, noise.integers(0, 256, (20, 28, 3))), (mask_name, mask))
        for pattern, array in pixels:
            file = root / pattern.format(split=split, group=group, n=n)
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(array.astype(np.uint8)).save(file, format="PNG")  # JPEG would make no difference here
        lists.setdefault("test" if split == "test" else "trainval", []).append(f"{group}_{n} 1 1 1")
    if name == "oxford_pet":
        for stem, lines in lists.items():
            (root / "annotations" / f"{stem}.txt").write_text("\n".join(lines))
    return str(root)


@cache
def smd_root() -> str:
    """Write four films of eight frames with their horizons, into a folder that goes when pytest ends."""
    root = Path(tempfile.mkdtemp(prefix="segkit-smd-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    films, truths = root / "NIR" / "Videos", root / "NIR" / "HorizonGT"
    films.mkdir(parents=True)
    truths.mkdir()
    noise = np.random.default_rng(0)
    for number in range(4):
        code = cv2.VideoWriter.fourcc(*("MJPG", "XVID")[number % 2])
        film = cv2.VideoWriter(str(films / f"MVI_{number}_NIR.avi"), cv2.CAP_FFMPEG, code, 25, (32, 24))
        for _ in range(8):
            film.write(noise.integers(0, 256, (24, 32, 3), np.uint8))
        film.release()
        lines = np.zeros((1, 8), [(name, object) for name in ("X", "Y", "Nx", "Ny")])
        lines[0] = [(16.5, 9.0 + n % 3, 0.1, 1.0) for n in range(8)]
        savemat(truths / f"MVI_{number}_NIR_HorizonGT.mat", {"structXML": lines})
    return str(root)


def pytest_segkit_options(component: Component) -> tuple[dict[str, Any], ...]:
    if component.distribution != "segkit":
        return ()
    if (component.kind, component.name) == ("dataset", "smd"):
        return ({"root": smd_root(), "views": ["NIR"], "every": 2},)
    if component.kind == "dataset" and component.name in PUBLIC:
        return ({"root": public_root(component.name), **PUBLIC[component.name][3]},)
    return VARIANTS.get((component.kind, component.name), ())

"""The options of what others wrote: torch's optimizers, schedulers and layers, kornia's augmentations."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Literal

import kornia.augmentation
import pytest
import torch
import torchmetrics.classification

from segkit.errors import PluginError
from segkit.kinds import KINDS
from segkit.options import REQUIRED, Signature, signature_of
from segkit.spec import ComponentSpec
from segkit.values import fit


def read(kind: str, target: Callable[..., Any], **fields: Any) -> Signature:
    return signature_of(target, ComponentSpec(kind=kind, name="it", path="its:own", summary="Theirs.", **fields))


def classes_of(module: Any, base: type) -> list[type]:
    found = (getattr(module, name) for name in dir(module))
    return [item for item in found if inspect.isclass(item) and issubclass(item, base)]


SHELVES = [
    ("optimizer", classes_of(torch.optim, torch.optim.Optimizer), 10),
    ("scheduler", classes_of(torch.optim.lr_scheduler, torch.optim.lr_scheduler.LRScheduler), 12),
    ("activation", classes_of(torch.nn, torch.nn.Module), 100),
    ("augment", classes_of(kornia.augmentation, torch.nn.Module), 60),
    ("metric", classes_of(torchmetrics.classification, torchmetrics.Metric), 60),
]


@pytest.mark.parametrize(("kind", "targets", "at_least"), SHELVES, ids=[shelf[0] for shelf in SHELVES])
def test_a_whole_shelf_can_be_read(kind: str, targets: list[type], at_least: int) -> None:
    """No exception but PluginError, and engine values stay out."""
    read_well = 0
    for target in targets:
        try:
            signature = read(kind, target)
        except PluginError:
            continue
        read_well += 1
        assert not set(KINDS[kind].engine_values) & signature.options.keys()
        assert all(option.type_name for option in signature.options.values())
    assert read_well >= at_least


def check(signature: Signature, expected: dict[str, tuple[Any, Any]]) -> None:
    found = {name: (signature.options[name].type, signature.options[name].default) for name in expected}
    assert found == expected


def test_adamw() -> None:
    signature = read("optimizer", torch.optim.AdamW)
    assert dict(signature.passes) == {"params": "params"}
    check(
        signature,
        {
            "lr": (float, 1e-3),
            "betas": (tuple[float, float], (0.9, 0.999)),
            "eps": (float, 1e-8),
            "weight_decay": (float, 1e-2),
            "amsgrad": (bool, False),
            "foreach": (bool | None, None),
        },
    )
    assert signature.options["lr"].doc.startswith("learning rate")
    assert signature.options["betas"].doc.startswith("coefficients used for computing running averages")
    assert signature.options["weight_decay"].doc == "weight decay coefficient (default: 1e-2)"
    assert fit(1, signature.options["lr"].type) == 1.0
    assert fit([0.8, 1], signature.options["betas"].type) == (0.8, 1.0)


def test_sgd() -> None:
    signature = read("optimizer", torch.optim.SGD)
    check(signature, {"lr": (float, 1e-3), "momentum": (float, 0), "nesterov": (bool, False)})


def test_one_cycle_lr() -> None:
    signature = read("scheduler", torch.optim.lr_scheduler.OneCycleLR)
    assert dict(signature.passes) == {
        "optimizer": "optimizer",
        "total_steps": "total_steps",
        "steps_per_epoch": "steps_per_epoch",
    }
    check(
        signature,
        {
            "max_lr": (float | list[float], REQUIRED),
            "pct_start": (float, 0.3),
            "anneal_strategy": (Literal["cos", "linear"], "cos"),
            "cycle_momentum": (bool, True),
        },
    )


def test_multi_step_lr_needs_milestones() -> None:
    signature = read("scheduler", torch.optim.lr_scheduler.MultiStepLR)
    check(signature, {"milestones": (list[int], REQUIRED), "gamma": (float, 0.1)})


def test_layers() -> None:
    norm = read(
        "norm", torch.nn.BatchNorm2d, passes={"channels": "num_features"}, fixed={"device": None, "dtype": None}
    )
    assert dict(norm.passes) == {"channels": "num_features"}
    check(norm, {"eps": (float, 1e-5), "momentum": (float | None, 0.1), "affine": (bool, True)})
    assert not {"num_features", "device", "dtype"} & norm.options.keys()

    check(read("norm", torch.nn.GroupNorm, passes={"channels": "num_channels"}), {"num_groups": (int, REQUIRED)})
    check(read("activation", torch.nn.LeakyReLU), {"negative_slope": (float, 0.01), "inplace": (bool, False)})
    check(read("activation", torch.nn.Softmax), {"dim": (int | None, None)})
    assert read("activation", torch.nn.Softmax, fixed={"dim": 1}).options == {}
    assert read("activation", torch.nn.Tanh).options == {}
    cross_entropy = read("loss", torch.nn.CrossEntropyLoss)
    check(cross_entropy, {"ignore_index": (int, -100), "reduction": (str, "mean"), "label_smoothing": (float, 0.0)})
    assert "weight" not in cross_entropy.options  # a tensor


def test_kornia_s_augmentations() -> None:
    rotation = read("augment", kornia.augmentation.RandomRotation).options
    assert rotation["degrees"].default is REQUIRED
    assert fit(15, rotation["degrees"].type) == 15.0
    assert fit([-5, 15], rotation["degrees"].type) == (-5.0, 15.0)
    assert (rotation["p"].type, rotation["p"].default) == (float, 0.5)
    assert fit("BILINEAR", rotation["resample"].type) == "BILINEAR"

    affine = read("augment", kornia.augmentation.RandomAffine).options
    assert affine["degrees"].type == float | tuple[float, float]
    assert affine["translate"].type == tuple[float, float] | None
    assert fit([0.1, 0.2], affine["translate"].type) == (0.1, 0.2)

    flip = read("augment", kornia.augmentation.RandomHorizontalFlip).options
    assert (flip["p"].type, flip["p"].default) == (float, 0.5)
    with pytest.raises(PluginError, match=r"needs center_x: .*Tensor.*, which no recipe can write"):
        read("augment", kornia.augmentation.RandomFisheye)

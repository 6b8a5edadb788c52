"""Replacing the norms and activations of a timm model that is already built, and keeping their weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import nn

from segkit.kinds import Activation, Make, Norm
from segkit_std.backbones._by_channels import ByChannels

# timm has dozens of norms and activations, more with each release; where a class comes from says what it is.
NORMS = (
    "torch.nn.modules.batchnorm",
    "torch.nn.modules.instancenorm",
    "torch.nn.modules.normalization",
    "timm.layers.norm",
    "timm.layers.norm_act",
)
ACTIVATIONS = (
    "torch.nn.modules.activation",
    "timm.layers.activations",
    "timm.layers.activations_me",
)
OWN_ACTIVATIONS = ("SquaredReLU", "StarReLU")  # of timm's MetaFormer, which defines them beside the model

# These weigh what flows past them, by a number from 0 to 1, and are no activations of the network: the sigmoids of
# squeeze-and-excitation and its relatives, the softmax of attention. With a relu in their place the weights would have
# no upper bound.
GATES = ("sigmoid", "hardsigmoid", "hardsigmoidme", "softmax")
NO_ACTIVATIONS = ("MultiheadAttention",)

# A norm and a non-linearity in one formula, or an activation whose scale was derived for its own function.
INSEPARABLE = ("timm.layers.evo_norm", "timm.layers.filter_response_norm", "timm.layers.inplace_abn")
SCALED = ("GammaAct",)  # of the normalizer-free networks

_Wanted = Callable[[nn.Module], bool]
_Make = Callable[[nn.Module], nn.Module]


def replace(net: nn.Module, name: str, norm: Make[Norm] | None, activation: Make[Activation] | None) -> None:
    """Put a chosen norm and a chosen activation in the place of a model's own, in the model itself.

    A layer that is of the chosen type already stays as it is. The new norm takes over the weight, bias and running
    statistics that it has itself in the same shape; a batch norm that stays one keeps its eps with its statistics. A
    norm that has its activation inside becomes both, one behind the other. Gates (see GATES) stay, and what a model
    computes without a layer for it, such as the ReLU in MobileViT v2's attention. Convolutions stay too: behind one
    without a bias, a norm without a shift leaves none.

    Args:
        net: A model of timm.
        name: Its name, for errors.
        norm: Called with ``channels``; None leaves the norms.
        activation: Called with nothing; None leaves the activations.

    Raises:
        ValueError: When a layer cannot be replaced.
    """
    _expect_separable(net, name, norm is not None, activation is not None)
    if activation is not None:
        _replace_all(net, is_activation, partial(_new_activation, make=activation), {})
    if norm is not None:
        _replace_all(net, is_norm, partial(_new_norm, name=name, make=norm), {})


def is_activation(module: nn.Module) -> bool:
    """Tell whether a module is an activation of the network, and no gate."""
    name = type(module).__name__
    if name in OWN_ACTIVATIONS:
        return True
    return _is_from(module, ACTIVATIONS) and name.lower() not in GATES and name not in NO_ACTIVATIONS


def is_norm(module: nn.Module) -> bool:
    """Tell whether a module is a norm, with an activation inside or without."""
    return _is_from(module, NORMS)


def _is_from(module: nn.Module, homes: tuple[str, ...]) -> bool:
    return any(kind.__module__ in homes for kind in type(module).__mro__)


def _expect_separable(net: nn.Module, name: str, norm: bool, activation: bool) -> None:
    for module in net.modules():
        kind = type(module).__name__
        if _is_from(module, INSEPARABLE) or (activation and kind in SCALED):
            chosen = " and ".join(["norm"] * norm + ["activation"] * activation)
            raise ValueError(
                f"{chosen} must be left to timm's {name!r}, whose {kind} is more than that and cannot be replaced: "
                "write null, or choose another model"
            )


def _replace_all(parent: nn.Module, wanted: _Wanted, make: _Make, made: dict[nn.Module, nn.Module]) -> None:
    for key, old in list(parent._modules.items()):  # named_children leaves out one that has two names
        if old is None:
            continue
        if not wanted(old):
            _replace_all(old, wanted, make, made)
            continue
        if old not in made:
            made[old] = _stand_in(old, make(old))
        setattr(parent, key, made[old])


def _stand_in(old: nn.Module, new: nn.Module) -> nn.Module:
    if type(new) is type(old):
        return old
    # timm takes some models' maps with hooks, which may sit on a norm or an activation.
    new._forward_hooks.update(old._forward_hooks)
    new._forward_pre_hooks.update(old._forward_pre_hooks)
    return new.train(old.training)


def _new_activation(old: nn.Module, make: Make[Activation]) -> nn.Module:
    new: Any = make()
    return new  # type: ignore[no-any-return]


def _new_norm(old: Any, name: str, make: Make[Norm]) -> nn.Module:
    channels = _channels(old)
    if channels is None:
        raise ValueError(
            f"norm must be left to timm's {name!r}, whose {old} is over more than the channels: write null, or choose "
            "another model"
        )
    new: Any = make(channels=channels)
    _take_over(old, new)
    layer = ByChannels(new, axis) if (axis := _axis(old)) is not None else new
    behind = [part for part in (getattr(old, key, None) for key in ("drop", "act")) if _does_something(part)]
    return nn.Sequential(layer, *behind) if hasattr(old, "act") else layer


def _channels(norm: Any) -> int | None:
    for key in ("num_features", "num_channels", "normalized_shape"):
        size = getattr(norm, key, None)
        if size is not None:
            return size if isinstance(size, int) else (size[0] if len(size) == 1 else None)
    return None


def _axis(norm: nn.Module) -> int | None:
    """Give the axis of the channels where a norm's input is no (N, C, H, W)."""
    if isinstance(norm, (nn.BatchNorm1d, nn.InstanceNorm1d)):
        return 1
    over_last = isinstance(norm, (nn.LayerNorm, nn.RMSNorm)) or _is_from(norm, ("timm.layers.norm",))
    takes_maps = isinstance(norm, nn.GroupNorm) or "2d" in type(norm).__name__  # timm's LayerNorm2d is a LayerNorm
    return -1 if over_last and not takes_maps else None


def _does_something(part: Any) -> bool:
    return isinstance(part, nn.Module) and not isinstance(part, nn.Identity)


def _take_over(old: nn.Module, new: Any) -> None:
    theirs, ours = old.state_dict(), new.state_dict()
    with torch.no_grad():
        for key, value in ours.items():
            if key in theirs and theirs[key].shape == value.shape:
                value.copy_(theirs[key])
    if "running_var" in theirs and "running_var" in ours:
        new.eps = old.eps

"""Making timm's feature models, with the weights of a local file if wanted."""

from __future__ import annotations

import difflib
import pickle
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import timm
from safetensors import SafetensorError
from timm.models import PretrainedCfg, adapt_input_conv, get_pretrained_cfg, load_state_dict
from torch import Tensor, nn

from segkit_std.backbones._packaged import packaged_weights

CHANNELS = 3  # of the images that timm's weights were trained on
SHOWN = 300  # characters of torch's list of keys, which may have thousands

# What lets a model of a fixed image size take others; which of them a model knows, only its constructor can tell.
ANY_SIZE: tuple[dict[str, Any], ...] = ({"dynamic_img_size": True}, {"strict_img_size": False})


def config_of(name: str) -> PretrainedCfg:
    """Give what timm knows of a model and its weights.

    Raises:
        ValueError: When timm has no such model or no such weights; the nearest names are given.
    """
    if not timm.is_model(name):
        near = difflib.get_close_matches(name, timm.list_models(), n=3)
        remedy = f"did you mean {' or '.join(map(repr, near))}?" if near else "timm.list_models() gives all names"
        raise ValueError(f"name must be a model that timm {timm.__version__} has, not {name!r}: {remedy}")
    try:
        return get_pretrained_cfg(name) or PretrainedCfg()
    except RuntimeError as error:
        tags = timm.list_models(f"{name.partition('.')[0]}.*", pretrained=True)
        raise ValueError(
            f"name must have one of timm's tags, {', '.join(tags)}, not {name!r}: or leave it out"
        ) from error


def create(
    name: str, pretrained: bool | Literal["package"] | Path, in_channels: int, out_indices: Sequence[int] | None
) -> Any:
    """Make timm's feature model.

    Args:
        name: As in timm.
        pretrained: Whether to fetch weights, "package" for those of an installed one, or the file that holds them.
        in_channels: Channels of an image.
        out_indices: Which maps; None for all.

    Raises:
        ValueError: When the model, the weights or the maps cannot be had.
    """
    options: dict[str, Any] = {"features_only": True, "in_chans": in_channels}
    if out_indices is not None:
        if not out_indices or list(out_indices) != sorted(set(out_indices)) or out_indices[0] < 0:
            raise ValueError(f"out_indices must count up from 0 on, not {list(out_indices)}: give such as [1, 2, 3]")
        options["out_indices"] = tuple(out_indices)
    if pretrained is True:
        return _fetch(name, options)
    try:
        net = _create(name, **options)
    except (RuntimeError, AssertionError, IndexError) as error:  # timm refuses features_only or an index with these
        raise ValueError(f"timm's {name!r} cannot give these feature maps: {error}") from error
    if pretrained is False:
        return net
    if pretrained == "package":
        _copy(_adapted(packaged_weights(name), net, in_channels), net)
        return net
    path = Path(pretrained)
    state = _read(path)
    try:
        if state.keys() == net.state_dict().keys():
            net.load_state_dict(_adapted(state, net, in_channels))
        else:
            _copy(_classifier(name, path, state, in_channels).state_dict(), net)
    except (RuntimeError, KeyError) as error:
        raise ValueError(f"{path} does not hold the weights of timm's {name!r}: {str(error)[:SHOWN]}") from error
    return net


def _create(name: str, **options: Any) -> Any:
    if config_of(name).fixed_input_size:
        for any_size in ANY_SIZE:
            try:
                return timm.create_model(name, **any_size, **options)
            except TypeError as error:
                if "unexpected keyword argument" not in str(error):
                    raise
    return timm.create_model(name, **options)


def _fetch(name: str, options: dict[str, Any]) -> Any:
    if not config_of(name).has_weights:
        raise ValueError(f"pretrained: timm has no weights of {name!r}: give the path of a file, or false")
    try:
        return _create(name, pretrained=True, **options)
    except OSError as error:
        raise ValueError(
            f"pretrained: the weights of {name!r} could not be fetched ({error}): give the path of a file, or false"
        ) from error


def _read(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise ValueError(f"pretrained must be true, false or a file of weights, not {path}: there is no such file")
    try:
        state = load_state_dict(str(path), weights_only=True)
    except (OSError, RuntimeError, EOFError, KeyError, pickle.UnpicklingError, SafetensorError) as error:
        raise ValueError(f"pretrained: {path} cannot be read as .safetensors or .pth: {error}") from error
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ValueError(f"pretrained: {path} must hold named tensors only: save a state_dict")
    return dict(state)


def _adapted(state: Mapping[str, Tensor], net: nn.Module, in_channels: int) -> dict[str, Tensor]:
    """Fit the first convolution of a model's weights to the images' channels."""
    wanted = {_flat(key): value.shape for key, value in net.state_dict().items()}
    adapted = dict(state)
    for key, value in state.items():
        if value.ndim == 4 and value.shape[1] == CHANNELS and wanted.get(_flat(key), (0, 0))[1] == in_channels:
            adapted[key] = adapt_input_conv(in_channels, value)
    return adapted


def _classifier(name: str, path: Path, state: dict[str, Tensor], in_channels: int) -> nn.Module:
    """Make the whole classification model of the file's weights: unlike a feature model, timm loads it strictly.

    Its loader also knows the older names of some models' weights.
    """
    head = config_of(name).classifier
    weight = state.get(f"{head if isinstance(head, str) or not head else head[0]}.weight")
    classes = 0 if weight is None else len(weight)
    overlay = {"file": str(path), "source": "", "custom_load": False, "num_classes": classes, "label_offset": 0}
    model: nn.Module = _create(
        name, pretrained=True, pretrained_cfg_overlay=overlay, num_classes=classes, in_chans=in_channels
    )
    return model


def _copy(state: Mapping[str, Tensor], net: nn.Module) -> None:
    """Copy the weights of a classification model into its feature model."""
    weights = {_flat(key): value for key, value in state.items()}
    net.load_state_dict({key: weights[_flat(key)] for key in net.state_dict()})


def _flat(key: str) -> str:
    """Give one name to what a classification model calls ``stages.0.x`` and its feature model ``stages_0.x`` or so."""
    return re.sub(r"^(model|body)\.", "", key).replace(".", "_")

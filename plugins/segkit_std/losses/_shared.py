"""What the losses share: one form of logits, one reading of the target. Ignored pixels belong to no class."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from segkit.kinds import IGNORE


def widen(logits: Tensor) -> Tensor:
    """Give the logits in float32, or as they are when they are float64."""
    return logits if logits.dtype == torch.float64 else logits.float()


def binary_logit(logits: Tensor) -> Tensor:
    """Give the one logit (N, H, W) that logits (N, 1 or 2, H, W) of two classes stand for: that of class 1."""
    wide = widen(logits)
    return wide[:, 0] if wide.shape[1] == 1 else wide[:, 1] - wide[:, 0]


def expand(logits: Tensor) -> Tensor:
    """Give (N, K >= 2, H, W) logits: z of two classes becomes (0, z), whose softmax is (1 - sigmoid(z), sigmoid(z))."""
    wide = widen(logits)
    return torch.cat([torch.zeros_like(wide), wide], dim=1) if wide.shape[1] == 1 else wide


# The maps below are arithmetic in floats, where comparisons would say it more plainly: on a CPU the maps of bool that
# those give, and what is then computed with them, cost several times as much.


def valid_map(target: Tensor, dtype: torch.dtype) -> Tensor:
    """Give 1 where the target (N, H, W) counts and 0 where it is ignored."""
    return (IGNORE - target.to(dtype)).clamp_(max=1)


def binary_maps(target: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Give ``class_map`` of class 1 and ``valid_map`` of a target (N, H, W) that holds 0, 1 and ignored pixels only."""
    wide = target.to(dtype)
    valid = (IGNORE - wide).clamp_(max=1)
    return wide * valid, valid


def class_map(target: Tensor, label: int | Tensor, dtype: torch.dtype) -> Tensor:
    """Give 1 where the target (N, H, W) is the class ``label`` and 0 elsewhere."""
    return (1 - (target.to(dtype) - label).abs_()).clamp_(min=0)


def class_maps(target: Tensor, channels: int, dtype: torch.dtype) -> Tensor:
    """Give ``class_map`` of each class (N, channels, H, W)."""
    return class_map(target.unsqueeze(1), torch.arange(channels, device=target.device).view(1, -1, 1, 1), dtype)


def class_indices(include: Sequence[str] | None, classes: Sequence[str]) -> list[int] | None:
    """Give the indices of the included classes; None, for all of them, when ``include`` is None.

    Raises:
        ValueError: When ``include`` is empty, repeats a class or names one that does not exist.
    """
    if include is None:
        return None
    if not include or len(set(include)) < len(include) or not set(include) <= set(classes):
        raise ValueError(f"include must be one or more of the classes {list(classes)}, each once, not {list(include)}")
    return [list(classes).index(name) for name in include]


def check_label_smoothing(value: float) -> float:
    """Give the value back.

    Raises:
        ValueError: When it does not lie in [0, 1).
    """
    if not 0 <= value < 1:
        raise ValueError(f"label_smoothing must lie in [0, 1), not {value}: give such as 0.05")
    return value

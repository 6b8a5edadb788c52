"""What the losses share: one form of logits, one reading of the target. Ignored pixels belong to no class."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def widen(logits: Tensor) -> Tensor:
    """Give the logits in float32, or as they are when they are float64."""
    return logits if logits.dtype == torch.float64 else logits.float()


def expand(logits: Tensor) -> Tensor:
    """Give (N, K >= 2, H, W) logits: z of two classes becomes (0, z), whose softmax is (1 - sigmoid(z), sigmoid(z))."""
    wide = widen(logits)
    return torch.cat([torch.zeros_like(wide), wide], dim=1) if wide.shape[1] == 1 else wide


def hits(target: Tensor, channels: int) -> Tensor:
    """Give a bool map (N, channels, H, W) that says where the target (N, H, W) is class k."""
    # A bool of one byte: the int64 of torch's one_hot costs eight times the memory, and trips over 255.
    return target.unsqueeze(1) == torch.arange(channels, device=target.device).view(1, -1, 1, 1)


def class_indices(include: Sequence[str] | None, classes: Sequence[str]) -> list[int]:
    """Give the indices of the included classes, of all when ``include`` is None.

    Raises:
        ValueError: When ``include`` is empty, repeats a class or names one that does not exist.
    """
    if include is None:
        return list(range(len(classes)))
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

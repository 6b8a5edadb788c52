"""Pixels in, classes out: the one definition of what the network sees of a frame and of what its logits say."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from segkit.tensors import predicted_classes

_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601
_TAIL = 1000  # one in so many values of a 16-bit frame, at each end: dead pixels, and the sun in an infrared frame


def to_uint8(image: np.ndarray, channels: int) -> np.ndarray:
    """Give a frame as 8-bit with the number of channels that the network takes.

    A 16-bit frame is scaled linearly by its own range, without the outermost thousandth of its values at each end (of
    n values in order, those at floor(n / 1000) from either end become 0 and 255; what lies beyond is clipped). Infrared
    cameras use a small part of their range, which drifts: scaled by all of it, a scene would be left a few grey levels.
    Scaled by the least and the greatest value, a film would flicker whenever a hot spot enters or a pixel dies.

    Color becomes grey by the luma of ITU-R BT.601; grey is repeated.

    Args:
        image: (H, W, C) uint8 or uint16, C = 1 or 3.
        channels: 1 or 3.
    """
    if image.dtype == np.uint16:
        image = _by_own_range(image)
    if image.shape[2] == channels:
        return image
    if channels == 1:
        return np.round(image.astype(np.float32) @ _LUMA).astype(np.uint8)[..., None]
    return np.repeat(image, 3, axis=2)


def _by_own_range(image: np.ndarray) -> np.ndarray:
    below = np.bincount(image.ravel(), minlength=1 << 16).cumsum()  # counting is faster than sorting
    tail = image.size // _TAIL
    low, high = np.searchsorted(below, [tail, image.size - 1 - tail], side="right")
    levels = (np.arange(1 << 16, dtype=np.float32) - low) * (255.0 / max(high - low, 1))
    scaled: np.ndarray = np.round(levels).clip(0, 255).astype(np.uint8)[image]
    return scaled


def resize_image(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Squash (H, W, C) uint8 to a size, bilinearly and, when it shrinks, without aliasing."""
    if image.shape[:2] == size:
        return image
    batch = _tensor(image).permute(2, 0, 1)[None]
    small = F.interpolate(batch, size, mode="bilinear", align_corners=False, antialias=True)
    return small[0].permute(1, 2, 0).contiguous().numpy()


def resize_mask(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Squash (H, W) uint8 class indices to a size by the nearest pixel."""
    if mask.shape == size:
        return mask
    batch = _tensor(mask)[None, None]
    return F.interpolate(batch, size, mode="nearest-exact")[0, 0].numpy()


def _tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.require(array, requirements=["C", "W"]))  # torch warns of arrays that are read-only


def at_size(logits: Tensor, size: tuple[int, int]) -> Tensor:
    """Bring logits (N, K, h, w) to a frame's own (H, W), bilinearly."""
    if logits.shape[-2:] == size:
        return logits
    return F.interpolate(logits.float(), size, mode="bilinear", align_corners=False)


def labels(logits: Tensor) -> Tensor:
    """Give the class of every pixel, (N, K, H, W) -> (N, H, W) uint8; with K = 1 it is 1 where the logit is above 0."""
    return predicted_classes(logits).to(torch.uint8)

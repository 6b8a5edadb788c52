"""Pixels in, classes out: the one definition of what the network sees of a frame and of what its logits say."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601


def to_uint8(image: np.ndarray, channels: int) -> np.ndarray:
    """Give a frame as 8-bit with the number of channels that the network takes.

    A 16-bit frame is scaled linearly so that its own darkest pixel becomes 0 and its brightest 255: infrared cameras
    use a small, drifting part of their range. Color becomes grey by the luma of ITU-R BT.601; grey is repeated.

    Args:
        image: (H, W, C) uint8 or uint16, C = 1 or 3.
        channels: 1 or 3.
    """
    if image.dtype == np.uint16:
        low, high = int(image.min()), int(image.max())
        image = np.round((image.astype(np.float32) - low) * (255.0 / max(high - low, 1))).astype(np.uint8)
    if image.shape[2] == channels:
        return image
    if channels == 1:
        return np.round(image.astype(np.float32) @ _LUMA).astype(np.uint8)[..., None]
    return np.repeat(image, 3, axis=2)


def resize_image(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Squash (H, W, C) uint8 to a size, bilinearly and, when it shrinks, without aliasing."""
    if image.shape[:2] == size:
        return image
    batch = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None]
    small = F.interpolate(batch, size, mode="bilinear", align_corners=False, antialias=True)
    return small[0].permute(1, 2, 0).contiguous().numpy()


def resize_mask(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Squash (H, W) uint8 class indices to a size by the nearest pixel."""
    if mask.shape == size:
        return mask
    batch = torch.from_numpy(np.ascontiguousarray(mask))[None, None]
    return F.interpolate(batch, size, mode="nearest-exact")[0, 0].numpy()


def at_size(logits: Tensor, size: tuple[int, int]) -> Tensor:
    """Bring logits (N, K, h, w) to a frame's own (H, W), bilinearly."""
    if logits.shape[-2:] == size:
        return logits
    return F.interpolate(logits.float(), size, mode="bilinear", align_corners=False)


def labels(logits: Tensor) -> Tensor:
    """Give the class of every pixel, (N, K, H, W) -> (N, H, W) uint8; with K = 1 it is 1 where the logit is above 0."""
    if logits.shape[1] == 1:
        return (logits[:, 0] > 0).to(torch.uint8)
    return logits.max(dim=1).indices.to(torch.uint8)  # argmax(1) is ten times slower on a CPU

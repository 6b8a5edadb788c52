"""The bases of the augmentations that kornia makes: which images change, how masks travel, what dtype is used."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from kornia.augmentation import AugmentationSequential, GeometricAugmentationBase2D, IntensityAugmentationBase2D
from kornia.constants import DataKey, Resample
from torch import Tensor, nn

from segkit.kinds import IGNORE


class KorniaAugment(nn.Module, ABC):
    """A random change of some images of a batch: each is chosen with probability ``p``, and only those are computed.

    Which are chosen is drawn on the CPU, so the choice waits for no device.

    Args:
        p: Probability in [0, 1] that an image is changed.

    Raises:
        ValueError: When ``p`` lies outside [0, 1].
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"p must be a probability in [0, 1], not {p}: give such as 0.5")
        self.p = p

    def forward(self, images: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        """Change images (N, C, H, W) in [0, 1] and masks (N, H, W); what left the frame is 0 and 255 (ignored)."""
        chosen = (torch.rand(len(images)) < self.p).nonzero().flatten().to(images.device)
        if not len(chosen):
            return images, masks
        with torch.autocast(images.device.type, enabled=False):
            new_images, new_masks = self.change(images[chosen].float(), masks[chosen])
        return images.index_copy(0, chosen, new_images.to(images.dtype)), masks.index_copy(0, chosen, new_masks)

    @abstractmethod
    def change(self, images: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        """Change each of the images (n, C, H, W) float32 and of the masks (n, H, W)."""


class ColorAugment(KorniaAugment):
    """A change of the colors, which leaves the masks as they are.

    Args:
        transform: A kornia augmentation that changes every image (its ``p`` is 1).
        p: Probability in [0, 1] that an image is changed.
    """

    def __init__(self, transform: IntensityAugmentationBase2D, p: float) -> None:
        super().__init__(p)
        self.transform = transform

    def change(self, images: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        """Change the images alone, and keep them in [0, 1]."""
        return self.transform(images).clamp(0, 1), masks


class GeometricAugment(KorniaAugment):
    """A change of where things are, the same for an image and its mask.

    kornia moves float masks only, and fills what left the frame with 0. So a mask travels as label + 1, which makes
    that 0 the one value that no pixel has, and comes back with 255 in its place.

    Args:
        transform: A kornia augmentation that changes every image (its ``p`` is 1).
        p: Probability in [0, 1] that an image is changed.
    """

    def __init__(self, transform: GeometricAugmentationBase2D, p: float) -> None:
        super().__init__(p)
        nearest = {DataKey.MASK: {"resample": Resample.NEAREST, "align_corners": None}}  # None: as for the image
        self.transform = AugmentationSequential(transform, data_keys=["input", "mask"], extra_args=nearest)

    def change(self, images: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        """Change the images and the masks alike."""
        new_images, moved = self.transform(images, masks.unsqueeze(1).float().add_(1))
        labels = torch.where(moved > 0.5, moved - 1, IGNORE)
        # Interpolation rounds: between ones it may give 1 + 1e-7.
        return new_images.clamp(0, 1), labels.squeeze(1).to(masks.dtype)

"""An augmentation that keeps its contract, and others that break it in one way each."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

SHIFT = 6  # pixels to the right


def shifted(x: Tensor, fill: int) -> Tensor:
    return F.pad(x[..., :-SHIFT], (SHIFT, 0), value=fill)


class Healthy(nn.Module):
    """Shifts to the right or not, and changes the brightness."""

    fill = 255

    def forward(self, images: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        if self.chance() < 0.5:
            images, masks = shifted(images, 0), self.moved(masks)
        return self.bright(images), masks

    def chance(self) -> float:
        return torch.rand(()).item()

    def moved(self, masks: Tensor) -> Tensor:
        return shifted(masks, self.fill)

    def bright(self, images: Tensor) -> Tensor:
        return (images * (0.8 + 0.4 * torch.rand(()))).clamp(0, 1)


class FillsWithClassZero(Healthy):
    """Calls what left the frame class 0."""

    fill = 0


class LeavesMasks(Healthy):
    """Moves the images alone."""

    def moved(self, masks: Tensor) -> Tensor:
        return masks


class MovesTheOtherWay(Healthy):
    """Moves the masks to the left."""

    def moved(self, masks: Tensor) -> Tensor:
        return super().moved(masks.flip(-1)).flip(-1)


class MovesTooFar(Healthy):
    """Moves the masks twice."""

    def moved(self, masks: Tensor) -> Tensor:
        return super().moved(super().moved(masks))


class BlendsLabels(Healthy):
    """Halves and enlarges the masks bilinearly."""

    def moved(self, masks: Tensor) -> Tensor:
        small = F.avg_pool2d(super().moved(masks).float()[:, None], 3, stride=1, padding=1)
        return small[:, 0].to(masks.dtype)


class TooBright(Healthy):
    """Does not keep images within [0, 1]."""

    def bright(self, images: Tensor) -> Tensor:
        return images * (0.9 + 0.4 * torch.rand(()))


class Bytes(Healthy):
    """Gives masks of bytes."""

    def moved(self, masks: Tensor) -> Tensor:
        return super().moved(masks).to(torch.uint8)


class DrawsFromNumpy(Healthy):
    """Draws from the global generator of numpy."""

    def chance(self) -> float:
        return float(np.random.rand())  # noqa: NPY002 - that is the fault


class DrawsFromEntropy(Healthy):
    """Draws from a generator that no seed reaches."""

    def bright(self, images: Tensor) -> Tensor:
        return images * np.random.default_rng().uniform(0.5, 1.0)


class WritesIntoImages(Healthy):
    """Changes the images that it is given."""

    def bright(self, images: Tensor) -> Tensor:
        return images.mul_(0.9)


class Remembers(Healthy):
    """Makes images darker from call to call."""

    calls = 0

    def bright(self, images: Tensor) -> Tensor:
        self.calls += 1
        return super().bright(images) / self.calls


class Unignores(Healthy):
    """Makes ignored pixels class 0 when nothing is moved."""

    def forward(self, images: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        images, masks = super().forward(images, masks)
        return images, torch.where(masks == 255, 0, masks)

"""A loss that keeps its contract, and others that break it in one way each."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def valid(target: Tensor) -> Tensor:
    return target != 255


class Healthy(nn.Module):
    """Softmax cross-entropy, the mean over the valid pixels."""

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        return self.pixels(self.expand(logits), target).sum() / valid(target).sum().clamp(min=1)

    def expand(self, logits: Tensor) -> Tensor:
        wide = logits if logits.dtype == torch.float64 else logits.float()
        return torch.cat([torch.zeros_like(wide), wide], dim=1) if wide.shape[1] == 1 else wide

    def pixels(self, logits: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(logits, target, ignore_index=255, reduction="none")


class SmoothedDice(Healthy):
    """Soft Dice with a smoothing term, which alone keeps an absent class from 0 / 0: its gradient is next to none."""

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        wide = self.expand(logits)
        truth = torch.stack([target == k for k in range(wide.shape[1])], dim=1).to(wide.dtype)[:, 1:]
        probability = (wide.softmax(dim=1) * valid(target).unsqueeze(1))[:, 1:]
        both, whole = ((truth * probability).sum((0, 2, 3)), (truth + probability).sum((0, 2, 3)))
        return (1 - (2 * both + 1e-5) / (whole + 1e-5)).mean() * valid(target).any()


class MeanOverAll(Healthy):
    """Counts ignored pixels in the mean."""

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        return self.pixels(self.expand(logits), target).mean()


class NotANumber(Healthy):
    """Divides 0 by 0 where all is ignored."""

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        return self.pixels(self.expand(logits), target).sum() / valid(target).sum()


class OneLogitHalved(Healthy):
    """Takes one logit for the odds of class 1 against both, so one and two logits cost differently."""

    def expand(self, logits: Tensor) -> Tensor:
        wide = super().expand(logits)
        return wide / 2 if logits.shape[1] == 1 else wide


class Narrow(Healthy):
    """Computes in the logits' own precision."""

    def expand(self, logits: Tensor) -> Tensor:
        return super().expand(logits).to(logits.dtype)


class Unstable(Healthy):
    """Takes the logarithm of a probability that has become 0."""

    def pixels(self, logits: Tensor, target: Tensor) -> Tensor:
        return F.nll_loss(logits.softmax(dim=1).log(), target, ignore_index=255, reduction="none")


class ReadsIgnored(Healthy):
    """Has no gradient where pixels are ignored, but counts what is predicted there."""

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().forward(logits, target) * (1 + logits.detach().float().sigmoid().mean())


class Upside(Healthy):
    """Rewards what is wrong."""

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().forward(-logits, target)


class OutOfBounds(Healthy):
    """Declares bounds that it does not keep."""

    bounds = (0.0, 1.0)


class RoundsFloat32(Healthy):
    """Goes through half precision on its way to float32."""

    def expand(self, logits: Tensor) -> Tensor:
        wide = super().expand(logits)
        return wide.bfloat16().float() if wide.dtype == torch.float32 else wide


class ByPlace(Healthy):
    """Lets a pixel count the more the farther right it is, and an image the later it comes."""

    def pixels(self, logits: Tensor, target: Tensor) -> Tensor:
        costs = super().pixels(logits, target)
        images, _, columns = (torch.arange(1, side + 1) for side in costs.shape)
        return costs * images.view(-1, 1, 1) * columns / 10


class Viewed(Healthy):
    """Takes for granted how the logits lie in memory."""

    def expand(self, logits: Tensor) -> Tensor:
        return super().expand(logits.view(-1).view(logits.shape))


class WritesIntoTarget(Healthy):
    """Makes ignored pixels class 0 when it is done."""

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        value = super().forward(logits, target)
        target.masked_fill_(target == 255, 0)
        return value


class ByShare(Healthy):
    """Weighs by the inverse of the training pixels, of which a class may have none."""

    def __init__(self, class_counts: list[int]) -> None:
        super().__init__()
        self.weights = [1 / count for count in class_counts]

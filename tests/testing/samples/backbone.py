"""A backbone that keeps its contract, and others that break it in one way each."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from segkit.kinds import Activation, Make, Norm


def own_norm(channels: int) -> nn.Module:
    return nn.GroupNorm(1, channels)


class Healthy(nn.Module):
    """Two levels of one convolution each."""

    channels, strides = (6, 8), (2, 4)

    def __init__(
        self, in_channels: int, norm: Make[Norm] | None = None, activation: Make[Activation] | None = None
    ) -> None:
        super().__init__()
        inputs = (in_channels, *self.channels)
        self.levels = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(before, after, 3, stride=2, padding=1),
                self.make(norm or own_norm, after),
                self.act(activation),
            )
            for before, after in zip(inputs, (6, 8), strict=False)
        )

    def make(self, norm: Any, channels: int) -> Any:
        return norm(channels=channels)

    def act(self, activation: Any) -> Any:
        return (activation or nn.ReLU)()

    def forward(self, images: Tensor) -> list[Tensor]:
        maps = []
        for level in self.levels:
            images = level(images)
            maps.append(images)
        return maps


class WrongStrides(Healthy):
    """Says that its first map is as fine as the image."""

    strides = (1, 2)


class CoarsestFirst(Healthy):
    """Gives its maps, and declares them, from the coarsest to the finest."""

    channels, strides = (8, 6), (4, 2)

    def __init__(
        self, in_channels: int, norm: Make[Norm] | None = None, activation: Make[Activation] | None = None
    ) -> None:
        super().__init__(in_channels, norm, activation)
        self.levels = Healthy(in_channels, norm, activation).levels

    def forward(self, images: Tensor) -> list[Tensor]:
        return super().forward(images)[::-1]


class MultiplesOnly(Healthy):
    """Refuses what does not divide by 32."""

    def forward(self, images: Tensor) -> list[Tensor]:
        if any(side % 32 for side in images.shape[2:]):
            raise RuntimeError("sizes must divide by 32")
        return super().forward(images)


class DeafToTheNorm(Healthy):
    """Asks for a norm and takes batch norm."""

    def make(self, norm: Any, channels: int) -> Any:
        return nn.BatchNorm2d(channels)


class DeafToTheActivation(Healthy):
    """Asks for an activation and takes ReLU."""

    def act(self, activation: Any) -> Any:
        return nn.ReLU()


class NoneUnexpected(Healthy):
    """Calls the norm also where the recipe chose none."""

    def __init__(self, in_channels: int, norm: Make[Norm], activation: Make[Activation] | None = None) -> None:
        norm(channels=1)
        super().__init__(in_channels, norm, activation)


class ColorOnly(Healthy):
    """Takes images of three channels."""

    def __init__(
        self, in_channels: int, norm: Make[Norm] | None = None, activation: Make[Activation] | None = None
    ) -> None:
        super().__init__(3, norm, activation)


class Idle(Healthy):
    """Has a layer that nothing passes through."""

    def __init__(
        self, in_channels: int, norm: Make[Norm] | None = None, activation: Make[Activation] | None = None
    ) -> None:
        super().__init__(in_channels, norm, activation)
        self.classifier = nn.Linear(8, 10)


class BatchInEvaluation(Healthy):
    """Subtracts the mean of the batch in evaluation too."""

    def forward(self, images: Tensor) -> list[Tensor]:
        return super().forward(images - images.mean(0, keepdim=True))


class Constant(Healthy):
    """Has nothing to do with the image."""

    def forward(self, images: Tensor) -> list[Tensor]:
        return super().forward(images * 0)


class Viewed(Healthy):
    """Takes for granted how the images lie in memory."""

    def forward(self, images: Tensor) -> list[Tensor]:
        return super().forward(images.view(-1).view(images.shape))


class ByNumpy(Healthy):
    """Hands its maps to numpy, which has no bfloat16."""

    def forward(self, images: Tensor) -> list[Tensor]:
        return [x + 0 * x.detach().numpy().sum() for x in super().forward(images)]


class InPlace(Healthy):
    """Writes into the images that it is given."""

    def forward(self, images: Tensor) -> list[Tensor]:
        return super().forward(images.sub_(0.5))

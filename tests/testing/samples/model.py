"""A model that keeps its contract, and others that break it in one way each."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn


class Healthy(nn.Module):
    """Two convolutions at a quarter of the size, and auxiliary logits between them."""

    outputs_for_two = 1

    def __init__(self, in_channels: int, classes: Sequence[str]) -> None:
        super().__init__()
        outputs = self.outputs_for_two if len(classes) == 2 else len(classes)
        self.body = nn.Sequential(nn.Conv2d(in_channels, 6, 3, stride=4, padding=1), nn.BatchNorm2d(6), nn.ReLU())
        self.side, self.head = nn.Conv2d(6, outputs, 1), nn.Conv2d(6, outputs, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor | tuple[Tensor, list[Tensor]]:
        maps = self.body(images)
        logits, side = (self.enlarge(x, images) for x in (self.head(maps), self.side(maps)))
        return (logits, [side]) if self.training else logits

    def enlarge(self, x: Tensor, images: Tensor) -> Tensor:
        return F.interpolate(x, images.shape[2:], mode="bilinear")


class TwoLogitsForTwo(Healthy):
    """Gives two logits for two classes."""

    outputs_for_two = 2


class Coarse(Healthy):
    """Leaves its logits at their own size."""

    def enlarge(self, x: Tensor, images: Tensor) -> Tensor:
        return x


class AlwaysAuxiliary(Healthy):
    """Gives auxiliary logits in evaluation too."""

    def forward(self, images: Tensor) -> Tensor | tuple[Tensor, list[Tensor]]:
        output = super().forward(images)
        return (output, [output]) if isinstance(output, Tensor) else output


class CoarseAuxiliary(Healthy):
    """Leaves its auxiliary logits at their own size."""

    def forward(self, images: Tensor) -> Tensor | tuple[Tensor, list[Tensor]]:
        output = super().forward(images)
        return output if isinstance(output, Tensor) else (output[0], [self.side(self.body(images))])


class Restless(Healthy):
    """Drops pixels in evaluation too."""

    def forward(self, images: Tensor) -> Tensor | tuple[Tensor, list[Tensor]]:
        return super().forward(F.dropout(images, 0.5, training=True))


class Unsaved(Healthy):
    """Hides a layer from its state."""

    def __init__(self, in_channels: int, classes: Sequence[str]) -> None:
        super().__init__(in_channels, classes)
        self.hidden = [nn.Conv2d(in_channels, in_channels, 1)]

    def forward(self, images: Tensor) -> Tensor | tuple[Tensor, list[Tensor]]:
        return super().forward(self.hidden[0](images))


class Constant(Healthy):
    """Has nothing to do with the image."""

    def forward(self, images: Tensor) -> Tensor | tuple[Tensor, list[Tensor]]:
        return super().forward(images * 0)


class Idle(Healthy):
    """Has a layer that nothing passes through."""

    def __init__(self, in_channels: int, classes: Sequence[str]) -> None:
        super().__init__(in_channels, classes)
        self.classifier = nn.Linear(6, 10)


class ColorOnly(Healthy):
    """Takes images of three channels."""

    def __init__(self, in_channels: int, classes: Sequence[str]) -> None:
        super().__init__(3, classes)


class CountsInEvaluation(Healthy):
    """Goes on with its running mean in evaluation."""

    def forward(self, images: Tensor) -> Tensor | tuple[Tensor, list[Tensor]]:
        output = super().forward(images)
        self.body[1].running_mean += 0.1
        return output


class Viewed(Healthy):
    """Takes for granted how the images lie in memory."""

    def forward(self, images: Tensor) -> Tensor | tuple[Tensor, list[Tensor]]:
        return super().forward(images.view(-1).view(images.shape))


class ByNumpy(Healthy):
    """Hands its logits to numpy, which has no bfloat16."""

    def enlarge(self, x: Tensor, images: Tensor) -> Tensor:
        return super().enlarge(x, images) + 0 * x.detach().numpy().sum()


class InPlace(Healthy):
    """Writes into the images that it is given."""

    def forward(self, images: Tensor) -> Tensor | tuple[Tensor, list[Tensor]]:
        return super().forward(images.sub_(0.5))

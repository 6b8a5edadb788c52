"""Several looks of a network at one frame: at other sizes, mirrored, in windows; their probabilities are averaged."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from torch import Tensor

from segkit.deploy.tiles import blend, corners
from segkit.engine.frames import at_size
from segkit.errors import UserError

Forward = Callable[[Sequence[np.ndarray], float, bool], Tensor]

_BATCH = 8  # windows that the network sees at once


@dataclass(frozen=True)
class Views:
    """What the network looks at.

    Attributes:
        scales: Factors of the network's size, each above 0; the frame, or each window, is seen at all of them.
        flip: Whether it is seen mirrored, left for right, too.
        tile: Height and width of windows, in the frame's own pixels, each of which is squashed to the network's size;
            None is the whole frame. Of a window larger than the frame, the frame is left.
        overlap: The least part of a window's side that it shares with its neighbor, 0 or more and below 1.

    Raises:
        ValueError: When one is out of its range.
    """

    scales: Sequence[float] = (1.0,)
    flip: bool = False
    tile: tuple[int, int] | None = None
    overlap: float = 0.25

    def __post_init__(self) -> None:
        if not self.scales or not all(0 < scale < math.inf for scale in self.scales):
            raise ValueError(f"scales must be one or more numbers above 0, not {self.scales!r}: give such as 0.75")
        if self.tile is not None and not (len(self.tile) == 2 and min(self.tile) >= 1):
            raise ValueError(f"tile must be a height and a width in pixels, not {self.tile!r}: give such as 480, 640")
        if not 0 <= self.overlap < 1:
            raise ValueError(f"overlap must be 0 or more and below 1, not {self.overlap!r}: give such as 0.25")

    @property
    def plain(self) -> bool:
        """Whether the network sees each frame once, whole, at its own size."""
        return tuple(self.scales) == (1.0,) and not self.flip and self.tile is None

    def __call__(self, frame: np.ndarray, network: Forward) -> Tensor:
        """Frame (H, W, C) uint8 -> probabilities (K, H, W), K >= 2, the mean over all views of it.

        Args:
            frame: With the channels that the network takes.
            network: Pictures of one size, a scale and whether they are to be seen mirrored -> logits (N, K, h, w).
        """
        height, width = frame.shape[:2]
        if self.tile is None:
            return self._averaged([frame], network)[0]
        size = min(self.tile[0], height), min(self.tile[1], width)
        places = corners((height, width), size, self.overlap)
        windows = [frame[y : y + size[0], x : x + size[1]] for y, x in places]
        batches = (windows[start : start + _BATCH] for start in range(0, len(windows), _BATCH))
        return blend((seen for batch in batches for seen in self._averaged(batch, network)), places, (height, width))

    def _averaged(self, pictures: Sequence[np.ndarray], network: Forward) -> Tensor:
        views = list(product(self.scales, (False, True) if self.flip else (False,)))
        size = pictures[0].shape[:2]
        total = probabilities(at_size(network(pictures, *views[0]), size))
        for scale, flip in views[1:]:
            total += probabilities(at_size(network(pictures, scale, flip), size))
        return total.div_(len(views))


def make_views(
    scales: Sequence[float], flip: bool, tile: tuple[int, int] | None, overlap: float = Views.overlap
) -> Views:
    """Make the views that a user asked for.

    Raises:
        UserError: When one is out of its range.
    """
    try:
        return Views(tuple(scales), flip, tile, overlap)
    except ValueError as error:
        cause, _, remedy = str(error).rpartition(": ")
        raise UserError(cause, remedy) from None


def probabilities(logits: Tensor) -> Tensor:
    """Logits (N, K, H, W) -> the probability of every class (N, K, H, W); of both classes where K is 1."""
    if logits.shape[1] > 1:
        return logits.softmax(dim=1)
    both = logits.new_empty(logits.shape[0], 2, *logits.shape[2:])
    torch.sigmoid(logits[:, 0], out=both[:, 1])
    torch.sub(1, both[:, 1], out=both[:, 0])
    return both

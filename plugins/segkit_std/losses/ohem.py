"""Cross-entropy over the hardest pixels."""

from __future__ import annotations

from math import ceil, log
from typing import final

from torch import Tensor, nn

from segkit_std.losses._pixels import cross_entropy_map


@final
class OHEMLoss(nn.Module):
    """Cross-entropy over the hard pixels of a batch: online hard example mining.

    The mean over the valid pixels whose true class has a probability below ``threshold``; where these are fewer than
    the share ``keep`` of all valid pixels, over that share with the highest cost instead, and all that cost as much as
    the last of them (Shrivastava et al. 2016, arXiv:1604.03540, by pixels for their regions).

    Args:
        threshold: Probability in (0, 1] below which a pixel is hard; 1 keeps every pixel that is not perfect.
        keep: Least share of the valid pixels, in (0, 1]; 1 gives the cross-entropy.

    Raises:
        ValueError: When an option lies outside its range.
    """

    def __init__(self, threshold: float = 0.7, keep: float = 0.25) -> None:
        super().__init__()
        for name, value in (("threshold", threshold), ("keep", keep)):
            if not 0 < value <= 1:
                raise ValueError(f"{name} must lie in (0, 1], not {value}: give such as 0.7")
        self.threshold, self.keep = threshold, keep

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Give the loss, 0-d, of logits (N, K, H, W) and target (N, H, W); 0 when every pixel is ignored."""
        pixels, valid = cross_entropy_map(logits, target)
        costs = (pixels.detach() + (valid - 1)).flatten()  # below 0 where a pixel is ignored
        count = int((costs >= 0).sum())
        if not count:
            return pixels.sum()
        least = ceil(self.keep * count)
        hard = costs > -log(self.threshold)
        if int(hard.sum()) < least:
            hard = costs >= costs.kthvalue(costs.numel() - least + 1).values
        return (pixels.flatten() * hard).sum() / hard.sum()

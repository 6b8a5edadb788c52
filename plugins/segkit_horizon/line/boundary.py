"""The boundary of each column: how many of its pixels are sky."""

from __future__ import annotations

import torch
from torch import Tensor

from segkit.kinds import IGNORE
from segkit_horizon.line.crossings import Crossings


def column_boundary(labels: Tensor, columns: Crossings, masked: bool) -> Tensor:
    """Count the sky pixels (N, W) float64 of each column of labels (N, H, W) uint8 that holds both classes, else NaN.

    Where probabilities say by which fraction of a pixel a crossing lies beyond the edge between two pixels, the count
    has that fraction. Ignored pixels count as what they lie in: sky between sky and sky, or between sky and the frame's
    edge. Where they lie between sky and sea the boundary may be anywhere among them, and the column has none.

    Args:
        labels: 0 is sky, 1 sea, 255 ignored.
        columns: The labels' crossings along y.
        masked: Whether the labels are a mask, which may hold ignored pixels, rather than those of probabilities.
    """
    height = labels.shape[1]
    # A column's sky ends at each crossing to sea and begins again at each to sky; the last may end with the frame.
    sky = (labels[:, -1] == 0).double() * height
    sky.view(-1).index_add_(0, columns.cells, (columns.edge * columns.sign).double())
    both = torch.zeros_like(sky, dtype=torch.bool)
    both.view(-1)[columns.cells] = True
    if masked:
        at = (labels == IGNORE).any(dim=1).nonzero(as_tuple=True)
        filled = _fill(labels[at[0], :, at[1]])
        sky[at] = (filled == 0).sum(dim=1).double()
        both[at] = (filled != IGNORE).all(dim=1) & (filled == 0).any(dim=1) & (filled == 1).any(dim=1)
    return torch.where(both, sky, torch.nan)


def _fill(lines: Tensor) -> Tensor:
    """Give the ignored pixels of lines (M, H) the class that encloses them, and leave those between two classes."""
    above, below = _nearest_before(lines), _nearest_before(lines.flip(1)).flip(1)
    above = torch.where(above == IGNORE, below, above)
    below = torch.where(below == IGNORE, above, below)
    return torch.where(above == below, above, IGNORE)


def _nearest_before(lines: Tensor) -> Tensor:
    place = torch.arange(lines.shape[1], device=lines.device).expand(lines.shape)
    last = torch.where(lines == IGNORE, -1, place).cummax(dim=1).values
    return torch.where(last < 0, IGNORE, lines.gather(1, last.clamp(min=0)))

"""Where sky and sea meet: the sub-pixel points at which columns and rows of pixels pass from one to the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from segkit_horizon.line.lens import Lens


@dataclass(frozen=True, eq=False)
class Crossings:
    """The P crossings of a batch of N frames along one axis, frame by frame.

    Attributes:
        frame: (P,) index of the frame, ascending.
        x: (P,) float32 pixels from the frame's middle, undistorted where there is a lens.
        y: (P,) likewise.
        sign: (P,) float32, 1 where the axis passes from sky to sea, -1 where it passes from sea to sky.
        counts: (N,) crossings of each frame.
        axis: 0 along x (rows of pixels), 1 along y (columns).
        cells: (P,) index of the crossing's column (axis 1) or row (axis 0) in all those of the batch.
        edge: (P,) float32 pixels along the axis from the frame's left or top to the crossing, as the lens shows it.
    """

    frame: Tensor
    x: Tensor
    y: Tensor
    sign: Tensor
    counts: Tensor
    axis: int
    cells: Tensor
    edge: Tensor

    def offsets(self, normals: Tensor, distance: Tensor) -> Tensor:
        """Give the signed distances (P,) from the frames' lines: unit normals (N, 2), distance (N,) from the middle."""
        across_x, across_y, away = (_take(values.float(), self.frame) for values in (*normals.unbind(dim=1), distance))
        return (self.x * across_x).addcmul_(self.y, across_y).sub_(away)

    def facing(self, normals: Tensor) -> Tensor:
        """Give what length (P,) of its frame's line, with unit normals (N, 2), each crossing stands for.

        A line of length L crosses L |n_y| columns and L |n_x| rows: with these factors, signed as the crossings are,
        those of both axes add up to L whatever its angle. What is no part of the line adds nothing: along an edge that
        stands on it, crossings of the two axes cancel each other; so do the two sides of a mast, a hole or a speck.
        """
        return _take(normals[:, self.axis].float(), self.frame) * self.sign

    def spread(self, places: int, chosen: Tensor | None = None) -> Spread:
        """Lay out at most ``places`` crossings of each frame, evenly taken from all of its own or the chosen (P,)."""
        counts, index = self.counts.unsqueeze(1), None
        if chosen is not None:
            index = chosen.nonzero().squeeze(1)
            counts = torch.bincount(self.frame[index], minlength=len(counts)).unsqueeze(1)
        place = torch.arange(places, device=counts.device)
        place = torch.where(counts > places, place * counts // places, place)
        used = place < counts
        if not used.any():
            return Spread(*self.x.new_zeros(4, *used.shape).unbind())
        place = torch.where(used, place + counts.cumsum(dim=0) - counts, 0)
        place = place if index is None else _take(index, place)
        way = _take(self.sign, place) * used * (counts / places).clamp(min=1)
        none = torch.zeros_like(way)
        return Spread(_take(self.x, place), _take(self.y, place), *((none, way) if self.axis else (way, none)))

    def at(self, shares: Tensor) -> Tensor:
        """Give the points (N, ..., 2) at the shares (...) in [0, 1) of each frame's list; zeros where it is empty."""
        counts = self.counts.view(-1, *(1,) * shares.ndim)
        index = (shares * counts).long()
        if not len(self.frame):
            return self.x.new_zeros(*index.shape, 2)
        start = (self.counts.cumsum(dim=0) - self.counts).view_as(counts)
        index = (index + start).clamp(max=len(self.frame) - 1)
        return torch.stack([_take(self.x, index), _take(self.y, index)], dim=-1) * (counts > 0).unsqueeze(-1)


@dataclass(frozen=True, eq=False)
class Spread:
    """Crossings laid out in S places a frame, float32: x and y (N, S) in pixels from the frame's middle, and the way.

    The way (N, S) along x and along y is 1 from sky to sea and -1 from sea to sky, times the number of the frame's
    crossings that this one stands for; both are 0 where a place is empty.
    """

    x: Tensor
    y: Tensor
    way_x: Tensor
    way_y: Tensor

    def beside(self, other: Spread) -> Spread:
        """Give the places of both."""
        pairs = ((self.x, other.x), (self.y, other.y), (self.way_x, other.way_x), (self.way_y, other.way_y))
        return Spread(*(torch.cat(pair, dim=1) for pair in pairs))


def label(sea: Tensor) -> Tensor:
    """Give the mask (N, H, W) uint8 of probabilities, in which 0.5 is sea, or the mask itself."""
    if sea.is_floating_point():
        return (sea >= 0.5).view(torch.uint8)
    return sea.to(torch.uint8)


def crossings(labels: Tensor, sea: Tensor, axis: int, lens: Lens | None) -> Crossings:
    """Find the crossings of labels (N, H, W) uint8 along an axis; one beside an ignored pixel is none.

    A crossing lies where probabilities, linear between the centers of two pixels, pass 0.5: with a mask on the edge
    between the two.
    """
    count, height, width = labels.shape
    flat, next_pixel = labels.flatten(), width if axis else 1
    # The batch is one long row here, which costs a third of what slices of it would.
    change = torch.zeros_like(flat)
    torch.bitwise_xor(flat[next_pixel:], flat[:-next_pixel], out=change[:-next_pixel])
    (change.view_as(labels)[:, -1] if axis else change.view_as(labels)[..., -1]).zero_()
    pixel = _ones(change)
    line = pixel // width
    frame = line // height
    column, row = pixel - line * width, line - frame * height
    across, edge = (column, (row + 1).float()) if axis else (row, (column + 1).float())
    if sea.is_floating_point():
        values = sea.flatten()
        low, high = _take(values, pixel).float(), _take(values, pixel + next_pixel).float()
        edge += (0.5 - low) / (high - low) - 0.5
    x, y = (across + 0.5, edge) if axis else (edge, across + 0.5)
    if lens:
        x, y = lens.undistort(torch.stack([x, y], dim=1).double()).unbind(dim=1)
    return Crossings(
        frame=frame,
        x=(x - width / 2).float(),
        y=(y - height / 2).float(),
        sign=1 - 2 * _take(flat, pixel).float(),
        counts=torch.bincount(frame, minlength=count),
        axis=axis,
        cells=frame * width + column if axis else line,
        edge=edge,
    )


def _ones(change: Tensor) -> Tensor:
    """Give where 0 meets 1 in (M,) uint8: of 0, 1 and 255, only these differ in nothing but the last bit."""
    if change.is_cpu:  # numpy needs a third of the time
        return torch.from_numpy(np.flatnonzero(change.numpy() == 1))
    return (change == 1).nonzero().squeeze(1)


def _take(values: Tensor, index: Tensor) -> Tensor:
    """Give ``values[index]`` of values (M,), which costs several times as much."""
    return values.contiguous().index_select(0, index.flatten()).view_as(index)

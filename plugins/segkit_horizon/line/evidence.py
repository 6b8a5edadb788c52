"""What speaks for a line in its frame, and the confidence that this gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

from segkit_horizon.line.crossings import Crossings
from segkit_horizon.line.lens import Lens, inside

_GRID = 32  # pixels that are looked at along the frame's shorter side, or up to twice as many
_APART = 0.5  # the least ``apart`` of a line
_SUPPORT = 0.1  # the least ``support`` of a line that the robust estimator found

# What ``python benches/horizon_lines.py DATA --fit`` printed: logistic regressions on 2730 and 3144 lines of frames
# from a drone and from a car, their masks damaged in known ways.
COEFFICIENTS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "robust": (-13.932, 5.875, -1.413, 2.754, -0.237, -0.478, 2.042),
        "least_squares": (-12.326, -1.091, -1.787, 4.992, -0.591, -0.721, 3.107),
    }
)


@dataclass(frozen=True, eq=False)
class Evidence:
    """What speaks for the lines of N frames; all (N,), NaN where there is no line.

    Attributes:
        support: Length of boundary within the tolerance of the line, over the line's length in the frame; in [0, 1].
        residual: That of the fit, over the frame's height.
        length: The line's length in the frame, over the height.
        apart: Share of sea below the line less share of sea above it, in [-1, 1]: 1 where the line tells all apart.
        doubt: Mean probability, in [0, 0.5], of the less likely class; 0 for a mask.
    """

    support: Tensor
    residual: Tensor
    length: Tensor
    apart: Tensor
    doubt: Tensor

    def features(self) -> Tensor:
        """Give what the logistic weighs, (N, 7), the first being 1 and the last 1 for a mask, which hides its doubt."""
        hidden = self.doubt == 0
        return torch.stack(
            [
                torch.ones_like(self.support),
                self.support,
                (self.residual + 1e-4).log(),
                (self.length + 1e-2).log(),
                (1 - self.apart + 1e-3).log(),
                torch.where(hidden, 0.0, (self.doubt + 1e-3).log()),
                hidden.to(self.support.dtype),
            ],
            dim=1,
        )

    def tells(self, estimator: str) -> Tensor:
        """Say whether each line tells sky from sea."""
        return (self.apart >= _APART) & ((self.support >= _SUPPORT) | (estimator != "robust"))

    def confidence(self, estimator: str) -> Tensor:
        """Estimate the share of frames with this evidence whose line is within 0.5 degrees and 0.5 % of the height."""
        weights = torch.tensor(COEFFICIENTS[estimator], dtype=torch.float64, device=self.support.device)
        return torch.sigmoid(self.features() @ weights)


def weigh(
    normals: Tensor,
    distance: Tensor,
    residual: Tensor,
    axes: tuple[Crossings, Crossings],
    labels: Tensor,
    sea: Tensor,
    tolerance: float,
    lens: Lens | None,
) -> Evidence:
    """Collect the evidence for lines with unit normals (N, 2) and distance (N,) from the middle of labels (N, H, W)."""
    height, width = labels.shape[1:]
    explained = torch.zeros_like(distance, dtype=torch.float32)
    for axis in axes:
        near = axis.offsets(normals, distance).abs() <= tolerance
        explained.index_add_(0, axis.frame, axis.facing(normals) * near)
    length = visible_length(normals, distance, (height, width), lens)
    apart, doubt = _halves(normals, distance, labels, sea, lens)
    support = (explained.double() / length.clamp(min=1)).clamp(min=0, max=1)
    return Evidence(support, residual / height, length / height, apart, doubt)


def visible_length(normals: Tensor, distance: Tensor, size: tuple[int, int], lens: Lens | None) -> Tensor:
    """Give the length in pixels (N,) of that part of each line which lies in the frame, undistorted."""
    height, width = size
    if lens:
        center = normals.new_tensor([lens.cx, lens.cy])
        from_center = distance + normals @ (normals.new_tensor([width / 2, height / 2]) - center)
        t = torch.linspace(-1, 1, 513, dtype=distance.dtype, device=distance.device).view(-1, 1) * lens.reach(size)
        foot = center + from_center.unsqueeze(1) * normals
        points = foot.unsqueeze(1) + t * torch.stack([-normals[:, 1], normals[:, 0]], dim=1).unsqueeze(1)
        near = (points - center).norm(dim=-1) <= lens.reach(size)
        seen: Tensor = (inside(lens.distort(points), size) & near).double().mean(dim=1)
        return seen * (2 * lens.reach(size))
    half = normals.new_tensor([width / 2, height / 2])
    foot = distance.unsqueeze(1) * normals
    along = torch.stack([-normals[:, 1], normals[:, 0]], dim=1)
    along = torch.where(along.abs() < 1e-12, 1e-12, along)
    ends = torch.stack([(-half - foot) / along, (half - foot) / along])
    enter, leave = ends.amin(dim=0).amax(dim=1), ends.amax(dim=0).amin(dim=1)
    return (leave - enter).clamp(min=0)


def _halves(normals: Tensor, distance: Tensor, labels: Tensor, sea: Tensor, lens: Lens | None) -> tuple[Tensor, Tensor]:
    height, width = labels.shape[1:]
    step = max(1, min(height, width) // _GRID)
    first = step // 2
    y, x = (
        torch.arange(first, end, step, device=distance.device, dtype=distance.dtype) + 0.5 for end in (height, width)
    )
    some = labels[:, first::step, first::step].flatten(1).unsqueeze(1)
    valid, wet = (some <= 1).float(), (some == 1).float()
    points = torch.stack([x.repeat(len(y)), y.repeat_interleave(len(x))], dim=1)
    points = lens.undistort(points) if lens else points
    middle = points.new_tensor([width / 2, height / 2])
    distances = normals.float() @ (points - middle).float().T - distance.float().unsqueeze(1)
    below = (distances > 0).float().unsqueeze(2)
    under = torch.bmm(torch.cat([valid, wet], dim=1), below).squeeze(2)
    total = torch.cat([valid, wet], dim=1).sum(dim=2)
    over = total - under
    both = (under[:, 0] > 0) & (over[:, 0] > 0)
    apart = under[:, 1] / under[:, 0].clamp(min=1) - over[:, 1] / over[:, 0].clamp(min=1)
    if not sea.is_floating_point():
        return (apart * both).double(), torch.zeros_like(distance)
    likely = sea[:, first::step, first::step].flatten(1)
    return (apart * both).double(), torch.minimum(likely, 1 - likely).mean(dim=1).double()

"""The robust estimator: the line that most of the boundary lies on, whatever the rest of it does."""

from __future__ import annotations

import torch
from torch import Tensor

from segkit_horizon.line.crossings import Crossings, Spread

_PAIRS = 64  # lines tried from pairs of crossings of one axis; with half of these in place, all miss in 1 of 10^8
_GLANCED = 128  # crossings of one axis that each of them is tried on
_SHORTLIST = 6  # of them that are tried again
_WEIGHED = 512  # on so many
_KEPT = 384  # crossings of one axis that the best of them is refined on
_GATE = 2.0  # times the tolerance: what lies farther from the best of them is no part of the line
_ROUNDS = 5
_TUKEY = 4.685  # deviations beyond which a point has no weight: 95 % efficient where errors are normal
_SIGMA = 1.4826  # standard deviation over median absolute deviation of the normal distribution
_BINS = 64  # of the histogram that the deviation is read from
_LEAST = 0.2  # px; the least deviation that is believed, so that exact crossings do not drop all but a few


def fit_robust(axes: tuple[Crossings, Crossings], tolerance: float) -> tuple[Tensor, Tensor, Tensor]:
    """Fit a line to the crossings of both axes.

    Lines through pairs of crossings, which a fixed generator picks, are scored by the length of boundary that they
    explain (Fischler and Bolles 1981, doi:10.1145/358669.358692; scored as by Torr and Zisserman 2000,
    doi:10.1006/cviu.1999.0832). The best is refined by total least squares, reweighted with Tukey's biweight (Beaton
    and Tukey 1974, doi:10.2307/1267936). Columns and rows take part alike, so that no roll is a special case.

    Args:
        axes: Crossings of N frames along the rows and along the columns.
        tolerance: Pixels from a line within which a crossing supports it.

    Returns:
        Unit normals (N, 2), the distance (N,) from the frame's middle and the residual (N,), float64: without meaning
        where a frame has no crossing.
    """
    normals, distance = _best_of_pairs(axes, tolerance)
    gate = _GATE * tolerance
    rows, columns = (axis.spread(_KEPT, axis.offsets(normals, distance).abs() < gate) for axis in axes)
    return _refine(rows.beside(columns), normals, distance, gate)


def _best_of_pairs(axes: tuple[Crossings, Crossings], tolerance: float) -> tuple[Tensor, Tensor]:
    shares = torch.rand(2, 2, _PAIRS, generator=torch.Generator().manual_seed(0)).to(axes[0].x.device)
    ends = torch.cat([axis.at(shares[axis.axis]) for axis in axes], dim=2).double()  # (N, 2, 2 * _PAIRS, 2)
    along = ends[:, 1] - ends[:, 0]
    length = along.norm(dim=-1)
    normals = torch.stack([-along[..., 1], along[..., 0]], dim=-1) / length.clamp(min=1e-6).unsqueeze(-1)
    distance = (normals * ends[:, 0]).sum(dim=-1)
    glanced, weighed = (axes[0].spread(n).beside(axes[1].spread(n)) for n in (_GLANCED, _WEIGHED))
    score = _score(glanced, normals, distance, tolerance)
    score *= length > 2 * tolerance  # two points that are close together say nothing of an angle
    best = score.abs().topk(_SHORTLIST, dim=1).indices
    normals, distance = normals.gather(1, best.unsqueeze(2).expand(-1, -1, 2)), distance.gather(1, best)
    score = _score(weighed, normals, distance, tolerance)
    best = score.abs().argmax(dim=1, keepdim=True)
    turn = torch.where(score.gather(1, best) < 0, -1.0, 1.0)
    chosen = normals.gather(1, best.unsqueeze(2).expand(-1, -1, 2)).squeeze(1) * turn
    return chosen, (distance.gather(1, best) * turn).squeeze(1)


def _score(points: Spread, normals: Tensor, distance: Tensor, tolerance: float) -> Tensor:
    """Give the length of boundary (N, M) that each of M lines a frame explains; below 0 where sea lies above it."""
    lines = torch.cat([normals, -distance.unsqueeze(-1)], dim=-1).float() / tolerance
    places = torch.stack([points.x, points.y, torch.ones_like(points.x)], dim=1)
    near = torch.bmm(lines, places).square_().neg_().add_(1).clamp_(min=0)
    explained = torch.bmm(near, torch.stack([points.way_x, points.way_y], dim=2))
    return (explained * normals).sum(dim=-1)


def _refine(points: Spread, normals: Tensor, distance: Tensor, gate: float) -> tuple[Tensor, Tensor, Tensor]:
    scale = torch.full_like(points.x[:, 0], gate)
    for _ in range(_ROUNDS):
        offsets, facing = _look(points, normals, distance)
        # Only what the last round saw tells the deviation: else what is wrong nearby would widen it.
        deviation = _SIGMA * _median_size(offsets, facing, scale)
        scale = torch.minimum(scale, _TUKEY * deviation.clamp(min=_LEAST))
        trust = (1 - (offsets / scale.unsqueeze(1)).square_()).clamp_(min=0).square_() * facing
        normals, distance = _total_least_squares(points, trust, normals, distance)
    offsets, facing = _look(points, normals, distance)
    explained = facing * (offsets.abs() < scale.unsqueeze(1))
    square = (explained * offsets.square()).sum(dim=1) / explained.sum(dim=1).clamp(min=1e-6)
    return normals, distance, square.clamp(min=0).sqrt().double()


def _look(points: Spread, normals: Tensor, distance: Tensor) -> tuple[Tensor, Tensor]:
    x, y = normals.float().unsqueeze(-1).unbind(dim=1)
    return points.x * x + points.y * y - distance.float().unsqueeze(1), points.way_x * x + points.way_y * y


def _median_size(offsets: Tensor, weight: Tensor, limit: Tensor) -> Tensor:
    """Give the weighted median (N,) of the absolute offsets (N, S) below the limit (N,).

    It is that of the sums of weights in narrow bins, so that what cancels in them has no part in it.
    """
    bins = (offsets.abs() * (_BINS / limit).unsqueeze(1)).long().clamp_(max=_BINS)
    heaps = torch.zeros(len(offsets), _BINS + 1, dtype=weight.dtype, device=weight.device)
    below = heaps.scatter_add_(1, bins, weight)[:, :_BINS].cumsum(dim=1)
    return ((below < below[:, -1:] / 2).sum(dim=1) + 0.5) * (limit / _BINS)


def _total_least_squares(points: Spread, weight: Tensor, normals: Tensor, distance: Tensor) -> tuple[Tensor, Tensor]:
    """Give the lines of least weighted squared distance from the points, with normals as near as can be to these."""
    total = weight.sum(dim=1, keepdim=True)
    share = weight / total.clamp(min=1e-6)
    means = torch.stack([(share * points.x).sum(dim=1), (share * points.y).sum(dim=1)], dim=1)
    dx, dy = points.x - means[:, :1], points.y - means[:, 1:]
    weighted_dx = share * dx
    xx, xy, yy = (weighted_dx * dx).sum(dim=1), (weighted_dx * dy).sum(dim=1), (share * dy * dy).sum(dim=1)
    along = torch.atan2(2 * xy.double(), (xx - yy).double()) / 2
    fitted = torch.stack([-along.sin(), along.cos()], dim=1)
    fitted *= torch.where((fitted * normals).sum(dim=1, keepdim=True) < 0, -1.0, 1.0)
    usable = total.squeeze(1) > 0
    moved = (fitted * means.double()).sum(dim=1)
    return torch.where(usable.unsqueeze(1), fitted, normals), torch.where(usable, moved, distance)

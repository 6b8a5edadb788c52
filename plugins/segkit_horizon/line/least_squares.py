"""The estimator that public files of horizon lines use: the plain least-squares line through the columns' boundary."""

from __future__ import annotations

import torch
from torch import Tensor

from segkit_horizon.line.crossings import Crossings
from segkit_horizon.line.lens import Lens


def fit_least_squares(
    boundary: Tensor, columns: Crossings, height: int, lens: Lens | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Fit y on x, x = column + 0.5, over the columns that hold both classes.

    In a frame that is upside down, where more columns pass from sea to sky than from sky to sea, y is the count of what
    is not sky. No roll turns a column around but through the vertical; there no column or few hold both classes, and
    this estimator has no line or a bad one.

    Args:
        boundary: (N, W) count of sky pixels, NaN where a column does not take part.
        columns: The frames' crossings along y.
        height: Rows of a frame.
        lens: What bends the frame; the points are fitted where they lie without it.

    Returns:
        Unit normals (N, 2), the distance (N,) from the frame's middle and the residual (N,), float64: NaN where fewer
        than two columns take part.
    """
    used = ~boundary.isnan()
    downward = boundary.new_zeros(len(boundary))
    upright = downward.index_add_(0, columns.frame, columns.sign.double()) >= 0
    y = torch.where(upright.unsqueeze(1), boundary, height - boundary).nan_to_num(0.0)
    x = (torch.arange(boundary.shape[1], device=y.device, dtype=y.dtype) + 0.5).expand_as(y)
    if lens:
        x, y = lens.undistort(torch.stack([x, y], dim=-1)).unbind(dim=-1)
    x, y = x - boundary.shape[1] / 2, y - height / 2
    count = used.sum(dim=1, keepdim=True)
    mean_x, mean_y = (x * used).sum(dim=1, keepdim=True) / count, (y * used).sum(dim=1, keepdim=True) / count
    dx, dy = (x - mean_x) * used, (y - mean_y) * used
    slope = (dx * dy).sum(dim=1, keepdim=True) / dx.square().sum(dim=1, keepdim=True)
    slope = torch.where(count < 2, torch.nan, slope)
    cosine = torch.where(upright, 1.0, -1.0).unsqueeze(1) / (1 + slope.square()).sqrt()
    normals = torch.cat([-slope * cosine, cosine], dim=1)
    distance = (normals * torch.cat([mean_x, mean_y], dim=1)).sum(dim=1)
    residual = (((dy - slope * dx) * cosine).square().sum(dim=1) / count.squeeze(1)).sqrt()
    return normals, distance, residual

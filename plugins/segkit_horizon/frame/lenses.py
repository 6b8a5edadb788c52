"""The lenses that frames were taken with, as their meta says, and the lines of frames with several lenses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from segkit_horizon.line import Lens, Lines, fit_lines

_PER_FRAME = ("found", "normal", "rho", "residual", "confidence", "boundary")


def lens_of(meta: Mapping[str, Any]) -> Lens | None:
    """Read a frame's ``intrinsics``: fx, fy, cx, cy and, where it bends, distortion (k1, k2, p1, p2, k3).

    Raises:
        ValueError: When one of the four is missing, or a value is out of its range.
    """
    given = meta.get("intrinsics")
    if not given:
        return None
    missing = [name for name in ("fx", "fy", "cx", "cy") if name not in given]
    if missing:
        raise ValueError(f"intrinsics must hold fx, fy, cx and cy, not {sorted(given)}: give {', '.join(missing)} too")
    fx, fy, cx, cy = (float(given[name]) for name in ("fx", "fy", "cx", "cy"))
    k1, k2, p1, p2, k3 = (float(value) for value in given.get("distortion") or (0.0,) * 5)
    return Lens(fx, fy, cx, cy, (k1, k2, p1, p2, k3))


def fit_through(sea: Tensor, estimator: str, lenses: Sequence[Lens | None]) -> Lines:
    """Fit the lines of frames (N, H, W) as ``fit_lines`` does, each through its own lens."""
    groups: dict[Lens | None, list[int]] = {}
    for index, lens in enumerate(lenses):
        groups.setdefault(lens if lens and any(lens.distortion) else None, []).append(index)
    if len(groups) <= 1:
        return fit_lines(sea, estimator, next(iter(groups), None))
    parts = [fit_lines(sea[members], estimator, lens) for lens, members in groups.items()]
    order = torch.tensor([index for members in groups.values() for index in members], device=sea.device).argsort()
    joined = {name: torch.cat([getattr(part, name) for part in parts])[order] for name in _PER_FRAME}
    return Lines(**joined, size=parts[0].size)

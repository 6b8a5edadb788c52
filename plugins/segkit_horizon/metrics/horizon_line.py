"""The error of the horizon line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from segkit.kinds import DEFAULT_CLASSES, IGNORE
from segkit.tensors import predicted_classes
from segkit_horizon.frame.lenses import fit_through, lens_of
from segkit_horizon.frame.segment import segment
from segkit_horizon.frame.sides import Sides
from segkit_horizon.line import ESTIMATORS, Lens
from segkit_horizon.metrics._errors import Line, angle_error, center_error, line_error

_ERRORS = ("angle_deg", "center_px", "center_pct", "line_px")
_WITHIN = ((1, 2), (5, 5))  # degrees, and percent of the frame's height at its center


@final
class HorizonLine(Metric):
    """How far the predicted horizon line lies from the true one, over the frames of a data set.

    The true line is that of the frame's meta (``slope`` and ``offset``), else the line that the same estimator finds in
    the target. The predicted one is fitted to the likeliest classes, at the frame's own size. Where the target is
    ignored both are blind. Of frames that have a true line and a predicted one, each of

    * ``angle_deg``: the angle between the lines, in [0, 180]; a line upside down is off by 180;
    * ``center_px`` and ``center_pct``: how far apart they are in the frame's middle column, along y, in pixels and in
      percent of the frame's height; of a true line steeper than 45 degrees in the middle row, along x;
    * ``line_px``: the mean distance from the predicted line of the true line's points in the frame, in pixels

    is given as ``_mean``, ``_median``, ``_p25`` and ``_p95`` (percentiles; the median is the 50th). All the other
    numbers are shares of frames, in [0, 1], and the less the better:

    * ``beyond_1deg_2pct`` and ``beyond_5deg_5pct``: of the frames with a true line, those without a predicted line
      within so many degrees and so many percent of the height at the center, which is one less the share within;
    * ``missed``: of the frames with a true line, those without a predicted one;
    * ``invented``: of the frames without a true line in the frame, those with a predicted one.

    A frame whose pixels are all ignored is left out. With a lens in the frame's meta (``intrinsics``) all is measured
    in the frame without distortion.

    Source: D. K. Prasad et al., Video processing from electro-optical sensors for object detection and tracking in a
    maritime environment: a survey, 2017, arXiv:1611.05842 (position and angle error on the Singapore Maritime Dataset).

    Args:
        classes: Names of the classes, in index order.
        estimator: "robust", or "least_squares" as public files of lines have it.
        below: Names of the classes that lie below the horizon. Without them it is the class that is not the sky; of
            three and more classes those named sea or water, and what lies on neither side is ignored; without water all
            but the sky.

    Raises:
        ValueError: When the estimator is unknown, or ``below`` is empty or names what is no class or the sky.
    """

    is_differentiable = False
    higher_is_better = False
    full_state_update = False
    rows: list[Tensor]

    def __init__(
        self,
        classes: Sequence[str] = DEFAULT_CLASSES,
        estimator: Literal["robust", "least_squares"] = "robust",
        below: list[str] | None = None,
    ) -> None:
        super().__init__()
        if estimator not in ESTIMATORS:
            raise ValueError(f"estimator must be one of {list(ESTIMATORS)}, not {estimator!r}: give robust")
        self.estimator, self.sides = estimator, Sides.of(classes, below=below)
        self.add_state("rows", [], dist_reduce_fx="cat")

    def update(self, logits: Tensor, target: Tensor, meta: Sequence[Mapping[str, Any]] = ()) -> None:
        """Take in logits (N, K, H, W), target (N, H, W) and the frames' meta."""
        chosen = [n for n, some in enumerate((target != IGNORE).flatten(1).any(dim=1).tolist()) if some]
        if not chosen:
            return
        metas = [meta[n] if meta else {} for n in chosen]
        logits, target = logits[chosen], target[chosen]
        ignored = target == IGNORE
        predicted = self.sides.mask(predicted_classes(logits)).masked_fill(ignored, IGNORE)
        lenses = [lens_of(known) for known in metas]
        size = (target.shape[1], target.shape[2])
        seen = _fitted(predicted, self.estimator, lenses)
        true = self._truth(self.sides.mask(target), metas, lenses)
        center = center_error(true, seen, size)
        errors = (angle_error(true, seen), center, 100 * center / size[0], line_error(true, seen, size))
        rows = np.stack([np.isfinite(true[0]), np.isfinite(seen[0]), *errors], axis=1)
        # Flat and of the metric's own type, as torchmetrics takes the state of a process without frames to be.
        self.rows.append(torch.from_numpy(rows).flatten().to(self.device, self.dtype))

    def compute(self) -> dict[str, Tensor]:
        """Give the numbers above; NaN where no frame has such a one."""
        flat = dim_zero_cat(self.rows) if len(self.rows) else torch.zeros(0)
        rows = flat.double().view(-1, 2 + len(_ERRORS))
        has, got = rows[:, 0] > 0, rows[:, 1] > 0
        both = rows[has & got, 2:]
        numbers: dict[str, Tensor] = {}
        for name, errors in zip(_ERRORS, both.T, strict=True):
            numbers[f"{name}_mean"] = errors.mean()
            for key, share in (("median", 0.5), ("p25", 0.25), ("p95", 0.95)):
                numbers[f"{name}_{key}"] = torch.nanquantile(errors, share) if len(errors) else errors.mean()
        for degrees, percent in _WITHIN:
            near = got & (rows[:, 2] <= degrees) & (rows[:, 4] <= percent)
            numbers[f"beyond_{degrees}deg_{percent}pct"] = (~near[has]).double().mean()
        numbers["missed"] = (~got[has]).double().mean()
        numbers["invented"] = got[~has].double().mean()
        return numbers

    def _truth(self, masks: Tensor, metas: Sequence[Mapping[str, Any]], lenses: Sequence[Lens | None]) -> Line:
        size = (masks.shape[1], masks.shape[2])
        slope, offset = (np.array([float(m.get(key, np.nan)) for m in metas]) for key in ("slope", "offset"))
        known = np.isfinite(slope) & np.isfinite(offset)
        normal = np.arctan2(1.0, -slope)
        rho = offset * size[0] * np.sin(normal)
        upside_down = known & _sea_above(normal, masks)
        normal, rho = np.where(upside_down, normal - np.pi, normal), np.where(upside_down, -rho, rho)
        rest = np.flatnonzero(~known).tolist()
        if rest:
            normal[rest], rho[rest] = _fitted(masks[rest], self.estimator, [lenses[n] for n in rest])
        missing = np.isnan(segment(normal, rho, size)[0][:, 0])
        return np.where(missing, np.nan, normal), np.where(missing, np.nan, rho)


def _fitted(masks: Tensor, estimator: str, lenses: Sequence[Lens | None]) -> Line:
    lines = fit_through(masks, estimator, lenses)
    normal, rho = (torch.where(lines.found, value, torch.nan).cpu().numpy() for value in (lines.normal, lines.rho))
    return normal, rho


def _sea_above(normal: NDArray[np.float64], masks: Tensor) -> NDArray[np.bool_]:
    """Say of which masks (N, H, W) the sea's center lies against the normal from the sky's."""
    centers = []
    for side in (0, 1):
        pixels = (masks == side).double()
        count = pixels.sum(dim=(1, 2))
        y, x = (torch.arange(length, device=masks.device, dtype=torch.float64) for length in masks.shape[1:])
        centers.append(torch.stack([pixels.sum(dim=1) @ x, pixels.sum(dim=2) @ y], dim=1) / count.unsqueeze(1))
    way = (centers[1] - centers[0]).cpu().numpy()
    above: NDArray[np.bool_] = np.cos(normal) * way[:, 0] + np.sin(normal) * way[:, 1] < 0
    return above

"""From the sea of frames to their horizon lines."""

from __future__ import annotations

from math import hypot

import torch
from torch import Tensor

from segkit_horizon.line.boundary import column_boundary
from segkit_horizon.line.crossings import crossings, label
from segkit_horizon.line.evidence import Evidence, weigh
from segkit_horizon.line.least_squares import fit_least_squares
from segkit_horizon.line.lens import Lens
from segkit_horizon.line.lines import Lines
from segkit_horizon.line.robust import fit_robust

ESTIMATORS = ("robust", "least_squares")


def fit_lines(sea: Tensor, estimator: str = "robust", lens: Lens | None = None) -> Lines:
    """Find the horizon line of each frame, or that it has none.

    It has none where it is all sky or all sea, and where the best line leaves the two classes mixed on both sides. A
    frame's line does not depend on the others in the batch, and is the same whenever it is asked for.

    Args:
        sea: (N, H, W), the probability in [0, 1] of what is below the horizon as float, or a mask as uint8 or int64:
            0 sky, 1 sea, 255 ignored.
        estimator: ``robust``, or ``least_squares`` as the public files of lines have it.
        lens: The lens that took the frames; the line is then that of the frame without distortion.

    Raises:
        ValueError: When the estimator is unknown, or ``sea`` has no such shape or type.
    """
    lines, _ = fit_with_evidence(sea, estimator, lens)
    return lines


def fit_with_evidence(sea: Tensor, estimator: str = "robust", lens: Lens | None = None) -> tuple[Lines, Evidence]:
    """Give the lines as ``fit_lines`` does, and what speaks for each."""
    if estimator not in ESTIMATORS:
        raise ValueError(f"estimator must be one of {list(ESTIMATORS)}, not {estimator!r}: give robust where in doubt")
    if sea.ndim != 3 or not (sea.is_floating_point() or sea.dtype in (torch.uint8, torch.int64)):
        raise ValueError(
            f"sea must be (N, H, W) float, uint8 or int64, not {tuple(sea.shape)} {sea.dtype}: "
            "give the probabilities or the mask of a batch of frames"
        )
    height, width = sea.shape[1:]
    tolerance = 1.5 + 0.005 * hypot(height, width)
    labels = label(sea)
    rows, columns = crossings(labels, sea, 0, lens), crossings(labels, sea, 1, lens)
    boundary = column_boundary(labels, columns, not sea.is_floating_point())
    if estimator == "robust":
        normals, distance, residual = fit_robust((rows, columns), tolerance)
    else:
        normals, distance, residual = fit_least_squares(boundary, columns, height, lens)
    evidence = weigh(normals, distance, residual, (rows, columns), labels, sea, tolerance, lens)
    rho = distance + normals[:, 0] * width / 2 + normals[:, 1] * height / 2
    found = evidence.tells(estimator) & residual.isfinite()
    angle, rho, residual = (
        torch.where(found, value, torch.nan) for value in (torch.atan2(normals[:, 1], normals[:, 0]), rho, residual)
    )
    confidence = torch.where(found, evidence.confidence(estimator), 0.0)
    return Lines(found, angle, rho, residual, confidence, boundary, (height, width)), evidence

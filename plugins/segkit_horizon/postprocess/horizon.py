"""The horizon line of each frame, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, radians
from typing import Any, Literal, final

import numpy as np
import torch
from torch import Tensor

from segkit.kinds import DEFAULT_CLASSES
from segkit_horizon.frame.lenses import fit_through, lens_of
from segkit_horizon.frame.sides import Sides
from segkit_horizon.line import ESTIMATORS, Lens, Lines, difference
from segkit_horizon.postprocess._drawing import draw_line, write
from segkit_horizon.postprocess._film import Film
from segkit_horizon.postprocess._sea import SEA_COLUMNS, sea_columns

_LINE_COLUMNS = ("slope", "offset", "normal_deg", "rho_px", "roll_deg", "center_y_px", "confidence")
_BESIDE_COLUMNS = ("differs_deg", "residual_px")
_NO_DISTORTION = (0.0,) * 5


@final
class Horizon:
    """The horizon line of each frame, a row of ``horizon.csv`` each.

    x points right, y down, and pixel (c, r) covers [c, c+1) x [r, r+1). A row holds ``answer``, which is "line" or
    "no_horizon"; the line as ``slope`` (dy/dx) and ``offset`` (y at x = 0 over the height), which a vertical line
    lacks, and as ``normal_deg`` (angle of the normal toward the sea, 90 for a level line) and ``rho_px`` (distance from
    the top-left corner along it); ``roll_deg`` of the line, positive clockwise as seen; ``center_y_px``, its y in the
    middle column; ``confidence`` in [0, 1], the share of such lines that are right within half a degree and half a
    percent of the height; ``estimator``; ``differs_deg``, the angle between the lines of the two estimators; and
    ``residual_px``, the root mean square of the boundary points' distances from the line.

    With a camera (``focal_px`` and ``camera_height_m``, or a frame's meta) there are ``pitch_deg`` of the camera's axis
    above the horizontal; ``horizon_m``, the distance of the visible horizon; and ``near_low_m`` and ``near_high_m``,
    the range of the sea at the middle of the frame's lower edge, as an interval that holds the truth in 68 of 100 cases
    when the line's errors are those that its confidence stands for.

    Args:
        classes: Names of the classes, in index order. The sky is the class of that name, else the first.
        task: Of the model: "sea" or "ground"; with "ground" all but the sky lies below the horizon.
        estimator: "robust", or "least_squares" as public files of lines have it.
        smooth: Whether the line is followed through the frames of a film, which leaves outliers out and carries it over
            gaps; see ``segkit_horizon.smoothing``. It needs ``file`` and ``time`` in the frames' meta.
        focal_px: Focal length in pixels. A frame's own ``intrinsics`` (fx, fy, cx, cy, distortion) come before it.
        center: Principal point, x and y in pixels; the frame's middle when it is left out.
        distortion: k1, k2, p1, p2, k3 of the lens, in OpenCV's order. The line is then that of the frame without
            distortion, and the drawing has the curve.
        camera_height_m: Above the sea in meters. A frame's own ``camera_height_m`` comes before it.
        below: Names of the classes that lie below the horizon. Without them it is the class that is not the sky; of
            three and more classes those named sea or water, and what lies on neither side is ignored; without water, or
            with task "ground", all but the sky.

    Raises:
        ValueError: When the estimator is unknown, a length is not above 0, there is a center or a distortion without a
            focal length, or ``below`` is empty or names what is no class or the sky.
    """

    table = "horizon"
    columns = ("answer", *_LINE_COLUMNS, "estimator", *_BESIDE_COLUMNS, *SEA_COLUMNS)

    def __init__(
        self,
        classes: Sequence[str] = DEFAULT_CLASSES,
        task: str = "",
        estimator: Literal["robust", "least_squares"] = "robust",
        smooth: bool = False,
        focal_px: float | None = None,
        center: tuple[float, float] | None = None,
        distortion: tuple[float, float, float, float, float] | None = None,
        camera_height_m: float | None = None,
        below: list[str] | None = None,
    ) -> None:
        if estimator not in ESTIMATORS:
            raise ValueError(f"estimator must be one of {list(ESTIMATORS)}, not {estimator!r}: give robust")
        for name, value in (("focal_px", focal_px), ("camera_height_m", camera_height_m)):
            if value is not None and not (value > 0 and isfinite(value)):
                raise ValueError(f"{name} must be above 0, not {value}: give such as 772.5, or leave it out")
        for name, values in (("center", center), ("distortion", distortion)):
            if values is not None and focal_px is None:
                raise ValueError(f"{name} needs focal_px, which is not given, not {values} alone: give both")
        self.sides = Sides.of(classes, task, below)
        self.estimator, self.smooth, self.camera_height_m = estimator, smooth, camera_height_m
        self.focal_px, self.center, self.distortion = focal_px, center, distortion or _NO_DISTORTION
        self._lens((1, 1))  # finds what is wrong in the numbers before the first frame
        self._film = Film()

    def __call__(self, probabilities: Tensor, meta: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Give the rows of frames of one size, from probabilities (N, K, H, W) and their meta."""
        size = (probabilities.shape[2], probabilities.shape[3])
        lenses = [lens_of(known) or self._lens(size) for known in meta]
        sea = self.sides.sea(probabilities)
        lines = fit_through(sea, self.estimator, lenses)
        other = fit_through(sea, next(name for name in ESTIMATORS if name != self.estimator), lenses)
        differs = difference(lines, other)[0]
        if self.smooth:
            lines = self._film.follow(lines, meta)
        rows = []
        for index, (shown, apart) in enumerate(zip(_table(lines), differs.tolist(), strict=True)):
            height = meta[index].get("camera_height_m") or self.camera_height_m
            beside = (apart, float(lines.residual[index]))
            sea_seen = sea_columns(shown, size, lenses[index], height)
            values = (*shown.values(), self.estimator, *beside, *sea_seen)
            answer = "line" if bool(lines.found[index]) else "no_horizon"
            rows.append(dict(zip(self.columns, (answer, *map(_plain, values)), strict=True)))
        return rows

    def draw(self, image: np.ndarray, row: Mapping[str, Any]) -> np.ndarray:
        """Draw the line with its confidence into an image (H, W, 3) uint8; a new one is given.

        The curve is that of the options' lens; a frame whose own ``intrinsics`` bend has a straight line.
        """
        drawn = np.ascontiguousarray(image).copy()
        if row["answer"] != "line":
            write(drawn, "no horizon")
            return drawn
        lens = self._lens((image.shape[0], image.shape[1])) if any(self.distortion) else None
        draw_line(drawn, radians(row["normal_deg"]), row["rho_px"], lens)
        write(drawn, f"horizon {row['confidence']:.0%}, roll {row['roll_deg']:+.1f}°")
        return drawn

    def _lens(self, size: tuple[int, int]) -> Lens | None:
        if self.focal_px is None:
            return None
        cx, cy = self.center or (size[1] / 2, size[0] / 2)
        return Lens(self.focal_px, self.focal_px, cx, cy, self.distortion)


def _table(lines: Lines) -> list[dict[str, float]]:
    """Give the columns of the line itself of each frame; NaN where there is none."""
    values = (
        lines.slope,
        lines.offset,
        lines.normal_deg,
        lines.rho,
        lines.roll_deg,
        lines.center_y,
        lines.confidence,
    )
    numbers = torch.stack([value.double() for value in values], dim=1).tolist()
    return [dict(zip(_LINE_COLUMNS, row, strict=True)) for row in numbers]


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and value != value else value

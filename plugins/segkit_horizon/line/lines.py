"""The lines of a batch of frames: what a fit answers, and how far two answers lie apart."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import torch
from torch import Tensor

_VERTICAL = 1e-9  # below this |sin(normal)| a line has no height at a given x that a float could hold


@dataclass(frozen=True, eq=False)
class Lines:
    """The horizon lines of N frames of one size. x points right, y down, the origin is the frame's top-left corner.

    Pixel (c, r) covers [c, c+1) x [r, r+1). A line is all (x, y) with ``cos(normal) x + sin(normal) y = rho``; with a
    lens it is straight in the frame that the lens would give without distortion, and all of its figures are of that.

    Attributes:
        found: Whether there is a line; where not, ``confidence`` is 0 and the other figures are NaN.
        normal: Angle in radians, in (-pi, pi], of the unit normal that points from the sky to what is below the
            horizon: pi/2 for a level line with the sea below it.
        rho: Distance in pixels of the line from the origin along its normal.
        residual: Root mean square in pixels of the distances of those boundary points that the line explains.
        confidence: The share, in [0, 1], of frames with such evidence whose line is right.
        boundary: (N, W) count of sky pixels in each column, with the fractions that probabilities tell; NaN where a
            column has no boundary. It is the boundary's y; H minus it where the frame is upside down.
        size: H and W of the frames.
    """

    found: Tensor
    normal: Tensor
    rho: Tensor
    residual: Tensor
    confidence: Tensor
    boundary: Tensor
    size: tuple[int, int]

    @property
    def slope(self) -> Tensor:
        """dy/dx; NaN where the line is vertical or there is none."""
        return -self.normal.cos() / self._sine

    @property
    def offset(self) -> Tensor:
        """The line's y at x = 0 over the frame's height; NaN where the line is vertical or there is none."""
        return self.rho / self._sine / self.size[0]

    @property
    def center_y(self) -> Tensor:
        """The line's y in the frame's middle column in pixels; NaN where the line is vertical or there is none."""
        return (self.rho - self.normal.cos() * self.size[1] / 2) / self._sine

    @property
    def roll_deg(self) -> Tensor:
        """Roll of the line in degrees, in (-180, 180], positive clockwise as seen: 180 for a level line upside down."""
        return torch.rad2deg(wrap(self.normal - pi / 2))

    @property
    def normal_deg(self) -> Tensor:
        """The normal's angle in degrees."""
        return torch.rad2deg(self.normal)

    @property
    def middle_distance(self) -> Tensor:
        """Signed distance in pixels of the line from the frame's middle, positive where the middle is sky."""
        height, width = self.size
        return self.rho - self.normal.cos() * width / 2 - self.normal.sin() * height / 2

    @property
    def _sine(self) -> Tensor:
        sine = self.normal.sin()
        return torch.where(sine.abs() < _VERTICAL, torch.nan, sine)


def wrap(angle: Tensor) -> Tensor:
    """Bring angles in radians into (-pi, pi]."""
    return pi - torch.remainder(pi - angle, 2 * pi)


def difference(first: Lines, second: Lines) -> tuple[Tensor, Tensor]:
    """Say how far two answers for the same frames lie apart.

    Returns:
        The angle between the normals in degrees, in [0, 180], and the difference of the lines' distances from the
        frame's middle in pixels; both (N,), NaN where one of the two found no line.
    """
    degrees = torch.rad2deg(wrap(first.normal - second.normal).abs())
    return degrees, (first.middle_distance - second.middle_distance).abs()

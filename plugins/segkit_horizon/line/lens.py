"""A lens that bends straight lines: from a frame's pixels to those of a pinhole camera, and back."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, hypot, isfinite, sin

import torch
from torch import Tensor

_STEPS = 30  # of a fixed point; at the edge of a frame with k1 = -0.3 each leaves a third of the error


@dataclass(frozen=True)
class Lens:
    """A pinhole camera with the distortion of Brown (1966) and Conrady (1919), in OpenCV's order and sign.

    A point (x, y) of the undistorted picture at unit focal length, ``r^2 = x^2 + y^2``, is seen at
    ``x (1 + k1 r^2 + k2 r^4 + k3 r^6) + 2 p1 x y + p2 (r^2 + 2 x^2)``, and y likewise with p1 and p2 exchanged.
    Pixel positions count from the frame's top-left corner: OpenCV's own, which count from the center of the first
    pixel, are half a pixel less, and so are its cx and cy.

    Args:
        fx: Focal length in pixels along x, above 0.
        fy: Focal length in pixels along y, above 0.
        cx: x of the principal point in pixels.
        cy: y of the principal point in pixels.
        distortion: k1, k2, p1, p2, k3.

    Raises:
        ValueError: When a focal length is not above 0, a number is not finite, or there are not five of distortion.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    distortion: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        if not (self.fx > 0 and self.fy > 0 and isfinite(self.fx) and isfinite(self.fy)):
            raise ValueError(f"fx and fy must be above 0, not {self.fx} and {self.fy}: give the focal length in pixels")
        if not (isfinite(self.cx) and isfinite(self.cy)):
            raise ValueError(
                f"cx and cy must be finite, not {self.cx} and {self.cy}: give the principal point in pixels"
            )
        if len(self.distortion) != 5 or not all(isfinite(value) for value in self.distortion):
            raise ValueError(
                f"distortion must be five finite numbers, not {self.distortion}: give k1, k2, p1, p2, k3, 0 for none"
            )

    def distort(self, points: Tensor) -> Tensor:
        """Move points (..., 2) of the undistorted frame to where the lens shows them, in pixels."""
        x, y = (points[..., 0] - self.cx) / self.fx, (points[..., 1] - self.cy) / self.fy
        radial, dx, dy = self._bend(x, y)
        return torch.stack([(x * radial + dx) * self.fx + self.cx, (y * radial + dy) * self.fy + self.cy], dim=-1)

    def undistort(self, points: Tensor) -> Tensor:
        """Move points (..., 2) that the lens shows to where they lie in the undistorted frame, in pixels."""
        seen_x, seen_y = (points[..., 0] - self.cx) / self.fx, (points[..., 1] - self.cy) / self.fy
        x, y = seen_x, seen_y
        for _ in range(_STEPS if any(self.distortion) else 0):
            radial, dx, dy = self._bend(x, y)
            x, y = (seen_x - dx) / radial, (seen_y - dy) / radial
        return torch.stack([x * self.fx + self.cx, y * self.fy + self.cy], dim=-1)

    def curve(self, normal: float, rho: float, size: tuple[int, int], step: float = 1.0) -> Tensor:
        """Give the curve that the lens makes of a line, to be drawn into the frame.

        Args:
            normal: Angle in radians of the line's normal in the undistorted frame.
            rho: The line's distance in pixels from the origin there.
            size: Height and width of the frame.
            step: Distance in pixels between two points in the undistorted frame.

        Returns:
            (P, 2) float64 x and y in pixels, in order, of those points that lie in the frame; none when it has none.
        """
        across = torch.tensor([cos(normal), sin(normal)], dtype=torch.float64)
        along = torch.stack([-across[1], across[0]])
        foot = rho - self.cx * float(across[0]) - self.cy * float(across[1])
        reach = self.reach(size)
        if abs(foot) > reach:
            return torch.empty(0, 2, dtype=torch.float64)
        # Beyond the frame's corners the polynomial may turn back into the frame.
        half = (reach**2 - foot**2) ** 0.5
        t = torch.linspace(-half, half, max(2, int(2 * half / step) + 1), dtype=torch.float64).unsqueeze(1)
        points = self.distort(torch.tensor([self.cx, self.cy], dtype=torch.float64) + foot * across + t * along)
        return points[inside(points, size)]

    def reach(self, size: tuple[int, int]) -> float:
        """Give the greatest distance in pixels from the principal point of what a frame shows, undistorted."""
        height, width = size
        edge = torch.linspace(0, 1, 33, dtype=torch.float64)
        zero = torch.zeros_like(edge)
        border = [(edge, zero), (edge, zero + 1), (zero, edge), (zero + 1, edge)]
        points = torch.cat([torch.stack([x * width, y * height], dim=1) for x, y in border])
        return max(hypot(x - self.cx, y - self.cy) for x, y in self.undistort(points).tolist())

    def _bend(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        k1, k2, p1, p2, k3 = self.distortion
        square = x * x + y * y
        radial = 1 + square * (k1 + square * (k2 + square * k3))
        return radial, 2 * p1 * x * y + p2 * (square + 2 * x * x), p1 * (square + 2 * y * y) + 2 * p2 * x * y


def inside(points: Tensor, size: tuple[int, int]) -> Tensor:
    """Say which of the points (..., 2) lie in a frame of this height and width."""
    height, width = size
    x, y = points[..., 0], points[..., 1]
    return (x >= 0) & (x <= width) & (y >= 0) & (y <= height)

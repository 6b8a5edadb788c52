"""The weight of a loss in a sum: a number, or one that changes over the epochs."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

from segkit.values import fit

_FORMS = float | tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Weight:
    """A factor that is linear between the points (epoch, factor) and constant outside of them.

    Attributes:
        points: With rising epochs; at least one.
    """

    points: tuple[tuple[float, float], ...]

    @classmethod
    def of(cls, value: Any) -> Weight:
        """Read a number, or a list of [epoch, factor].

        Raises:
            ValueError: When it is neither (MisfitError), or the epochs do not rise from 0 or later, or a number is not
                finite.
        """
        fitted = fit(value, _FORMS)
        points = fitted if isinstance(fitted, tuple) else ((0.0, fitted),)
        epochs = [epoch for epoch, _ in points]
        rising = all(first < second for first, second in zip([-1.0, *epochs], epochs, strict=False))
        if not points or not rising or epochs[0] < 0 or not all(isfinite(n) for point in points for n in point):
            raise ValueError("its epochs must rise from 0 or later, and all its numbers be finite")
        return cls(points)

    def at(self, epoch: float) -> float:
        """Give the factor at an epoch (from 0, with its fraction); infinity asks for the last one."""
        after = bisect_right(self.points, (epoch, inf))
        if after == 0 or after == len(self.points):
            return self.points[max(after - 1, 0)][1]
        (start, first), (end, last) = self.points[after - 1 : after + 1]
        return first + (last - first) * (epoch - start) / (end - start)

    def describe(self) -> float | list[list[float]]:
        """Write it as a recipe does."""
        return self.points[0][1] if len(self.points) == 1 else [list(point) for point in self.points]

"""The horizon line of a frame, from probabilities or a mask."""

from segkit_horizon.line.fit import ESTIMATORS, fit_lines
from segkit_horizon.line.lens import Lens
from segkit_horizon.line.lines import Lines, difference

__all__ = ["ESTIMATORS", "Lens", "Lines", "difference", "fit_lines"]

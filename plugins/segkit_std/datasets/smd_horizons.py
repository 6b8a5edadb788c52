"""The horizon lines of the Singapore Maritime Dataset, as its MATLAB files hold them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.io import loadmat

from segkit.errors import DataError, one_line
from segkit.images import named

_VARIABLE: Final = "structXML"
_FIELDS: Final = ("X", "Y", "Nx", "Ny")


def read_horizons(file: Path) -> np.ndarray:
    """Read the line of every frame of a film.

    The file holds a struct array, an element a frame: a point of the line (X, Y) and its normal (Nx, Ny). X and Y are
    taken to count as MATLAB does, where the first pixel's center is (1, 1): X is 960.5 in frames of 1920 columns.

    Args:
        file: Such as ``MVI_1478_VIS_HorizonGT.mat``.

    Returns:
        (N, 2) float64: slope (dy/dx) and the y at x = 0 in pixels, x right and y down from the frame's top-left corner;
        NaN where no line, or an upright one, was marked.

    Raises:
        DataError: When the file cannot be read, or holds no such array.
    """
    try:
        frames = np.ravel(loadmat(str(file), variable_names=[_VARIABLE])[_VARIABLE])
        rows = [[_number(frame[name]) for name in _FIELDS] for frame in frames]
    except Exception as error:  # damaged bytes lead scipy to errors of many kinds
        cause = f"{named(file)}: cannot be read as lines of frames ({one_line(error)})"
        raise DataError(cause, "replace the file by the published one") from error
    x, y, normal_x, normal_y = np.array(rows, np.float64).reshape(-1, len(_FIELDS)).T
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = -normal_x / normal_y
        lines = np.stack([slope, (y - 0.5) - slope * (x - 0.5)], axis=1)
    lines[~np.isfinite(lines).all(axis=1)] = np.nan
    return lines


def _number(value: Any) -> float:
    """Give the one number of a field; NaN of an empty one."""
    held = np.ravel(value)
    return float(held[0]) if held.size else np.nan

"""What a frame's line says of the camera and the sea before it."""

from __future__ import annotations

from collections.abc import Mapping
from math import asin, degrees, isnan, nan, radians

from segkit_horizon.confidence import ANGLE_DEG, OFFSET_PCT, deviation
from segkit_horizon.line import Lens
from segkit_horizon.range import Sigma, horizon_distance, nadir, sea_ranges

SEA_COLUMNS = ("pitch_deg", "horizon_m", "near_low_m", "near_high_m")


def sea_columns(
    line: Mapping[str, float], size: tuple[int, int], lens: Lens | None, height_m: float | None
) -> tuple[float, float, float, float]:
    """Give the values of ``SEA_COLUMNS``; NaN where there is no line, no camera, or no sea at the lower edge.

    Args:
        line: normal_deg, rho_px and confidence; NaN where there is no line.
        size: Height and width of the frame.
        lens: The camera's; None when it is not known.
        height_m: Of the camera above the sea; None when it is not known.
    """
    if lens is None or height_m is None or isnan(line["normal_deg"]):
        return nan, nan, nan, nan
    normal, rho = radians(line["normal_deg"]), line["rho_px"]
    down = nadir(normal, rho, size, lens, height_m)
    share = deviation(line["confidence"])
    sigma = Sigma(angle_deg=share * ANGLE_DEG, offset_px=share * OFFSET_PCT / 100 * size[0])
    near = sea_ranges([size[1] / 2, size[0]], normal, rho, size, lens, height_m, sigma)
    return degrees(asin(-float(down[2]))), float(horizon_distance(height_m)), float(near.low), float(near.high)

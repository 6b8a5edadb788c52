"""What a line's confidence means: from the share of lines that are right to the spread of their errors, and back.

A confidence is the share of lines within half a degree of the truth in angle and half a percent of the frame's height
in place. With two normal and independent errors of the same spread, each against its bound, one follows from the other.
"""

from __future__ import annotations

from math import erf, sqrt
from statistics import NormalDist

ANGLE_DEG = 0.5
OFFSET_PCT = 0.5  # of the frame's height

_LEAST, _MOST = 1e-3, 0.999  # no frame can show that a line is better or worse than this


def deviation(confidence: float) -> float:
    """Give the errors' standard deviation, as a share of their bounds, of lines of a confidence in [0, 1]."""
    each = sqrt(min(max(confidence, _LEAST), _MOST))
    return 1 / NormalDist().inv_cdf((1 + each) / 2)


def share_within(angle_deg: float, offset_pct: float) -> float:
    """Give the share of lines within both bounds when the errors have these standard deviations, above 0."""
    return erf(ANGLE_DEG / angle_deg / sqrt(2)) * erf(OFFSET_PCT / offset_pct / sqrt(2))

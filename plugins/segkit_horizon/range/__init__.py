"""The range on the sea: from the horizon's line to distances, on the round earth and through its air."""

from segkit_horizon.range.distance import Ranges, Sigma, sea_ranges
from segkit_horizon.range.earth import dip, horizon_distance, sea_distance
from segkit_horizon.range.vertical import nadir

__all__ = ["Ranges", "Sigma", "dip", "horizon_distance", "nadir", "sea_distance", "sea_ranges"]

"""segkit: plugin-based image segmentation, at its best on the horizon."""

from segkit.api import build, check, components, load, run

__all__ = ["build", "check", "components", "load", "run"]

"""Metrics of the horizon, one a file."""

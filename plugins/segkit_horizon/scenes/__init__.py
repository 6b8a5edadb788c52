"""Rendered scenes: sea and sky of a seed, with the exact horizon line."""

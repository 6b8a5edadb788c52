"""Rendered scenes of the horizon: sea, land from the air, streets; each of a seed, with the exact line."""

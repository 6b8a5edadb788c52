"""Augment, one a file."""

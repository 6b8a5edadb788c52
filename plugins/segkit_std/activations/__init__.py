"""Activations, one a file."""

"""Losses for the horizon."""

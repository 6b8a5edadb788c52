"""The horizon: scenes to learn it from."""

"""What every component of a kind promises, as tests: a file a kind, and one for all."""

"""``python -m segkit``."""

from segkit.cli.main import main

main()

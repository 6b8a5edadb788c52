"""How long the lists take with many plugins installed: the median of some processes, each with all that it costs.

    python benches/discovery.py [--plugins 100] [--rounds 15]

The plugins are generated into a folder that is put on PYTHONPATH, each as pip would leave it there: a module, and a
dist-info folder with METADATA and entry_points.txt. Commands take turns, with and without them, so that what else the
machine does hits all alike. `python -c pass` and `import typer` are what no command can be faster than.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

PLUGIN = """
from segkit.hooks import hookimpl
from segkit.spec import ComponentSpec


@hookimpl
def segkit_components():
    for kind in ("loss", "metric"):
        yield ComponentSpec(kind, "{name}", "{name}.nowhere:Thing", "A component that nobody imports.")
"""
SCRIPT = "import sys; from segkit.cli.main import main; main()"
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import typer": ["-c", "import typer"],
    "segkit list": ["-c", SCRIPT, "list"],
    "segkit plugins": ["-c", SCRIPT, "plugins"],
    "segkit --help": ["-c", SCRIPT, "--help"],
}
TORCH = "import atexit, sys; atexit.register(lambda: print('torch' in sys.modules, file=sys.stderr)); "


def generate(folder: Path, count: int) -> None:
    """Write plugins as they lie in site-packages."""
    for number in range(count):
        name = f"bench_{number:03}"
        (folder / f"{name}.py").write_text(PLUGIN.format(name=name))
        info = folder / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[segkit]\nmain = {name}\n")


def seconds(arguments: list[str], path: str) -> float:
    """Run Python once and time it."""
    begun = perf_counter()
    subprocess.run([sys.executable, *arguments], env=environment(path), capture_output=True, check=True)
    return perf_counter() - begun


def environment(path: str) -> dict[str, str]:
    """Give the environment with a folder on PYTHONPATH and without segkit's switches."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SEGKIT_")}
    return kept | {"PYTHONPATH": path}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--plugins", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), options.plugins)
        cases = [(name, path) for name in COMMANDS for path in ("", folder)]
        times: dict[tuple[str, str], list[float]] = {case: [] for case in cases}
        for _ in range(options.rounds + 1):
            for name, path in cases:
                times[name, path].append(seconds(COMMANDS[name], path))
        listing = [sys.executable, "-c", TORCH + SCRIPT, "list"]
        done = subprocess.run(listing, env=environment(folder), capture_output=True, text=True, check=True)
        print(f"{'seconds':16}  {'none':>6}  {options.plugins:6} plugins, median of {options.rounds}")
        for name in COMMANDS:
            alone, beside = (median(times[name, path][1:]) for path in ("", folder))  # the first one fills caches
            print(f"{name:16}  {alone:6.3f}  {beside:6.3f}")
        listed = sum("bench_" in line for line in done.stdout.splitlines())
        print(f"segkit list shows {listed} of their components; torch imported: {done.stderr.strip()}")


if __name__ == "__main__":
    main()

"""What is wrong with an installed plugin, as far as a machine can tell: import, paths, options, contracts."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from segkit.assemble import load, title
from segkit.catalog import Catalog, Component, Plugin
from segkit.errors import PluginError
from segkit.loading import GROUP
from segkit.options import REQUIRED, signature_of

SLOWEST = 0.05  # seconds; every segkit command waits for every plugin
HEAVY = ("torch", "torchvision", "timm", "kornia", "torchmetrics", "lightning_fabric", "matplotlib", "safetensors")

# Only the module counts, not what every plugin imports; the fastest of some tries, as a machine may be busy.
_TRIES = 3
_PROBE = """
import contextlib, importlib, json, sys, time
import segkit.hooks, segkit.spec
before = set(sys.modules)
with contextlib.redirect_stdout(sys.stderr):
    begun = time.perf_counter()
    importlib.import_module(sys.argv[1])
    seconds = time.perf_counter() - begun
print(json.dumps([seconds, sorted(set(sys.modules) - before)]))
"""


def faults(catalog: Catalog, plugin: Plugin) -> Iterator[str]:
    """Give what is wrong with a plugin, a line each, as it is found; nothing when it is well."""
    if plugin.state in ("broken", "disabled"):
        yield f"it is {plugin.state}: {plugin.cause}"
        return  # what else there is to find would come of that
    if plugin.cause:
        yield plugin.cause
    for entry in distribution(plugin.distribution).entry_points.select(group=GROUP):
        yield from _import_faults(entry.module)
    for component in catalog.components:
        if component.distribution == plugin.distribution:
            yield from _component_faults(component)
    for command in catalog.commands:
        if command.distribution == plugin.distribution:
            yield from _load_faults(command)
    if any(c.distribution == plugin.distribution for c in catalog.components):
        yield from _contract_faults(plugin.distribution)


def _import_faults(module: str) -> Iterator[str]:
    """Import a plugin module in fresh processes."""
    fastest, imported = float("inf"), set()
    for _ in range(_TRIES):
        done = _python("-c", _PROBE, module)
        if done.returncode:
            yield f"{module} cannot be imported alone: {done.stderr.strip().splitlines()[-1]}"
            return
        seconds, names = json.loads(done.stdout)
        fastest, imported = min(fastest, seconds), set(names)
    heavy = [name for name in HEAVY if name in imported]
    if heavy:
        yield f"{module} imports {', '.join(heavy)}: import them in the modules of the components only"
    if fastest > SLOWEST:
        yield f"{module} takes {fastest * 1000:.0f} ms to import, {SLOWEST * 1000:.0f} are allowed: import less in it"


def _load_faults(published: Any) -> Iterator[str]:
    try:
        load(published)
    except PluginError as error:
        yield error.faults[0].cause


def _component_faults(component: Component) -> Iterator[str]:
    """Import a component and read its options."""
    try:
        target = load(component)
        options = signature_of(target, component.spec).options
    except PluginError as error:
        yield error.faults[0].cause
        return
    annotations = {name: p.annotation for name, p in inspect.signature(target).parameters.items()}
    for name in options:
        if annotations[name] is REQUIRED:
            yield f"{title(component)}: option {name!r} has no type: annotate it, such as {name}: float"


def _contract_faults(name: str) -> Iterator[str]:
    """Run the contract of every component in a process of its own."""
    if find_spec("pytest") is None:
        yield "its contracts were not checked, as pytest is not installed: pip install pytest"
        return
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "pytest.ini"  # none of those that lie about where segkit is installed
        settings.write_text("[pytest]\n", encoding="utf-8")
        options = ["-q", "-rfE", "--tb=no", "-p", "no:cacheprovider", "-c", str(settings), "--segkit-dist", name]
        done = _python("-m", "pytest", *options, folder=folder)
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    for line in failed:
        yield f"contract {line.partition(' ')[2].rpartition('contracts/')[2]}"
    if done.returncode and not failed:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines() or [f"it exited with {done.returncode}"]
        yield f"its contracts could not be run: {said[-1]}"


def _python(*arguments: str, folder: str | None = None) -> subprocess.CompletedProcess[str]:
    settings = {"PYTEST_ADDOPTS": "", "COLUMNS": "400"}  # columns, as pytest cuts its lines to them
    command = [sys.executable, *arguments]
    environment = {**os.environ, **settings}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603

"""Third parties' packages in a folder of their own, and segkit's command line in a process that sees them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HEAD = "from segkit.hooks import hookimpl\nfrom segkit.spec import CommandSpec, ComponentSpec\n"


@pytest.fixture
def add_plugin(tmp_path: Path) -> Callable[..., None]:
    """``add_plugin(distribution, source, entries, **modules)`` installs it: a module a text, named by its keyword.

    ``source`` is the plugin module's, which is named like the distribution and begins with the imports that it needs;
    ``entries`` are the lines of the entry points if there are others than that module.
    """

    def add(distribution: str, source: str, entries: str = "", **modules: str) -> None:
        module = re.sub(r"[-_.]+", "_", distribution)
        info = tmp_path / "site" / f"{module}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[segkit]\n{entries or f'main = {module}'}\n")
        for name, text in {module: HEAD + source, **modules}.items():
            (tmp_path / "site" / f"{name}.py").write_text(text)

    return add


@pytest.fixture
def segkit(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """``segkit(*arguments)`` runs the command line in ``tmp_path`` with the plugins that were added."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        own = {"PYTHONPATH": str(tmp_path / "site"), "SEGKIT_CACHE": str(tmp_path / "cache"), "COLUMNS": "120"}
        environment = {key: value for key, value in os.environ.items() if not key.startswith("SEGKIT_")} | own
        command = [sys.executable, "-m", "segkit", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=300
        )

    return run

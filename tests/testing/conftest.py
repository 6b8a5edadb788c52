"""Distributions made of the samples, and pytest run on them as their author would."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from segkit.testing.pytest_plugin import CONTRACTS

SAMPLES = Path(__file__).parent / "samples"

PLUGIN = """from segkit.hooks import hookimpl
from segkit.spec import ComponentSpec


@hookimpl
def segkit_components():
    for fields in {specs!r}:
        yield ComponentSpec(**fields)
"""


@pytest.fixture(scope="session")
def sample() -> Callable[..., dict[str, Any]]:
    """``sample(kind, class name, **others)`` gives the fields of a sample's spec; its name is in snake case."""

    def fields(kind: str, name: str, /, **others: Any) -> dict[str, Any]:
        snake_case = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        return {"kind": kind, "name": snake_case, "path": f"samples.{kind}:{name}", "summary": "A sample.", **others}

    return fields


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that Python looks for packages in, with the samples."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(SAMPLES, folder / "samples", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture(scope="module")
def distribute(site: Path) -> Callable[[str, Iterable[Mapping[str, Any]]], None]:
    """``distribute(name, specs)`` installs a distribution; a spec is given as the fields of a ComponentSpec."""

    def write(distribution: str, specs: Iterable[Mapping[str, Any]]) -> None:
        module = distribution.replace("-", "_")
        (site / f"{module}.py").write_text(PLUGIN.format(specs=list(specs)))
        info = site / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[segkit]\nmain = {module}\n")

    return write


@pytest.fixture(scope="module")
def run_pytest(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """``run_pytest(*arguments, conftest="")`` runs pytest in an empty folder, with the installed samples at hand."""

    def run(*arguments: str, conftest: str = "") -> subprocess.CompletedProcess[str]:
        folder = tmp_path_factory.mktemp("author")
        (folder / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
        (folder / "conftest.py").write_text(conftest)
        path = [str(site), *filter(None, [os.environ.get("PYTHONPATH")])]
        # as in an author's CI, where pytest draws differences in full, however long that takes
        settings = {"PYTHONPATH": os.pathsep.join(path), "OMP_NUM_THREADS": "1", "COLUMNS": "200", "CI": "true"}
        command = [sys.executable, "-m", "pytest", "-c", "pytest.ini", f"--rootdir={CONTRACTS}", *arguments]
        return subprocess.run(
            command, cwd=folder, env=os.environ | settings, capture_output=True, text=True, check=False, timeout=300
        )

    return run

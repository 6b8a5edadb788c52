"""Third parties' distributions, as wheels that are unpacked where Python looks for packages."""

from __future__ import annotations

import base64
import hashlib
import importlib
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HEAD = "from segkit.hooks import hookimpl\nfrom segkit.spec import ComponentSpec\n"


def write_wheel(folder: Path, distribution: str, version: str, files: dict[str, str | bytes]) -> Path:
    """Write a wheel as its specification asks, with METADATA, WHEEL and RECORD unless ``files`` holds its own."""
    stem = f"{_module(distribution)}-{version}"
    info = f"{stem}.dist-info"
    texts: dict[str, str | bytes] = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        **{name.replace("INFO/", f"{info}/"): text for name, text in files.items()},
    }
    contents = {name: text.encode() if isinstance(text, str) else text for name, text in texts.items()}
    record = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in contents.items()]
    contents[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    folder.mkdir(exist_ok=True)
    wheel = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return wheel


def _module(distribution: str) -> str:
    return re.sub(r"[-_.]+", "_", distribution).lower()


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


@pytest.fixture
def make_wheel(tmp_path: Path) -> Callable[..., Path]:
    """``make_wheel(distribution, source, version="1.0", entry_points=None, files={})`` gives the wheel's path.

    ``source`` is a module named like the distribution, and behind its only entry point unless ``entry_points`` says
    otherwise; it begins with the imports that a plugin needs. ``INFO`` in ``files`` is the dist-info folder.
    """

    def make(
        distribution: str,
        source: str = "",
        version: str = "1.0",
        entry_points: str | None = None,
        files: dict[str, str | bytes] | None = None,
    ) -> Path:
        module = _module(distribution)
        entries = f"[segkit]\nmain = {module}\n" if entry_points is None else entry_points
        own: dict[str, str | bytes] = {f"{module}.py": HEAD + source, "INFO/entry_points.txt": entries}
        return write_wheel(tmp_path / "wheels", distribution, version, {**own, **(files or {})})

    return make


@pytest.fixture
def install(
    tmp_path: Path, make_wheel: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Path]]:
    """Like ``make_wheel``, and unpacks the wheel into ``site`` (a folder's name), which is put first on sys.path."""

    def unpack(distribution: str, source: str = "", *, site: str = "site", **options: object) -> Path:
        folder = tmp_path / site
        with zipfile.ZipFile(make_wheel(distribution, source, **options)) as archive:
            archive.extractall(folder)
        if str(folder) not in sys.path:
            monkeypatch.syspath_prepend(folder)
        importlib.invalidate_caches()
        return folder

    modules = set(sys.modules)
    yield unpack
    for name in set(sys.modules) - modules:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """``python(site, *arguments)`` runs a fresh interpreter that finds the packages in the folder ``site``."""

    def run(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *arguments]
        path = [str(site), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)

    return run

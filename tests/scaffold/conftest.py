"""Projects that are written, built and installed as their authors would, without a network."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps", "--no-index"]

Shell = Callable[..., str]


def run(command: list[str], folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command that has to succeed, in a folder; what it said is shown when it does not."""
    own = ("PYTHONPATH", "PYTEST_", "SEGKIT_", "PIP_")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(own)}
    environment |= {"SEGKIT_CACHE": str(folder / ".cache"), "OMP_NUM_THREADS": "1", **settings}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="session")
def segkit_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """segkit's own wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    run([sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder), str(ROOT)], folder)
    return next(folder.glob("*.whl"))


@pytest.fixture
def shell(segkit_wheel: Path, tmp_path: Path) -> Shell:
    """``shell(commands, folder)`` runs them as one script and gives its standard output.

    The script sees a clean environment that holds pip, segkit's wheel and, as if installed, what that needs. What a
    network would be asked for is switched off in pip's settings, so that the commands are those of any user.
    """
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    python = venv / "bin" / "python"
    subprocess.run([python, *PIP[1:], str(segkit_wheel)], check=True)
    packages = run([str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], tmp_path).stdout
    (Path(packages.strip()) / "parent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    settings = {
        "PATH": f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip takes it as the value of build_isolation
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }

    def script(commands: str, folder: Path) -> str:
        return run(["sh", "-e", "-c", commands], folder, **settings).stdout

    return script


@pytest.fixture(scope="session")
def python() -> Callable[..., str]:
    """``python(folder, module, *arguments, **settings)`` runs a module in a folder and gives its standard output."""

    def module(folder: Path, *arguments: str, **settings: str) -> str:
        return run([sys.executable, "-m", *arguments], folder, **settings).stdout

    return module


@pytest.fixture
def install(tmp_path: Path) -> Callable[[Path], Path]:
    """``install(project)`` gives a folder that holds the project's package as pip installs it."""

    def target(project: Path) -> Path:
        site = tmp_path / "site"
        run([*PIP, "--no-build-isolation", "--target", str(site), str(project)], tmp_path)
        return site

    return target

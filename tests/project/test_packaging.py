"""The wheel and the sdist hold everything: a venv that has only the wheel lists, checks and trains a shipped recipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return folder


@pytest.fixture(scope="module")
def environment(distributions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A venv with the wheel alone; what it needs is seen in the parent's folder, its editable segkit is not."""
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    own = Path(
        subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
    )
    wheel = next(distributions.glob("*.whl"))
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(own)]
    subprocess.run([*install, str(wheel)], check=True)
    (own / "parent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def _segkit(python: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    clean["SEGKIT_CACHE"] = str(folder / "cache")
    command = [str(python), "-m", "segkit", *arguments]
    return subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_wheel_and_sdist_hold_code_plugins_recipes_and_licence(distributions: Path) -> None:
    with zipfile.ZipFile(next(distributions.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    assert {"segkit/spec.py", "segkit_std/plugin.py", "segkit_horizon/plugin.py", "segkit/py.typed"} <= names
    shipped = {name for name in names if name.startswith("segkit/recipes/")}
    assert shipped == {f"segkit/recipes/{path.name}" for path in (ROOT / "recipes").glob("*.yaml")}
    assert any(name.endswith("licenses/LICENSE") for name in names)
    with tarfile.open(next(distributions.glob("*.tar.gz"))) as sdist:
        held = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"Makefile", "recipes/horizon_unet.yaml", "plugins/segkit_std/plugin.py", "pyproject.toml"} <= held


@pytest.mark.slow
def test_a_shipped_recipe_trains_from_the_wheel_alone(environment: Path, tmp_path: Path) -> None:
    listed = _segkit(environment, tmp_path, "list", "backbone", "--json")
    assert {row["name"] for row in json.loads(listed.stdout)} >= {"plain", "timm"}, listed.stderr
    small = ["data.counts=[8, 4, 4]", "data.size=[32, 64]", "train.steps=1", "train.precision=fp32"]
    small += ["model.backbone.widths=[4, 8]", "train.batch_size=4"]
    trained = _segkit(environment, tmp_path, "run", "horizon_unet", *small)
    assert trained.returncode == 0, trained.stderr
    assert (tmp_path / "runs" / "horizon_unet" / "1" / "model.safetensors").is_file()

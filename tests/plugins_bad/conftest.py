"""The zoo: every bad plugin of specimens.toml as a real wheel, all of them installed into one environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{distribution}"
version = "1.0"

[project.entry-points."segkit"]
main = "{module}.plugin"

[tool.hatch.build.targets.wheel]
packages = ["{module}"]
"""
HEAD = "from segkit.hooks import hookimpl\nfrom segkit.spec import ComponentSpec\n"
PLUGIN = """
@hookimpl
def segkit_components():
    yield ComponentSpec("loss", "MODULE", "MODULE.loss:Loss", "A loss.")
"""
LOSS = """
class Loss:
    def __call__(self, logits, target):
        return logits.square().mean()
"""
RECIPE = """
classes: [sky, sea]
task: sea
data: {{use: synthetic_horizon, counts: [8, 4, 4], size: [32, 64]}}
model: {{backbone: {{use: plain, widths: [4, 8]}}}}
loss: {loss}
metrics: [iou]
train: {{steps: 2, batch_size: 4, precision: fp32}}
"""
# One process a project would take a second each; the back end is the one that pip would call.
BUILD = """
import os, sys
from hatchling.build import build_wheel
for project in sys.argv[2:]:
    os.chdir(project)
    build_wheel(sys.argv[1])
"""
# All recipes in one process, each through the command line's own main.
COMMANDS = """
import contextlib, io, json, sys
from segkit.cli.main import main
outcomes = []
for arguments in json.load(sys.stdin):
    sys.argv, said, code = ["segkit", *arguments], io.StringIO(), 0
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
    outcomes.append({"code": code, "said": said.getvalue()})
print(json.dumps(outcomes))
"""


@dataclass(frozen=True)
class Specimen:
    """A bad plugin, and what has to come of it; see specimens.toml."""

    name: str
    fault: str
    state: str
    cause: str = ""
    plugin: str = PLUGIN
    loss: str = LOSS
    entry_points: str = ""
    use: str = ""
    recipe: str = ""

    @property
    def distribution(self) -> str:
        return f"zoo-{self.name}"

    @property
    def module(self) -> str:
        return self.distribution.replace("-", "_")

    @property
    def full_name(self) -> str:
        return self.use or f"{self.distribution}:{self.module}"

    @property
    def gives_nothing(self) -> bool:
        return self.state == "broken" or self.recipe.startswith("the plugin gives nothing")

    @property
    def works(self) -> bool:
        return not self.recipe and not self.gives_nothing

    def write(self, folder: Path) -> Path:
        """Write the project; give its folder."""
        project = folder / self.distribution
        (project / self.module).mkdir(parents=True)
        files = {
            "pyproject.toml": PYPROJECT.format(distribution=self.distribution, module=self.module),
            f"{self.module}/__init__.py": "",
            f"{self.module}/plugin.py": HEAD + self.plugin.replace("MODULE", self.module),
            f"{self.module}/loss.py": self.loss,
        }
        for name, text in files.items():
            (project / name).write_text(text)
        return project


SPECIMENS = [
    Specimen(name, **values)
    for name, values in tomllib.loads((Path(__file__).parent / "specimens.toml").read_text()).items()
]


@dataclass(frozen=True)
class Zoo:
    """The environment with all specimens, and the one without any that it sees the packages of."""

    python: Path
    folder: Path

    def run(self, *arguments: object, given: str = "", python: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run Python, in the zoo unless another one is named."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "SEGKIT_"))}
        clean["SEGKIT_CACHE"] = str(self.folder / "cache")
        command = [str(python or self.python), *map(str, arguments)]
        return subprocess.run(
            command, cwd=self.folder, env=clean, input=given, capture_output=True, text=True, check=False, timeout=120
        )

    def recipe(self, name: str, loss: str) -> Path:
        """Write a recipe that uses a loss."""
        path = self.folder / f"{name}.yaml"
        path.write_text(RECIPE.format(loss=loss))
        return path

    def check(self, losses: Sequence[str]) -> list[dict[str, Any]]:
        """Check a recipe a loss; give the exit code of each and what it said."""
        commands = [["check", str(self.recipe(f"recipe_{n}", loss))] for n, loss in enumerate(losses)]
        done = self.run("-c", COMMANDS, given=json.dumps(commands))
        assert done.returncode == 0, done.stderr
        outcomes: list[dict[str, Any]] = json.loads(done.stdout)
        return outcomes


@pytest.fixture(scope="session")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    folder = tmp_path_factory.mktemp("zoo")
    projects = [specimen.write(folder / "projects") for specimen in SPECIMENS]
    wheels = folder / "wheels"
    wheels.mkdir()
    _run(sys.executable, "-c", BUILD, wheels, *projects)
    _run(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
    python = folder / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--disable-pip-version-check"]
    _run(*pip, "--no-deps", "--no-build-isolation", "--no-index", *sorted(wheels.glob("*.whl")))
    site = Path(_run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    # addsitedir, not a line with the path, as that would leave out an editable install of segkit
    (site / "parent.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    for specimen in SPECIMENS:
        if specimen.entry_points:
            (info,) = site.glob(f"{specimen.module}-*.dist-info")
            (info / "entry_points.txt").write_text(specimen.entry_points.replace("MODULE", specimen.module))
    return Zoo(python, folder)


def _run(*command: object) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def listed(zoo: Zoo) -> list[dict[str, str]]:
    """What `segkit list --json` gives in the zoo."""
    done = zoo.run("-m", "segkit", "list", "--json")
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, str]] = json.loads(done.stdout)
    return rows


@pytest.fixture(scope="session")
def plugins(zoo: Zoo) -> dict[str, dict[str, Any]]:
    """What `segkit plugins --json` gives in the zoo, by distribution."""
    done = zoo.run("-m", "segkit", "plugins", "--json")
    assert done.returncode == 0, done.stderr
    return {row["distribution"]: row for row in json.loads(done.stdout)}


@pytest.fixture(scope="session")
def checked(zoo: Zoo) -> dict[str, dict[str, Any]]:
    """What `segkit check` gives of a recipe with each specimen's component, by the name that the recipe uses."""
    names = [name for s in SPECIMENS for name in (s.full_name, s.module)]
    return dict(zip(names, zoo.check(names), strict=True))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    chosen = {"specimen": SPECIMENS, "silent": [specimen for specimen in SPECIMENS if specimen.gives_nothing]}
    for name, specimens in chosen.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, specimens, ids=lambda specimen: specimen.name)


@pytest.fixture(scope="session")
def specimens() -> list[Specimen]:
    return SPECIMENS

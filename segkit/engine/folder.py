"""The folder of a run: its number, its log, and what it says of the machine."""

from __future__ import annotations

import json
import logging
import os
import platform
from collections.abc import Mapping
from logging.handlers import MemoryHandler
from pathlib import Path

import torch

from segkit.catalog import Catalog, normalized
from segkit.engine.checkpoint import write_json
from segkit.errors import Fault, PluginError, RecipeError, UserError

RECIPE, ENVIRONMENT = "recipe.yaml", "environment.json"
_log = logging.getLogger("segkit")


def check_free(wanted: Path | None) -> None:
    """Refuse a folder that holds something.

    Raises:
        RecipeError: Then.
    """
    if wanted is not None and wanted.exists() and (not wanted.is_dir() or any(wanted.iterdir())):
        raise RecipeError(f"run.dir {wanted} is not empty", f"name another, or segkit run --resume {wanted}")


def new_folder(name: str, wanted: Path | None) -> Path:
    """Make the folder of a new run: the one wanted, else the next free number in runs/<recipe>.

    Raises:
        UserError: When it cannot be made.
    """
    try:
        if wanted is None:
            return _next_number(Path("runs") / name)
        wanted.mkdir(parents=True, exist_ok=True)
        return wanted
    except OSError as error:
        raise UserError(f"no run folder can be made: {error}", "name a place with run.dir=FOLDER") from error


def _next_number(parent: Path) -> Path:
    parent.mkdir(parents=True, exist_ok=True)
    number = max((int(path.name) for path in parent.iterdir() if path.name.isdigit()), default=0)
    while True:
        number += 1
        try:
            (parent / str(number)).mkdir()
        except FileExistsError:  # another run took it in this moment
            continue
        return parent / str(number)


def recipe_of(folder: Path) -> Path:
    """Give the resolved recipe of a run folder.

    Raises:
        UserError: When it is none.
    """
    path = folder / RECIPE
    if not path.is_file():
        raise UserError(f"{folder} is no run folder: it has no {RECIPE}", "name the folder that a run printed")
    return path


def write_environment(folder: Path, distributions: Mapping[str, str], device: str) -> None:
    """Write environment.json: what the run ran on and with."""
    facts = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "torch": torch.__version__,
        "device": device,
        "distributions": dict(sorted(distributions.items())),
    }
    write_json(folder / ENVIRONMENT, facts)


def recorded_distributions(folder: Path) -> Mapping[str, str]:
    """Give the distributions that a run was begun with, each with its version; none when it did not get that far.

    Raises:
        UserError: When what it wrote of them cannot be read.
    """
    path = folder / ENVIRONMENT
    if not path.exists():
        return {}
    try:
        return {str(name): str(version) for name, version in json.loads(path.read_text())["distributions"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(f"{path} cannot be read: {error!r}", "name the folder that a run printed") from error


def check_installed(folder: Path, recorded: Mapping[str, str], catalog: Catalog) -> None:
    """Refuse to go on with a run when a distribution that it was trained with is not installed.

    Raises:
        PluginError: With each such distribution and its version.
    """
    present = {normalized(plugin.distribution) for plugin in catalog.plugins}
    lacking = [(name, version) for name, version in recorded.items() if normalized(name) not in present]
    faults = [
        Fault(
            f"{folder} was trained with {name} {version}, which is not installed",
            f"name the file with --plugin {name}.py"
            if version.startswith("file-")
            else f"pip install '{name}=={version}'",
        )
        for name, version in lacking
    ]
    if faults:
        raise PluginError.of(faults)


def tell_other_versions(recorded: Mapping[str, str], present: Mapping[str, str]) -> None:
    """Warn of every distribution that is now there in another version than a run was trained with, in a line each."""
    now = {normalized(name): version for name, version in present.items()}
    for name, version in recorded.items():
        installed = now.get(normalized(name), version)
        if installed != version:
            _log.warning("trained with %s %s, but %s is installed: results may differ", name, version, installed)


class RunLog:
    """Keeps what is said, from before the run has a folder, and writes it to log.txt once it has one."""

    def __init__(self) -> None:
        self._memory = MemoryHandler(capacity=100_000, flushLevel=logging.CRITICAL + 1, flushOnClose=False)
        self._file: logging.FileHandler | None = None
        self._level = _log.level

    def __enter__(self) -> RunLog:
        _log.addHandler(self._memory)
        if not _log.isEnabledFor(logging.INFO):  # in a program that has not set it up
            _log.setLevel(logging.INFO)
        return self

    def write_to(self, folder: Path) -> None:
        """Write what was said so far, and from now on, to the folder's log.txt."""
        self._file = logging.FileHandler(folder / "log.txt", encoding="utf-8")
        self._file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        self._memory.setTarget(self._file)
        self._memory.flush()
        _log.removeHandler(self._memory)
        _log.addHandler(self._file)

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        _log.setLevel(self._level)
        _log.removeHandler(self._memory)
        self._memory.close()
        if self._file is not None:
            if error is not None:  # told to the user by whoever catches it; here it must not be missing either
                self._file.emit(_log.makeRecord(_log.name, logging.ERROR, __file__, 0, "%s", (error,), None))
            _log.removeHandler(self._file)
            self._file.close()

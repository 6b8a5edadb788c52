"""pytest's door to the contracts: the option ``--segkit-dist`` and the parameter ``subject``. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from segkit.catalog import Component, same_distribution
from segkit.discovery import catalog
from segkit.kinds import KINDS
from segkit.testing.subject import Subject
from segkit.values import suggest

CONTRACTS = Path(__file__).parent / "contracts"
_OPTION = "segkit_dist"


class ContractHooks:
    """What a ``conftest.py`` may implement, beside or above the tests that pytest is asked for."""

    @pytest.hookspec
    def pytest_segkit_options(self, component: Component) -> Iterable[Mapping[str, Any]] | None:
        """Give options, as a recipe would write them, with which a component is to keep its contract as well.

        Without any options it has to keep it anyway, unless they give it a ``root`` of its own.
        """


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Tell pytest of the hook."""
    pluginmanager.add_hookspecs(ContractHooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Tell pytest of the option."""
    text = "run segkit's contract tests on the components of this installed distribution (may be repeated)"
    parser.getgroup("segkit").addoption(f"--{_OPTION.replace('_', '-')}", action="append", metavar="NAME", help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Add the contracts to what is collected.

    Raises:
        pytest.UsageError: When no such distribution has components, or it withholds them: it is broken or disabled.
    """
    for name in config.getoption(_OPTION) or ():
        plugins = [p for p in catalog().plugins if same_distribution(p.distribution, name)]
        if not plugins:
            known = [p.distribution for p in catalog().plugins]
            raise pytest.UsageError(f"no plugin's distribution is called {name!r}: {suggest(name, known)}")
        if plugins[0].withholds:
            raise pytest.UsageError(f"{name} {plugins[0].withholds}")
    if config.getoption(_OPTION) and not any(CONTRACTS in (path, *path.parents) for path in _asked_for(config)):
        config.args.append(str(CONTRACTS))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the contracts of kinds that are not there to be tested."""
    if collection_path.parent != CONTRACTS or not collection_path.name.startswith("test_"):
        return None
    return None if _components(config, _kind(collection_path)) else True


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test of a contract on every component of its kind, with each of the options to be tried."""
    if "subject" not in metafunc.fixturenames or metafunc.definition.path.parent != CONTRACTS:
        return
    components = _components(metafunc.config, _kind(metafunc.definition.path))
    subjects = [subject for component in components for subject in _subjects(metafunc.config, component)]
    metafunc.parametrize("subject", subjects, ids=str, scope="module")


def _asked_for(config: pytest.Config) -> list[Path]:
    """Give the files and folders on the command line: whoever names a contract there wants that one alone."""
    return [(config.invocation_params.dir / arg.partition("::")[0]).resolve() for arg in config.args]


def _kind(path: Path) -> str:
    return path.stem.removeprefix("test_")


def _components(config: pytest.Config, kind: str) -> list[Component]:
    """Give the components to be tested: of a kind, or all of them for a name that is no kind's."""
    chosen = config.getoption(_OPTION) or ()
    return [
        component
        for component in catalog().components
        if (component.kind == kind or kind not in KINDS)
        and any(same_distribution(component.distribution, name) for name in chosen)
    ]


def _subjects(config: pytest.Config, component: Component) -> list[Subject]:
    answers = config.hook.pytest_segkit_options(component=component)
    more = [Subject(component, options) for given in answers for options in given]
    at_home = any("root" in subject.options for subject in more)  # its layout is its own, no fixture's root would do
    return more if at_home else [Subject(component), *more]

"""From the entry points of installed distributions to a catalog of components. Imports no component, prints nothing."""

from __future__ import annotations

import contextlib
import sys
import textwrap
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import Distribution, EntryPoint, distributions

import pluggy

from segkit.catalog import OWN, Catalog, Component, Plugin, normalized, same_distribution
from segkit.hooks import PROJECT, DiscoveryHooks
from segkit.kinds import KINDS
from segkit.spec import API_VERSION, ComponentSpec
from segkit.values import suggest

GROUP = "segkit"  # of entry points


@cache
def catalog() -> Catalog:
    """Discover once a process."""
    return discover()


def discover() -> Catalog:
    """Load every ``segkit`` entry point; whatever one of them raises or prints, the others are not harmed."""
    with contextlib.redirect_stdout(sys.stderr):  # Standard output is for data, such as that of `segkit list --json`.
        loaded = [_load(name, distribution) for name, distribution in _candidates()]
    plugins = [one for one in loaded if one.specs or one.faults or one.warnings]
    components = _settled([Component(s, p.distribution, p.version) for p in plugins for s in p.specs.values()])
    return Catalog(components, tuple(plugin.summed_up(components) for plugin in plugins))


@dataclass
class _Loaded:
    """What the entry points of one distribution gave so far."""

    distribution: str
    version: str = "?"
    specs: dict[tuple[str, str], ComponentSpec] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    tracebacks: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def fail(self, what: str, error: BaseException) -> None:
        # Not str(error): showing itself is the plugin's code too, and may raise. Carets make no sense in one line.
        lines = [line for line in traceback.format_exception_only(error) if line.strip(" ^~\n")]
        self.faults.append(textwrap.shorten(f"{what}: {''.join(lines)}", 500, placeholder=" ..."))
        self.tracebacks.append("".join(traceback.format_exception(error)))

    def summed_up(self, components: Iterable[Component]) -> Plugin:
        mine = [c for c in components if c.distribution == self.distribution]
        warnings = [*self.warnings, *(c.cause for c in mine if c.state == "shadowed")]
        return Plugin(
            self.distribution,
            self.version,
            "broken" if self.faults else "warning" if warnings else "ok",
            "; ".join([*self.faults, *warnings]),
            "\n".join(self.tracebacks),
            tuple(f"{c.kind}/{c.name}" for c in mine),
        )


def _candidates() -> list[tuple[str, Distribution]]:
    """Find distributions that may have entry points for us: own first, then by name; the first on sys.path counts."""
    found: dict[str, tuple[str, Distribution]] = {}
    for candidate in distributions():
        # Thirty times cheaper than asking every distribution for its name.
        if _mentions_group(candidate):
            name = _name(candidate)
            first = next(iter(distributions(name=name)), candidate)
            found.setdefault(normalized(name), (name, first))
    return [found[key] for key in sorted(found, key=lambda key: (key != OWN, key))]


def _mentions_group(distribution: Distribution) -> bool:
    try:
        return GROUP in (distribution.read_text("entry_points.txt") or "")
    except (OSError, UnicodeError):
        return True  # It cannot be known; _load meets the same error and reports it.


def _name(distribution: Distribution) -> str:
    try:
        name = distribution.metadata["Name"]
    except Exception:
        name = ""  # A damaged installation: _load reports what else is wrong with it.
    return name or f"nameless distribution in {distribution.locate_file('')}"


def _load(name: str, distribution: Distribution) -> _Loaded:
    loaded = _Loaded(name)
    try:
        loaded.version = distribution.version or loaded.version
        entries = sorted(distribution.entry_points.select(group=GROUP), key=lambda entry: entry.name)
    except Exception as error:
        loaded.fail("its METADATA or entry_points.txt cannot be read", error)
        return loaded
    for entry in entries:
        try:
            _register(entry, loaded)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # A plugin may raise anything, SystemExit and GeneratorExit too.
            loaded.fail(f"entry point {entry.name!r} ({entry.value})", error)
    return loaded


def _register(entry: EntryPoint, loaded: _Loaded) -> None:
    """Add the specs of one entry point to its distribution's: all of them, or none when it raises."""
    plugin = entry.load()
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(DiscoveryHooks)
    manager.register(plugin, name=entry.name)
    manager.check_pending()
    specs: dict[tuple[str, str], ComponentSpec] = {}
    for result in manager.hook.segkit_components():
        if not isinstance(result, Iterable):
            raise TypeError(f"segkit_components must give a list of ComponentSpec or yield them, not {result!r}")
        for spec in result:
            _check(spec)
            key = (spec.kind, spec.name)
            if key in specs or key in loaded.specs:
                raise ValueError(f"{spec.kind} {spec.name!r} is registered twice: give each component its own name")
            specs[key] = spec
    loaded.specs.update(specs)
    if not specs:
        unmarked = hasattr(plugin, "segkit_components") and not manager.get_hookcallers(plugin)
        cause = "segkit_components lacks the marker @segkit.hooks.hookimpl" if unmarked else "it registers nothing"
        loaded.warnings.append(f"entry point {entry.name!r} ({entry.value}): {cause}")


def _check(spec: object) -> None:
    if not isinstance(spec, ComponentSpec):
        raise TypeError(f"segkit_components must give ComponentSpec only, not {spec!r}")
    if spec.api > API_VERSION:
        raise ValueError(f"{spec.name!r} is written for API {spec.api}, this segkit has {API_VERSION}: upgrade segkit")
    if spec.kind not in KINDS:
        raise ValueError(f"unknown kind {spec.kind!r} of {spec.name!r}: {suggest(spec.kind, KINDS)}")


def _settled(components: list[Component]) -> tuple[Component, ...]:
    """Mark the components whose name is a built-in's or another third party's as well."""
    owners: dict[tuple[str, str], list[str]] = {}
    for component in components:
        owners.setdefault((component.kind, component.name), []).append(component.distribution)
    return tuple(_settle(c, owners[c.kind, c.name]) for c in components)


def _settle(component: Component, owners: list[str]) -> Component:
    if len(owners) == 1 or same_distribution(component.distribution, OWN):
        return component
    if any(same_distribution(owner, OWN) for owner in owners):
        cause = f"{component.kind} {component.name!r} is a built-in's name, the plugin must choose another one"
        return replace(component, state="shadowed", cause=cause)
    others = " and ".join(owner for owner in owners if owner != component.distribution)
    return replace(component, state="ambiguous", cause=f"{others} has it too: write {component.full_name}")

"""From the entry points of installed distributions to a catalog of components. Imports no component, prints nothing."""

from __future__ import annotations

import contextlib
import re
import sys
import textwrap
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import Distribution, EntryPoint, distributions
from typing import Literal

import pluggy

from segkit.errors import PluginError, UserError
from segkit.hooks import PROJECT, DiscoveryHooks
from segkit.kinds import KINDS
from segkit.spec import API_VERSION, ComponentSpec
from segkit.values import suggest

GROUP = "segkit"  # of entry points
OWN = "segkit"  # The distribution of the built-ins, whose names nobody else may take.


@dataclass(frozen=True)
class Component:
    """A published spec and the distribution that it came from.

    Attributes:
        spec: What the plugin says about the component.
        distribution: The distribution's name.
        version: The distribution's version.
        state: ``shadowed`` when a built-in has its name, ``ambiguous`` when another third party has.
        cause: Why the state is not ``ok``; else empty.
    """

    spec: ComponentSpec
    distribution: str
    version: str
    state: Literal["ok", "shadowed", "ambiguous"] = "ok"
    cause: str = ""

    @property
    def kind(self) -> str:
        """The spec's kind."""
        return self.spec.kind

    @property
    def name(self) -> str:
        """The spec's name."""
        return self.spec.name

    @property
    def full_name(self) -> str:
        """``distribution:name``, which no other distribution can take."""
        return f"{self.distribution}:{self.name}"


@dataclass(frozen=True)
class Plugin:
    """A distribution that has ``segkit`` entry points.

    Attributes:
        distribution: Its name.
        version: Its version.
        state: ``broken`` when an entry point failed; ``warning`` when one registers nothing or a component is shadowed.
        cause: Why the state is not ``ok``, in one line; else empty.
        traceback: Of what failed; else empty.
        components: ``kind/name`` of all that its healthy entry points registered.
    """

    distribution: str
    version: str
    state: Literal["ok", "broken", "warning"]
    cause: str
    traceback: str
    components: tuple[str, ...]


@dataclass(frozen=True)
class Catalog:
    """Every component that the installed plugins registered, and how each plugin fared."""

    components: tuple[Component, ...]
    plugins: tuple[Plugin, ...]

    def names(self, kind: str) -> list[str]:
        """Give the bare names of a kind that a recipe may use, sorted."""
        return sorted(c.name for c in self.components if c.kind == kind and c.state == "ok")

    def get(self, kind: str, name: str) -> Component:
        """Find a component by its bare name or by ``distribution:name``.

        Raises:
            UserError: When there is no such kind.
            PluginError: When the name is unknown, ambiguous or shadowed. Broken plugins are then named with their
                causes, since the component may be theirs.
        """
        check_kind(kind)
        owner, colon, bare = name.rpartition(":")
        plugins = {p.distribution: p for p in self.plugins if not colon or _same(p.distribution, owner)}
        if colon and not plugins:
            owners = [p.distribution for p in self.plugins]
            raise PluginError(f"no plugin's distribution is called {owner!r}", suggest(owner, owners))
        candidates = [c for c in self.components if c.kind == kind and c.distribution in plugins]
        found = [c for c in candidates if c.name == bare]
        usable = [c for c in found if c.state != "shadowed"]
        if len(usable) == 1:
            return usable[0]
        if usable:
            having = " and ".join(f"{c.distribution} {c.version}" for c in usable)
            remedy = f"write {' or '.join(c.full_name for c in usable)}"
            raise PluginError(f"{kind} {name!r} is ambiguous: {having} have it", remedy)
        if found:
            cause = f"{kind} {bare!r} of {found[0].distribution} {found[0].version} is refused: {found[0].cause}"
            raise PluginError(cause, f"write {bare!r} for the built-in")
        known = [c for c in candidates if c.state != "shadowed"]
        words = [c.name if c.state == "ok" or colon else c.full_name for c in known]
        remedies = [suggest(bare, words), *(_lament(p) for p in plugins.values() if p.state == "broken")]
        raise PluginError(f"unknown {kind} {name!r}", "; ".join(remedies))


def _lament(plugin: Plugin) -> str:
    return f"{plugin.distribution} {plugin.version} may have it but is broken: {plugin.cause}"


def check_kind(kind: str) -> None:
    """Refuse a kind that does not exist.

    Raises:
        UserError: With the nearest kind as its remedy.
    """
    if kind not in KINDS:
        raise UserError(f"unknown kind {kind!r}", suggest(kind, KINDS))


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
            found.setdefault(_normalized(name), (name, first))
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
    if len(owners) == 1 or _same(component.distribution, OWN):
        return component
    if any(_same(owner, OWN) for owner in owners):
        cause = f"{component.kind} {component.name!r} is a built-in's name, the plugin must choose another one"
        return replace(component, state="shadowed", cause=cause)
    others = " and ".join(owner for owner in owners if owner != component.distribution)
    return replace(component, state="ambiguous", cause=f"{others} has it too: write {component.full_name}")


def _same(distribution: str, other: str) -> bool:
    return _normalized(distribution) == _normalized(other)


def _normalized(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()

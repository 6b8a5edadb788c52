"""The components that installed plugins registered, and how a name finds one of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from segkit.errors import PluginError, UserError
from segkit.kinds import KINDS
from segkit.spec import ComponentSpec
from segkit.values import suggest

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
        plugins = {p.distribution: p for p in self.plugins if not colon or same_distribution(p.distribution, owner)}
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


def same_distribution(distribution: str, other: str) -> bool:
    """Tell whether two names of distributions are one, as pip compares them."""
    return normalized(distribution) == normalized(other)


def normalized(distribution: str) -> str:
    """Give a distribution's name as pip compares it."""
    return re.sub(r"[-_.]+", "-", distribution).lower()

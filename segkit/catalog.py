"""The components that installed plugins registered, and how a name finds one of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from segkit.errors import PluginError, UserError
from segkit.kinds import KINDS
from segkit.spec import CommandSpec, ComponentSpec
from segkit.values import suggest

OWN = "segkit"  # The distribution of the built-ins, whose names nobody else may take.
# The same of the command line.
VERBS = ("run", "check", "list", "show", "plugins", "evaluate", "predict", "init", "copy", "data", "new")

Spec = TypeVar("Spec", ComponentSpec, CommandSpec)


@dataclass(frozen=True)
class Published(Generic[Spec]):
    """A published spec and the distribution that it came from.

    Attributes:
        spec: What the plugin says about it.
        distribution: The distribution's name.
        version: The distribution's version.
        state: ``shadowed`` when a built-in has its name, ``ambiguous`` when another third party has.
        cause: Why the state is not ``ok``; else empty.
    """

    spec: Spec
    distribution: str
    version: str
    state: Literal["ok", "shadowed", "ambiguous"] = "ok"
    cause: str = ""

    @property
    def name(self) -> str:
        """The spec's name."""
        return self.spec.name

    @property
    def full_name(self) -> str:
        """``distribution:name``, which no other distribution can take."""
        return f"{self.distribution}:{self.name}"


@dataclass(frozen=True)
class Component(Published[ComponentSpec]):
    """A component."""

    @property
    def kind(self) -> str:
        """The spec's kind."""
        return self.spec.kind


@dataclass(frozen=True)
class Command(Published[CommandSpec]):
    """A plugin's verb."""

    @property
    def kind(self) -> str:
        """What it is called in messages."""
        return "verb"


P = TypeVar("P", Component, Command)


@dataclass(frozen=True)
class Plugin:
    """A distribution that has ``segkit`` entry points, or a file that was named as a plugin.

    Attributes:
        distribution: Its name; a file's stem.
        version: Its version; ``file-`` and the begin of the hash of a file's content.
        state: ``broken`` when an entry point failed; ``disabled`` when it is switched off and was not loaded;
            ``warning`` when one registers nothing, a component is shadowed, or it burdens every command.
        cause: Why the state is not ``ok``, in one line; else empty.
        traceback: Of what failed; else empty.
        components: ``kind/name`` of all that its healthy entry points registered, ``verb/name`` of its verbs too.
        remedy: How it is switched on, when it is disabled; else empty.
        api: The newest API that one of its specs is written for; None when it registered nothing.
        seconds: What loading it took.
    """

    distribution: str
    version: str
    state: Literal["ok", "broken", "disabled", "warning"]
    cause: str
    traceback: str
    components: tuple[str, ...]
    remedy: str = ""
    api: int | None = None
    seconds: float = field(default=0.0, compare=False)

    @property
    def withholds(self) -> str:
        """Why a component of it may not be there, such as ``is broken: ImportError``; empty when all of them are."""
        if self.state == "disabled":
            return f"is {self.cause}"
        if self.state == "broken":
            return f"is broken: {self.cause}"
        return f"gives nothing: {self.cause}" if self.state == "warning" and not self.components else ""


@dataclass(frozen=True)
class Catalog:
    """Every component and verb that the installed plugins registered, and how each plugin fared."""

    components: tuple[Component, ...]
    plugins: tuple[Plugin, ...]
    commands: tuple[Command, ...] = ()

    def names(self, kind: str) -> list[str]:
        """Give the bare names of a kind that a recipe may use, sorted."""
        return sorted(c.name for c in self.components if c.kind == kind and c.state == "ok")

    def get(self, kind: str, name: str) -> Component:
        """Find a component by its bare name or by ``distribution:name``.

        Raises:
            UserError: When there is no such kind.
            PluginError: When the name is unknown, ambiguous or shadowed. Plugins that are broken or give nothing are
                then named with their causes, since the component may be theirs; those switched off are counted.
        """
        check_kind(kind)
        owner, colon, bare = name.rpartition(":")
        plugins = {p.distribution: p for p in self.plugins if not colon or same_distribution(p.distribution, owner)}
        if colon and not plugins:
            owners = [p.distribution for p in self.plugins]
            raise PluginError(f"no plugin's distribution is called {owner!r}", suggest(owner, owners))
        candidates = [c for c in self.components if c.kind == kind and c.distribution in plugins]
        found = [c for c in candidates if c.name == bare]
        if found:
            return _the_one(found)
        for p in plugins.values() if colon else ():
            if p.withholds:
                cause = f"{kind} {bare!r} of {p.distribution} {p.version} cannot be had: the plugin {p.withholds}"
                raise PluginError(cause, p.remedy or "segkit plugins -v shows more; tell its author")
        known = [c for c in candidates if c.state != "shadowed"]
        words = [c.name if c.state == "ok" or colon else c.full_name for c in known]
        raise PluginError(
            f"unknown {kind} {name!r}", "; ".join([suggest(bare, words), *_possible_owners(plugins.values())])
        )

    def command(self, name: str) -> Command | None:
        """Find a plugin's verb by its name or by ``distribution:name``; None when there is none such.

        Raises:
            PluginError: When it is ambiguous or shadowed.
        """
        owner, _, bare = name.rpartition(":")
        found = [c for c in self.commands if c.name == bare and (not owner or same_distribution(c.distribution, owner))]
        return _the_one(found) if found else None


def _the_one(found: Sequence[P]) -> P:
    """Give the only one that may be used of those (one at least) that have a name."""
    usable = [one for one in found if one.state != "shadowed"]
    if len(usable) == 1:
        return usable[0]
    first = found[0]
    if not usable:
        cause = f"{first.kind} {first.name!r} of {first.distribution} {first.version} is refused: {first.cause}"
        raise PluginError(cause, f"write {first.name!r} for the built-in")
    having = " and ".join(f"{one.distribution} {one.version}" for one in usable)
    remedy = f"write {' or '.join(one.full_name for one in usable)}"
    raise PluginError(f"{first.kind} {first.name!r} is ambiguous: {having} have it", remedy)


def _possible_owners(plugins: Collection[Plugin]) -> Iterator[str]:
    """Say which plugins may have what was not found."""
    for plugin in plugins:
        if plugin.withholds and plugin.state != "disabled":
            yield f"{plugin.distribution} {plugin.version} may have it but {plugin.withholds}"
    for cause, count in Counter(p.cause for p in plugins if p.state == "disabled").items():
        yield f"{count} {'plugin is' if count == 1 else 'plugins are'} {cause}"


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

"""What one distribution, or one file, gives when its plugin modules are imported: specs, or what is wrong with it."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import Distribution, EntryPoint

import pluggy

from segkit.catalog import OWN, Command, Component, Plugin, Spec, same_distribution
from segkit.errors import PluginError, one_line
from segkit.hooks import PROJECT, DiscoveryHooks
from segkit.kinds import KINDS
from segkit.plugin_file import PluginFile
from segkit.spec import API_VERSION, OLDEST_API, CommandSpec, ComponentSpec
from segkit.switches import Off
from segkit.values import suggest

GROUP = "segkit"  # of entry points
SLOW = 0.25  # seconds that a plugin may add to every command


@dataclass
class Loaded:
    """What the entry points of one distribution, or one file, gave so far."""

    distribution: str
    version: str = "?"
    file: PluginFile | None = None
    off: Off | None = None
    seconds: float = 0.0
    entries: list[EntryPoint] = field(default_factory=list)
    specs: dict[tuple[str, str], ComponentSpec] = field(default_factory=dict)
    commands: dict[str, CommandSpec] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    tracebacks: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def fail(self, what: str, error: BaseException) -> None:
        """Keep what failed, and why."""
        self.faults.append(f"{what}: {one_line(error)}")
        self.tracebacks.append("".join(traceback.format_exception(error)))

    def summed_up(self, published: Iterable[Component | Command]) -> Plugin:
        """Give what is told of it, now that all that is published is known."""
        if self.off is not None:
            return Plugin(self.distribution, self.version, "disabled", self.off.cause, "", (), self.off.remedy)
        mine = [c for c in published if c.distribution == self.distribution]
        warnings = [*self.warnings, *(c.cause for c in mine if c.state == "shadowed")]
        return Plugin(
            self.distribution,
            self.version,
            "broken" if self.faults else "warning" if warnings else "ok",
            "; ".join([*self.faults, *warnings]),
            "\n".join(self.tracebacks),
            tuple(f"{c.kind}/{c.name}" for c in mine),
            api=max((c.spec.api for c in mine), default=None),
            seconds=self.seconds,
        )


def read_distribution(name: str, distribution: Distribution) -> Loaded:
    """Read what a distribution says of itself; none of its code runs yet."""
    loaded = Loaded(name)
    try:
        loaded.version = distribution.version or loaded.version
        loaded.entries = sorted(distribution.entry_points.select(group=GROUP), key=lambda entry: entry.name)
    except Exception as error:
        loaded.fail("its METADATA or entry_points.txt cannot be read", error)
    return loaded


def load_entries(loaded: Loaded) -> None:
    """Load the entry points of a distribution; nothing but Ctrl-C gets out of it."""
    had_torch, begun = "torch" in sys.modules, time.perf_counter()
    for entry in loaded.entries:
        what = f"entry point {entry.name!r} ({entry.value})"
        try:
            loaded.warnings += [f"{what}: {cause}" for cause in _register(entry.load(), loaded)]
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # A plugin may raise anything, SystemExit and GeneratorExit too.
            loaded.fail(what, error)
    loaded.seconds = time.perf_counter() - begun
    loaded.warnings += _burden(loaded, imports_torch=not had_torch and "torch" in sys.modules)


def _burden(loaded: Loaded, imports_torch: bool) -> Iterator[str]:
    """Tell of what every command has to wait for; not for our own, which nobody who reads it could mend."""
    took = f"{loaded.seconds:.2f} s"
    if imports_torch:
        yield f"it imports torch at discovery, and every command waits {took}: import it in the components' modules"
    elif loaded.seconds > SLOW and not same_distribution(loaded.distribution, OWN):
        yield f"it takes {took} at discovery, more than {SLOW} s, and every command waits: do less in the plugin module"


def load_file(file: PluginFile, others: Iterable[Loaded]) -> Loaded:
    """Load a plugin that is a file. It may import torch and be slow: nobody else waits for it.

    Raises:
        PluginError: When it is broken, with the line.
    """
    for other in others:
        if same_distribution(other.distribution, file.name):
            cause = f"{other.distribution} {other.version} is installed and has this file's name"
            raise PluginError(cause, "rename the file", str(file.path))
    loaded = Loaded(file.name, file.version, file)
    begun = time.perf_counter()
    try:
        loaded.warnings += _register(file.load(), loaded)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise PluginError(one_line(error), "mend the file", file.place(error)) from error
    loaded.seconds = time.perf_counter() - begun
    return loaded


def _register(plugin: object, loaded: Loaded) -> list[str]:
    """Add the specs of one plugin object to its distribution's, all of them, or none when it raises; give warnings."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(DiscoveryHooks)
    manager.register(plugin)
    manager.check_pending()
    specs: dict[tuple[str, str], ComponentSpec] = dict(loaded.specs)
    for spec in _given(manager, "segkit_components", ComponentSpec):
        if spec.kind not in KINDS:
            raise ValueError(f"unknown kind {spec.kind!r} of {spec.name!r}: {suggest(spec.kind, KINDS)}")
        if (spec.kind, spec.name) in specs:
            raise ValueError(f"{spec.kind} {spec.name!r} is registered twice: give each component its own name")
        specs[spec.kind, spec.name] = spec
    commands = dict(loaded.commands)
    for command in _given(manager, "segkit_commands", CommandSpec):
        if command.name in commands:
            raise ValueError(f"verb {command.name!r} is registered twice: give each verb its own name")
        commands[command.name] = command
    marked = {caller.name for caller in manager.get_hookcallers(plugin) or ()}
    present = [hook for hook in ("segkit_components", "segkit_commands") if hasattr(plugin, hook)]
    causes = [f"{hook} lacks the marker @segkit.hooks.hookimpl" for hook in present if hook not in marked]
    if not causes and (specs, commands) == (loaded.specs, loaded.commands):
        causes = ["it registers nothing"]
    loaded.specs, loaded.commands = specs, commands
    return causes


def _given(manager: pluggy.PluginManager, hook: str, kind: type[Spec]) -> Iterator[Spec]:
    """Give the specs that a plugin answers a hook with, each one checked as far as all kinds of specs are alike."""
    for result in getattr(manager.hook, hook)():
        if not isinstance(result, Iterable):
            raise TypeError(f"{hook} must give a list of {kind.__name__} or yield them, not {result!r}")
        for spec in result:
            if not isinstance(spec, kind):
                raise TypeError(f"{hook} must give {kind.__name__} only, not {spec!r}")
            _check_api(spec)
            yield spec


def _check_api(spec: ComponentSpec | CommandSpec) -> None:
    written = f"{spec.name!r} is written for API {spec.api}"
    if spec.api > API_VERSION:
        raise ValueError(f"{written}, this segkit has {API_VERSION}: upgrade segkit")
    if spec.api < OLDEST_API:
        raise ValueError(f"{written}, this segkit takes {OLDEST_API} to {API_VERSION}: upgrade the plugin")

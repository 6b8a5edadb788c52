"""From a spec and options to an object: the only place that imports what a spec's path names.

Stage two of checking a recipe: every named component is imported, its options are fitted to its signature, and what
comes out is a ``Bound``, which waits for the engine's values only.
"""

from __future__ import annotations

import enum
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from segkit.catalog import OWN, Catalog, Command, Component
from segkit.errors import Fault, PluginError, RecipeError, SegkitError, one_line
from segkit.options import REQUIRED, Nested, Option, Signature, signature_of
from segkit.recipe import MISSING, Layer, Node, fit_at
from segkit.recipe.nodes import Keys
from segkit.values import MisfitError, suggest, type_name


@dataclass(frozen=True)
class Bound:
    """A component with its options fitted; called with the engine's values, it makes the object.

    Attributes:
        component: The spec and its owner.
        target: The callable.
        signature: What the callable takes.
        options: The fitted options that were given; nested components are Bound.
        label: Where it stands in a recipe, for errors.
    """

    component: Component
    target: Callable[..., Any]
    signature: Signature
    options: Mapping[str, Any]
    label: str = ""

    def __call__(self, **engine_values: Any) -> Any:
        """Make the object.

        Raises:
            RecipeError: When the constructor refuses its options; the distribution and the cause are named.
        """
        given = {name: engine_values[value] for value, name in self.signature.passes.items() if value in engine_values}
        made = {name: self._made(name, value, engine_values) for name, value in self.options.items()}
        try:
            return self.target(**given, **self.component.spec.fixed, **made)
        except SegkitError:
            raise
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a stranger's constructor may raise anything, SystemExit too
            what = str(error) if isinstance(error, ValueError) else one_line(error)
            raise RecipeError(f"{self.title}: {what}", "mend its options, or tell its author", self.label) from error

    @property
    def title(self) -> str:
        """Kind, name and owner, such as ``loss 'dice' of segkit 0.1.0``."""
        return title(self.component)

    @property
    def use(self) -> str:
        """The name that a recipe can rely on: with its distribution when that is not segkit."""
        name, owner = self.component.spec.name, self.component.distribution
        return name if owner == OWN else f"{owner}:{name}"

    def describe(self) -> dict[str, Any]:
        """Give the component as a recipe writes it, every default written out that a recipe can write."""
        options = {}
        for name, option in self.signature.options.items():
            value = self.options.get(name, option.default)
            if value is not REQUIRED and _is_data(value):
                options[name] = _plain(value)
        return {"use": self.use, **options}

    def parts(self) -> list[Bound]:
        """Give this component and all nested in it."""
        nested = [item for value in self.options.values() for item in _as_list(value) if isinstance(item, Bound)]
        return [self, *(part for item in nested for part in item.parts())]

    def _made(self, name: str, value: Any, engine_values: Mapping[str, Any]) -> Any:
        kind = self.signature.options[name].type
        if not isinstance(kind, Nested) or kind.make or value is None:
            return value
        return [item(**engine_values) for item in value] if kind.many else value(**engine_values)


def title(component: Component | Command) -> str:
    """Kind, name and owner, such as ``loss 'dice' of segkit 0.1.0``."""
    return f"{component.kind} {component.name!r} of {component.distribution} {component.version}"


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _is_data(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_data, value))
    if isinstance(value, Mapping):
        return all(map(_is_data, value.values()))
    return isinstance(value, (Bound, enum.Enum, Path)) or type(value) in (bool, int, float, str, type(None))


def _is_default(value: Any, option: Option) -> bool:
    """Tell whether a value is an option's default as ``describe`` writes it: legal whatever its type (int = None)."""
    written = _plain(option.default) if _is_data(option.default) else option.default
    return type(value) is type(written) and value == written


def _plain(value: Any) -> Any:
    """Write a fitted value as a recipe does."""
    if isinstance(value, Bound):
        return value.describe()
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value


def load(component: Component | Command) -> Callable[..., Any]:
    """Import the callable of a component or a verb.

    Raises:
        PluginError: When that fails, with the distribution, its version and the cause.
    """
    spec = component.spec
    module, _, attribute = spec.path.partition(":")
    remedy = f"pip install '{spec.needs}'" if spec.needs else "install what it needs, or tell its author"
    try:
        target: Any = importlib.import_module(module)
        for name in attribute.split("."):
            target = getattr(target, name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a stranger's module may raise anything, SystemExit too
        raise PluginError(f"{title(component)} cannot be imported: {one_line(error)}", remedy) from error
    if not callable(target):
        raise PluginError(f"{title(component)}: {spec.path} is not callable", "tell its author")
    return target  # type: ignore[no-any-return]


def _signature(component: Component, target: Callable[..., Any]) -> Signature:
    try:
        return signature_of(target, component.spec)
    except PluginError as error:
        owner = f"{component.distribution} {component.version}"
        raise PluginError.of([Fault(f"{owner}: {f.cause}", f.remedy) for f in error.faults]) from error


class Binder:
    """Binds a recipe's components and collects what is wrong with their options.

    Args:
        catalog: The components that can be named.
        layer: Knows where everything was written; keeps the faults.
        defaults: By kind, values for options of these names that a recipe leaves out, also in nested components.
    """

    def __init__(
        self, catalog: Catalog, layer: Layer, defaults: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    ) -> None:
        self._catalog, self._layer, self._defaults = catalog, layer, defaults
        self._loaded: dict[tuple[str, str], tuple[Component, Callable[..., Any], Signature]] = {}

    def bind(self, node: Node) -> Bound | None:
        """Import a component and fit its options, as a recipe gives them; None when a fault was found."""
        defaults = self._defaults.get(node.kind, {})
        label = self._layer.label(node.keys, [*node.options, *defaults])
        try:
            component, target, signature = self._load(node.kind, node.use)
        except PluginError as error:
            self._layer.faults += [Fault(f.cause, f.remedy, label) for f in error.faults]
            return None
        before = len(self._layer.faults)
        written = dict(node.options)
        for name in written:
            if name not in signature.options:
                remedy = suggest(str(name), signature.options)
                self._layer.blame((*node.keys, name), f"{node.kind} {node.use!r} has no such option", remedy)
        options: dict[str, Any] = {}
        for name, option in signature.options.items():
            keys = (*node.keys, name)
            if name in written:
                options[name] = self._fit(written[name], option, keys)
            elif defaults.get(name) is not None:
                options[name] = defaults[name]
            elif option.default is REQUIRED:
                self._blame_missing(node, option, keys)
            elif isinstance(option.type, Nested) and isinstance(option.default, (str, Mapping, list, tuple)):
                options[name] = self._nested(option.default, option.type, keys)
        if len(self._layer.faults) > before:
            return None
        return Bound(component, target, signature, options, label)

    def _load(self, kind: str, use: str) -> tuple[Component, Callable[..., Any], Signature]:
        if (kind, use) not in self._loaded:
            component = self._catalog.get(kind, use)
            target = load(component)
            self._loaded[kind, use] = component, target, _signature(component, target)
        return self._loaded[kind, use]

    def _blame_missing(self, node: Node, option: Option, keys: Keys) -> None:
        cause = f"{node.kind} {node.use!r} needs a value: {option.type_name}"
        key = f"data.{option.name}" if option.name == "root" else ".".join(map(str, keys))
        self._layer.blame(keys, cause, f"give one, such as with {key}=...")

    def _fit(self, value: Any, option: Option, keys: Keys) -> Any:
        if value == MISSING:
            self._layer.blame(keys, "a value is missing", f"give one, such as with {'.'.join(map(str, keys))}=...")
            return None
        if isinstance(option.type, Nested):
            return None if value is option.default is None else self._nested(value, option.type, keys)
        try:
            return fit_at(value, option.type, self._layer.place(keys))
        except MisfitError:
            if _is_default(value, option):
                return option.default
            expected = type_name(option.type)
            self._layer.blame(
                keys, f"expected {expected}, not {value!r}", f"write a value of that type: {option.doc}".rstrip(": ")
            )
            return None

    def _nested(self, value: Any, kind: Nested, keys: Keys) -> Any:
        if kind.many:
            if not isinstance(value, (list, tuple)):
                self._layer.blame(
                    keys, f"expected a list of {kind.kind} components, not {value!r}", "write [name, ...]"
                )
                return None
            return [self._one(item, kind.kind, (*keys, index)) for index, item in enumerate(value)]
        return self._one(value, kind.kind, keys)

    def _one(self, value: Any, kind: str, keys: Keys) -> Bound | None:
        if isinstance(value, str):
            value = {"use": value}
        if not isinstance(value, Mapping) or not isinstance(value.get("use"), str):
            cause = f"expected the {kind}'s name or {{use: name, ...}}, not {value!r}"
            self._layer.blame(keys, cause, "write its name")
            return None
        options = {key: item for key, item in value.items() if key != "use"}
        return self.bind(Node(kind, value["use"], options, keys))

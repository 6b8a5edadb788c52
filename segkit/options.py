"""What a recipe may write for a component: a callable's signature, reduced to plain data."""

from __future__ import annotations

import builtins
import collections.abc
import enum
import inspect
import pathlib
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union

from segkit import kinds
from segkit.errors import PluginError
from segkit.spec import ComponentSpec
from segkit.values import type_name

REQUIRED: Any = inspect.Parameter.empty

_PLAIN = (bool, int, float, str, type(None))
_LISTS = (list, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)
_DICTS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
_KIND_OF: dict[Any, str] = {kind.protocol: kind.name for kind in kinds.KINDS.values()}


@dataclass(frozen=True)
class Nested:
    """An option that is itself a component of a kind: one or a list of them, built or handed over as a factory."""

    kind: str
    many: bool = False
    make: bool = False


@dataclass(frozen=True)
class Option:
    """One parameter that a recipe may set.

    Attributes:
        name: The parameter's name.
        type: The part of its annotation that a recipe can write, or a Nested.
        default: Its default, or REQUIRED.
        doc: What the callable's docstring says of it.
    """

    name: str
    type: Any
    default: Any
    doc: str = ""

    @property
    def type_name(self) -> str:
        """The type in words, such as ``float or list of 2 (float, float)``."""
        if isinstance(self.type, Nested):
            return f"list of {self.type.kind} components" if self.type.many else self.type.kind
        return type_name(self.type)


@dataclass(frozen=True)
class Signature:
    """What a callable takes: options from the recipe, and engine values by the name of its own parameter."""

    options: Mapping[str, Option]
    passes: Mapping[str, str]


class _NotDataError(TypeError):
    """An annotation has no part that a recipe can write."""


class _UnknownMeta(type):
    def __getattr__(cls, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return cls


class _Unknown(metaclass=_UnknownMeta):
    """Stands for a name that exists for the type checker only; it is never data."""

    def __class_getitem__(cls, _: Any) -> type:
        return cls


class _Names(dict[str, Any]):
    """The names that an annotation may use; of those imported under TYPE_CHECKING the usual ones, else _Unknown."""

    def __missing__(self, name: str) -> Any:
        usual = (builtins, collections.abc, typing, pathlib)
        return next((getattr(module, name) for module in usual if hasattr(module, name)), _Unknown)


def signature_of(target: Callable[..., Any], spec: ComponentSpec) -> Signature:
    """Read the options and the engine values of a component's callable.

    Raises:
        PluginError: When it has no signature, or a required parameter is neither an engine value, nor fixed, nor
            something that a recipe can write.
    """
    engine = {spec.passes.get(value, value): value for value in kinds.KINDS[spec.kind].engine_values}
    try:
        parameters = inspect.signature(target).parameters
    except (ValueError, TypeError) as error:
        remedy = "its author can wrap it in a function with annotated parameters"
        raise PluginError(f"{spec.kind} {spec.name!r} has no signature: {error}", remedy) from None
    docs = _argument_docs(inspect.getdoc(target) or "")
    options: dict[str, Option] = {}
    passes: dict[str, str] = {}
    for name, parameter in parameters.items():
        if name in engine:
            passes[engine[name]] = name
        if name in engine or name in spec.fixed or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        try:
            kind = _data_type(_annotation(target, parameter))
        except _NotDataError:
            if parameter.default is REQUIRED:
                raise PluginError(
                    f"{spec.kind} {spec.name!r} needs {name}: {parameter.annotation}, which no recipe can write",
                    "its author can give it a default, annotate it with data types or set it in ComponentSpec.fixed",
                ) from None
            continue
        options[name] = Option(name, kind, parameter.default, docs.get(name, ""))
    return Signature(types.MappingProxyType(options), types.MappingProxyType(passes))


def _annotation(target: Callable[..., Any], parameter: inspect.Parameter) -> Any:
    if parameter.annotation is REQUIRED or not isinstance(parameter.annotation, str):
        return parameter.annotation
    code = inspect.unwrap(target.__init__ if inspect.isclass(target) else target)
    names = _Names(vars(kinds) | getattr(code, "__globals__", {}))

    def holder() -> None: ...

    holder.__annotations__ = {"it": parameter.annotation}  # one at a time: get_type_hints stops at the first failure
    try:
        return typing.get_type_hints(holder, globalns={}, localns=names)["it"]
    except (NameError, TypeError, AttributeError, SyntaxError):
        return Any


def _data_type(annotation: Any) -> Any:
    """Give the part of an annotation that a recipe can write."""
    if annotation in (Any, REQUIRED):
        return Any
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if isinstance(annotation, type) and annotation in _KIND_OF:
        return Nested(_KIND_OF[annotation])
    if origin is kinds.Make:
        return Nested(_KIND_OF[args[0]], make=True)
    if origin in (Union, types.UnionType):
        return _union([member for arg in args for member in _data_members(arg)])
    if origin is typing.Annotated:
        return _data_type(args[0])
    if origin is Literal:
        return annotation
    if origin in _LISTS or annotation in _LISTS or (origin is tuple and args[1:] == (Ellipsis,)):
        inner = _data_type(args[0]) if args else Any
        if isinstance(inner, Nested):
            return Nested(inner.kind, True, inner.make)
        return tuple[inner, ...] if origin is tuple else list[inner]  # type: ignore[valid-type]
    if origin in _DICTS or annotation in _DICTS:
        return dict[tuple(_data_type(arg) for arg in args)] if args else dict[str, Any]  # type: ignore[misc]
    if origin is tuple:
        return tuple[tuple(_data_type(arg) for arg in args)]  # type: ignore[misc]
    if annotation is tuple:
        return tuple[Any, ...]
    if isinstance(annotation, type) and issubclass(annotation, (*_PLAIN, pathlib.PurePath, enum.Enum)):
        return annotation
    raise _NotDataError(annotation)


def _data_members(annotation: Any) -> list[Any]:
    try:
        return [_data_type(annotation)]
    except _NotDataError:
        return []


def _union(members: list[Any]) -> Any:
    nested = [member for member in members if isinstance(member, Nested)]
    if nested:
        return nested[0]
    if not [member for member in members if member is not type(None)]:
        raise _NotDataError(members)
    return Union[tuple(members)]  # noqa: UP007 - the members are known at run time only


def _argument_docs(docstring: str) -> dict[str, str]:
    """Read ``name: text`` or ``name (type): text`` from the Args section of a Google-style docstring."""
    section = re.search(r"^ *Args:\n( +)(.*?)(\n\s*\n *\S+|\Z)", docstring, re.DOTALL | re.MULTILINE)
    if section is None:
        return {}
    indent, text = section[1], section[2]  # a line indented deeper goes on with the argument before it
    parts = re.split(rf"^{indent}(\w+)(?: \([^\n]*\))?:\s", indent + text, flags=re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in zip(parts[1::2], parts[2::2], strict=True)}

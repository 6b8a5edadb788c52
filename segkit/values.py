"""Plain data and its types: a recipe's value fitted to a type, types said in words, and did-you-mean."""

from __future__ import annotations

import difflib
import enum
import types
import typing
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import Any, Literal, Union

_HUGE = 2**1023  # what Python makes no float of begins a little above


class MisfitError(ValueError):
    """A value is not of a type; the text says what was expected."""


def type_name(kind: Any) -> str:
    """Say a data type in words."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if kind is type(None):
        return "null"
    if kind is Any:
        return "any"
    if isinstance(kind, type) and origin is None and issubclass(kind, PurePath):
        return "path"
    if isinstance(kind, type) and origin is None and issubclass(kind, enum.Enum):
        return " or ".join(kind.__members__)
    if origin in (Union, types.UnionType):
        return " or ".join(type_name(arg) for arg in args)
    if origin is Literal:
        return " or ".join(str(arg) for arg in args)
    if origin is dict:
        return f"mapping of {type_name(args[0])} to {type_name(args[1])}"
    if origin is list or (origin is tuple and args[-1] is Ellipsis):
        return f"list of {type_name(args[0])}"
    if origin is tuple:
        return f"list of {len(args)} ({', '.join(type_name(arg) for arg in args)})"
    return {str: "text"}.get(kind, getattr(kind, "__name__", str(kind)))


def fit(value: Any, kind: Any) -> Any:
    """Give a recipe's value as the type asked for: int becomes float, list becomes tuple, nothing else converts.

    Raises:
        MisfitError: When it is not of that type.
    """
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return value
    if origin in (Union, types.UnionType):
        return _fit_first(value, sorted(args, key=lambda arg: type(value) is not arg))
    if origin is Literal:
        if any(value == arg and type(value) is type(arg) for arg in args):
            return value
    elif origin is list and isinstance(value, (list, tuple)):
        return [fit(item, args[0]) for item in value]
    elif origin is tuple and isinstance(value, (list, tuple)):
        if args[-1] is Ellipsis:
            return tuple(fit(item, args[0]) for item in value)
        if len(args) == len(value):
            return tuple(fit(item, arg) for item, arg in zip(value, args, strict=True))
    elif origin is dict and isinstance(value, dict):
        return {fit(key, args[0]): fit(item, args[1]) for key, item in value.items()}
    elif isinstance(kind, type) and origin is None:
        return _fit_plain(value, kind)
    raise MisfitError(type_name(kind))


def _fit_first(value: Any, members: Iterable[Any]) -> Any:
    members = list(members)
    for member in members:
        try:
            return fit(value, member)
        except MisfitError:
            continue
    raise MisfitError(" or ".join(type_name(member) for member in members))


def _fit_plain(value: Any, kind: type) -> Any:
    if type(value) is kind:
        return value
    if kind is float and type(value) is int and abs(value) < _HUGE:
        return float(value)
    if issubclass(kind, PurePath) and isinstance(value, (str, PurePath)) and value != "":
        return Path(value)
    if issubclass(kind, enum.Enum) and isinstance(value, str) and value in kind.__members__:
        return kind[value]
    raise MisfitError(type_name(kind))


def suggest(word: str, words: Iterable[str]) -> str:
    """Give the remedy for a word that is none of some: the nearest one, else all of them."""
    known = sorted(words)
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known: {', '.join(known)}" if known else "there is none"

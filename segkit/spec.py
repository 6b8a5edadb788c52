"""What a plugin says about its components and verbs, as frozen data. Standard library only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from segkit.errors import SegkitError

API_VERSION = 1  # of the contracts in spec, kinds and hooks; docs/plugin-api.md says when it grows
OLDEST_API = 1  # that a plugin may be written for

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_VERB = re.compile(r"[a-z][a-z0-9-]*")
_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


class SpecError(SegkitError):
    """A spec was made with a field of the wrong type or form: the plugin author's mistake."""


@dataclass(frozen=True)
class ComponentSpec:
    """A component: its name, and where its callable is found when it is needed.

    Attributes:
        kind: One of ``segkit.kinds.KINDS``; checked when the plugin is discovered.
        name: Lower case letters, digits and underscores; what a recipe writes behind ``use:``.
        path: ``module:attribute`` of the callable; imported only when a recipe names the component.
        summary: One sentence for ``segkit list``.
        passes: Engine value -> parameter name, for a callable that calls it otherwise, such as
            ``{"channels": "num_features"}``.
        fixed: Arguments that are always given, and so are no options, such as ``{"dim": 1}``.
        needs: The extra to install when the import fails, such as ``my-package[weights]``.
        api: The API that the plugin was written for, as a literal; never computed.

    Raises:
        SpecError: When a field has the wrong type or form.
    """

    kind: str
    name: str
    path: str
    summary: str
    passes: Mapping[str, str] = field(default_factory=dict, hash=False)
    fixed: Mapping[str, Any] = field(default_factory=dict, hash=False)
    needs: str = ""
    api: int = 1

    def __post_init__(self) -> None:
        _require(self, "kind", isinstance(self.kind, str), "a str")
        _require_common(self, _NAME, "lower case letters, digits and underscores")
        for mapping, value in (("passes", str), ("fixed", object)):
            given = getattr(self, mapping)
            whole = isinstance(given, Mapping) and all(
                isinstance(k, str) and isinstance(v, value) for k, v in given.items()
            )
            _require(self, mapping, whole, f"a mapping of str to {value.__name__}")
            object.__setattr__(self, mapping, MappingProxyType(dict(given)))


@dataclass(frozen=True)
class CommandSpec:
    """A verb of the command line: its name, and where its function is found when it is called.

    Attributes:
        name: Lower case letters, digits and hyphens; what is written behind ``segkit``.
        path: ``module:attribute`` of a function with annotated parameters, as typer reads them; imported only when the
            verb is called.
        summary: One sentence for ``segkit --help``.
        needs: The extra to install when the import fails, such as ``my-package[maps]``.
        api: The API that the plugin was written for, as a literal; never computed.

    Raises:
        SpecError: When a field has the wrong type or form.
    """

    name: str
    path: str
    summary: str
    needs: str = ""
    api: int = 1

    def __post_init__(self) -> None:
        _require_common(self, _VERB, "lower case letters, digits and hyphens")


def _require_common(spec: ComponentSpec | CommandSpec, name: re.Pattern[str], name_rule: str) -> None:
    for text in ("name", "path", "summary", "needs"):
        _require(spec, text, isinstance(getattr(spec, text), str), "a str")
    _require(spec, "name", name.fullmatch(spec.name) is not None, name_rule)
    _require(spec, "path", _PATH.fullmatch(spec.path) is not None, "'module:attribute'")
    _require(spec, "summary", bool(spec.summary.strip()) and "\n" not in spec.summary, "one line, not empty")
    _require(spec, "api", type(spec.api) is int and spec.api >= 1, "an int >= 1")


def _require(spec: ComponentSpec | CommandSpec, name: str, holds: bool, rule: str) -> None:
    if not holds:
        cause = f"{type(spec).__name__}.{name} must be {rule}, not {getattr(spec, name)!r}"
        raise SpecError(cause, "mend it in the plugin module")

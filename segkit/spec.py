"""What a plugin says about one component, as frozen data. Standard library only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from segkit.errors import SegkitError

API_VERSION = 1

_NAME = re.compile(r"[a-z][a-z0-9_]*")
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
        for text in ("kind", "name", "path", "summary", "needs"):
            self._require(text, isinstance(getattr(self, text), str), "a str")
        self._require("name", _NAME.fullmatch(self.name) is not None, "lower case letters, digits and underscores")
        self._require("path", _PATH.fullmatch(self.path) is not None, "'module:attribute'")
        self._require("summary", bool(self.summary.strip()) and "\n" not in self.summary, "one line, not empty")
        self._require("api", type(self.api) is int and self.api >= 1, "an int >= 1")
        for mapping, value in (("passes", str), ("fixed", object)):
            given = getattr(self, mapping)
            whole = isinstance(given, Mapping) and all(
                isinstance(k, str) and isinstance(v, value) for k, v in given.items()
            )
            self._require(mapping, whole, f"a mapping of str to {value.__name__}")
            object.__setattr__(self, mapping, MappingProxyType(dict(given)))

    def _require(self, name: str, holds: bool, rule: str) -> None:
        if not holds:
            raise SpecError(
                f"ComponentSpec.{name} must be {rule}, not {getattr(self, name)!r}", "mend it in the plugin module"
            )

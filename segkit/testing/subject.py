"""A component under test. Imports no torch until it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from segkit.api import build
from segkit.catalog import Component


@dataclass(frozen=True)
class Subject:
    """A component with some options, as a contract meets it.

    Attributes:
        component: What the plugin registered.
        options: As a recipe would give them.
    """

    component: Component
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __call__(self, **engine_values: Any) -> Any:
        """Make the object; of the engine's values it is given those that it asks for."""
        return build(self.component.kind, self.component.full_name, self.options, **engine_values)

    def __str__(self) -> str:
        # Without the place of its data: a test's name is to be the same wherever it runs.
        options = ",".join(f"{name}={value}" for name, value in self.options.items() if name != "root")
        return f"{self.component.name}[{options}]" if options else self.component.name

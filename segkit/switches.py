"""Which plugins are switched off: ``SEGKIT_PLUGINS`` allows some third parties, ``SEGKIT_NO_PLUGINS`` none."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from segkit.catalog import OWN, same_distribution
from segkit.errors import Fault, UserError
from segkit.values import suggest

ALLOWED, NONE = "SEGKIT_PLUGINS", "SEGKIT_NO_PLUGINS"
_YES_OR_NO = {"": False, "0": False, "1": True}


@dataclass(frozen=True)
class Off:
    """A plugin is switched off.

    Attributes:
        cause: By what.
        remedy: How it is switched on.
    """

    cause: str
    remedy: str


def switch_all_off() -> None:
    """Do what ``SEGKIT_NO_PLUGINS=1`` does, for this process and those that it starts."""
    os.environ[NONE] = "1"


def switched_off(distributions: Collection[str]) -> Mapping[str, Off]:
    """Give those of the plugins' distributions that are switched off; segkit's own never is.

    Args:
        distributions: The names of all that have ``segkit`` entry points.

    Raises:
        UserError: When a switch says what cannot be: no distribution is called so, or neither 0 nor 1.
    """
    third_parties = [name for name in distributions if not same_distribution(name, OWN)]
    if _no_third_parties():
        off = Off(f"switched off by {NONE} or --no-plugins", f"unset {NONE}, and leave out --no-plugins")
        return dict.fromkeys(third_parties, off)
    allowed = _allowed(distributions)
    if not allowed:
        return {}
    return {
        name: Off(f"switched off by {ALLOWED}", f"add {name} to {ALLOWED}")
        for name in third_parties
        if not any(same_distribution(name, other) for other in allowed)
    }


def _no_third_parties() -> bool:
    value = os.environ.get(NONE, "")
    if value not in _YES_OR_NO:
        raise UserError(f"{NONE} must be 0 or 1, not {value!r}", f"write {NONE}=1 to switch third parties off")
    return _YES_OR_NO[value]


def _allowed(distributions: Collection[str]) -> list[str]:
    named = [name.strip() for name in os.environ.get(ALLOWED, "").split(",") if name.strip()]
    faults = [
        Fault(f"{ALLOWED} names {name!r}, but no installed plugin is called so", suggest(name, distributions))
        for name in named
        if not any(same_distribution(name, other) for other in distributions)
    ]
    if faults:
        raise UserError.of(faults)
    return named

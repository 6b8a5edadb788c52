"""What is on the shelf: something of every kind, and nothing broken. What a component promises, its contract holds."""

from __future__ import annotations

from segkit.catalog import OWN
from segkit.discovery import catalog
from segkit.kinds import KINDS


def test_every_kind_has_a_component() -> None:
    assert {component.kind for component in catalog().components if component.distribution == OWN} == set(KINDS)


def test_all_plugins_of_our_own_are_healthy() -> None:
    own = [plugin for plugin in catalog().plugins if plugin.distribution == OWN]
    assert [(plugin.state, plugin.cause) for plugin in own] == [("ok", "")]

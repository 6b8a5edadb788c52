"""What is on the shelf works: every component imports, can be read, is documented and says what it is."""

from __future__ import annotations

import inspect

import pytest

from segkit.assemble import load
from segkit.catalog import OWN, Component
from segkit.discovery import catalog
from segkit.kinds import KINDS
from segkit.options import REQUIRED, signature_of

COMPONENTS = [component for component in catalog().components if component.distribution == OWN]


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda c: f"{c.kind}/{c.name}")
def test_a_component_imports_and_its_options_are_documented(component: Component) -> None:
    target = load(component)
    signature = signature_of(target, component.spec)
    assert component.spec.summary.endswith(".")
    assert inspect.getdoc(target)
    undocumented = [option.name for option in signature.options.values() if not option.doc]
    ours = component.spec.path.startswith("segkit_")
    assert not ours or not undocumented


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda c: f"{c.kind}/{c.name}")
def test_a_component_needs_no_option_but_a_place_for_data(component: Component) -> None:
    options = signature_of(load(component), component.spec).options.values()
    assert [option.name for option in options if option.default is REQUIRED] in ([], ["root"])


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda c: f"{c.kind}/{c.name}")
def test_a_component_passes_only_what_its_kind_gives(component: Component) -> None:
    assert set(component.spec.passes) <= set(KINDS[component.kind].engine_values)


def test_every_kind_has_a_component() -> None:
    assert {component.kind for component in COMPONENTS} == set(KINDS)


def test_all_plugins_of_our_own_are_healthy() -> None:
    own = [plugin for plugin in catalog().plugins if plugin.distribution == OWN]
    assert [(plugin.state, plugin.cause) for plugin in own] == [("ok", "")]

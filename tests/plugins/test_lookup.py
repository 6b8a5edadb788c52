"""What Catalog.get finds, and what it says when it finds nothing."""

from __future__ import annotations

from typing import Literal

import pytest

from segkit.catalog import Catalog, Component, Plugin
from segkit.errors import PluginError, UserError
from segkit.spec import ComponentSpec


def component(
    name: str, distribution: str, state: Literal["ok", "shadowed", "ambiguous"] = "ok", kind: str = "loss"
) -> Component:
    cause = "" if state == "ok" else f"why {state}"
    return Component(ComponentSpec(kind, name, "some.where:Thing", "A thing."), distribution, "1.0", state, cause)


def plugin(
    distribution: str, state: Literal["ok", "broken", "disabled", "warning"] = "ok", cause: str = "", remedy: str = ""
) -> Plugin:
    return Plugin(distribution, "1.0", state, cause, "", (), remedy)


COPYCAT = Plugin("copycat", "1.0", "warning", "why shadowed", "", ("loss/dice",))
CATALOG = Catalog(
    components=(
        component("dice", "segkit"),
        component("focal", "segkit"),
        component("iou", "segkit", kind="metric"),
        component("dice", "copycat", "shadowed"),
        component("wave", "acme", "ambiguous"),
        component("wave", "Zeta.Lab", "ambiguous"),
        component("foam", "acme"),
    ),
    plugins=(plugin("segkit"), plugin("acme"), COPYCAT, plugin("Zeta.Lab")),
)
WITH_BROKEN = Catalog(CATALOG.components, (*CATALOG.plugins, plugin("sunk", "broken", "ImportError: no hull")))


def refusal(catalog: Catalog, kind: str, name: str) -> tuple[str, str]:
    with pytest.raises(PluginError) as caught:
        catalog.get(kind, name)
    (fault,) = caught.value.faults
    return fault.cause, fault.remedy


def test_names_are_the_usable_ones_sorted() -> None:
    assert CATALOG.names("loss") == ["dice", "foam", "focal"]
    assert CATALOG.names("metric") == ["iou"]
    assert CATALOG.names("norm") == []


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("dice", "segkit"),
        ("segkit:dice", "segkit"),
        ("foam", "acme"),
        ("acme:foam", "acme"),
        ("acme:wave", "acme"),
        ("Zeta.Lab:wave", "Zeta.Lab"),
        ("zeta-lab:wave", "Zeta.Lab"),
    ],
)
def test_bare_and_full_names_are_found(name: str, owner: str) -> None:
    found = CATALOG.get("loss", name)
    assert (found.distribution, found.name) == (owner, name.rpartition(":")[2])


@pytest.mark.parametrize(
    ("name", "cause", "remedy"),
    [
        ("dicee", "unknown loss 'dicee'", "did you mean 'dice'?"),
        ("iou", "unknown loss 'iou'", "known: acme:wave, Zeta.Lab:wave, dice, foam, focal"),
        ("segkit:dicee", "unknown loss 'segkit:dicee'", "did you mean 'dice'?"),
        ("acne:foam", "no plugin's distribution is called 'acne'", "did you mean 'acme'?"),
        ("wave", "loss 'wave' is ambiguous: acme 1.0 and Zeta.Lab 1.0 have it", "write acme:wave or Zeta.Lab:wave"),
        ("copycat:dice", "loss 'dice' of copycat 1.0 is refused: why shadowed", "write 'dice' for the built-in"),
    ],
)
def test_what_is_not_found_is_explained(name: str, cause: str, remedy: str) -> None:
    got_cause, got_remedy = refusal(CATALOG, "loss", name)
    assert got_cause == cause
    assert sorted(got_remedy.replace("known: ", "").split(", ")) == sorted(remedy.replace("known: ", "").split(", "))


def test_an_empty_owner_is_no_owner() -> None:
    assert refusal(CATALOG, "loss", ":dice")[0] == "no plugin's distribution is called ''"


def test_a_broken_plugin_may_have_what_is_unknown() -> None:
    said = "sunk 1.0 may have it but is broken: ImportError: no hull"
    assert refusal(WITH_BROKEN, "loss", "dicee") == ("unknown loss 'dicee'", f"did you mean 'dice'?; {said}")
    cause = "loss 'dice' of sunk 1.0 cannot be had: the plugin is broken: ImportError: no hull"
    assert refusal(WITH_BROKEN, "loss", "sunk:dice") == (cause, "segkit plugins -v shows more; tell its author")
    assert refusal(WITH_BROKEN, "loss", "acme:dice")[1] == "known: foam, wave"
    assert WITH_BROKEN.get("loss", "dice").distribution == "segkit"


def test_a_plugin_that_gives_nothing_may_have_what_is_unknown() -> None:
    catalog = Catalog(CATALOG.components, (*CATALOG.plugins, plugin("mute", "warning", "the marker is missing")))
    said = "mute 1.0 may have it but gives nothing: the marker is missing"
    assert refusal(catalog, "loss", "dicee") == ("unknown loss 'dicee'", f"did you mean 'dice'?; {said}")


def test_plugins_that_are_switched_off_are_counted_for_a_bare_name_and_explained_for_a_full_one() -> None:
    off = [plugin(name, "disabled", "switched off by X", f"add {name} to X") for name in ("reef", "buoy")]
    catalog = Catalog(CATALOG.components, (*CATALOG.plugins, *off))
    assert refusal(catalog, "loss", "dicee")[1] == "did you mean 'dice'?; 2 plugins are switched off by X"
    cause = "loss 'dice' of reef 1.0 cannot be had: the plugin is switched off by X"
    assert refusal(catalog, "loss", "reef:dice") == (cause, "add reef to X")
    one = Catalog(CATALOG.components, (*CATALOG.plugins, off[0]))
    assert refusal(one, "loss", "dicee")[1].endswith("; 1 plugin is switched off by X")


def test_an_unknown_kind_is_the_users_mistake() -> None:
    with pytest.raises(UserError, match="unknown kind 'losss'\n    did you mean 'loss'"):
        CATALOG.get("losss", "dice")

"""What discovery makes of healthy, careless and hostile plugins."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from segkit.catalog import Catalog, Plugin
from segkit.discovery import discover

Install = Callable[..., Path]

HEALTHY = """
@hookimpl
def segkit_components():
    yield ComponentSpec("loss", "healthy", "nowhere.at_all:Loss", "A loss that nobody imports.")
"""


def hook(*lines: str) -> str:
    return "\n    ".join(["@hookimpl\ndef segkit_components():", *lines]) + "\n"


def spec(name: str, kind: str = "loss", **more: object) -> str:
    options = "".join(f", {key}={value!r}" for key, value in more.items())
    return f'ComponentSpec("{kind}", "{name}", "nowhere:Thing", "A thing."{options})'


def plugin(catalog: Catalog, distribution: str) -> Plugin:
    (found,) = (p for p in catalog.plugins if p.distribution == distribution)
    return found


def owners(catalog: Catalog, name: str) -> list[tuple[str, str]]:
    return [(c.distribution, c.state) for c in catalog.components if (c.kind, c.name) == ("loss", name)]


def test_a_healthy_plugin_is_published_with_its_owner(install: Install) -> None:
    install("Acme.Losses", HEALTHY, version="2.5")
    catalog = discover()
    assert plugin(catalog, "Acme.Losses") == Plugin("Acme.Losses", "2.5", "ok", "", "", ("loss/healthy",), api=1)
    component = catalog.get("loss", "healthy")
    assert (component.distribution, component.version, component.state) == ("Acme.Losses", "2.5", "ok")
    assert component.spec.path == "nowhere.at_all:Loss"
    assert "healthy" in catalog.names("loss")


def test_a_list_is_as_good_as_a_generator(install: Install) -> None:
    install("lister", hook(f"return [{spec('one')}, {spec('two')}]"))
    assert plugin(discover(), "lister").components == ("loss/one", "loss/two")


def test_an_object_may_be_the_plugin(install: Install) -> None:
    source = (
        f"class Plugin:\n    @hookimpl\n    def segkit_components(self):\n        yield {spec('one')}\nthe = Plugin()\n"
    )
    install("objective", source, entry_points="[segkit]\nmain = objective:the\n")
    assert plugin(discover(), "objective").components == ("loss/one",)


def test_our_own_distribution_comes_first_then_by_name(install: Install) -> None:
    for name in ("zeta", "Alpha", "beta"):
        install(name, hook(f"yield {spec(name.lower())}"))
    ours = [p.distribution for p in discover().plugins if p.distribution in ("segkit", "zeta", "Alpha", "beta")]
    assert ours == ["segkit", "Alpha", "beta", "zeta"]


# What strangers are known to do lies in tests/plugins_bad, in real wheels; here is what is left to imagine.
BREAKS = {
    "unprintable": ("class Mute(Exception):\n    def __str__(self): raise SystemExit\nraise Mute", "Mute"),
    "several lines": ("raise ValueError('one\\n  two')", "ValueError: one two"),
    "hook exits": (hook("import sys", "sys.exit('bye')"), "SystemExit: bye"),
    "generator exit": (hook(f"yield {spec('half')}", "raise GeneratorExit"), "GeneratorExit"),
    "a bare spec": (hook(f"return {spec('bare')}"), "must give a list of ComponentSpec"),
    "wrong thing behind a right one": (hook(f"yield {spec('half')}", "yield 3"), "ComponentSpec only, not 3"),
    "endless": (hook("while True:", f"    yield {spec('x')}"), "loss 'x' is registered twice"),
}


@pytest.mark.parametrize(("source", "cause"), BREAKS.values(), ids=BREAKS.keys())
def test_a_plugin_that_breaks_is_reported_and_harms_no_other(install: Install, source: str, cause: str) -> None:
    install("breaking", source, version="0.3")
    install("healthy", HEALTHY)
    catalog = discover()
    broken = plugin(catalog, "breaking")
    assert (broken.version, broken.state, broken.components) == ("0.3", "broken", ())
    assert broken.cause.startswith("entry point 'main' (breaking): ")
    assert cause in broken.cause
    assert "\n" not in broken.cause
    assert "Traceback" in broken.traceback
    assert [c for c in catalog.components if c.distribution == "breaking"] == []
    assert plugin(catalog, "healthy").state == "ok"
    assert plugin(catalog, "segkit").components


ENTRY_POINTS = {
    "no such attribute": ("[segkit]\nmain = breaking:nothing\n", "no attribute 'nothing'"),
    "no module path": ("[segkit]\nmain = not a path\n", "entry point 'main' (not a path)"),
    "not text": (b"[segkit]\nmain = \xff\xfe\n", "entry_points.txt cannot be read: UnicodeDecodeError"),
}


@pytest.mark.parametrize(("entry_points", "cause"), ENTRY_POINTS.values(), ids=ENTRY_POINTS.keys())
def test_wrong_entry_points_are_reported_and_harm_no_other(
    install: Install, entry_points: str | bytes, cause: str
) -> None:
    install("breaking", HEALTHY, files={"INFO/entry_points.txt": entry_points})
    install("healthy", HEALTHY)
    catalog = discover()
    assert plugin(catalog, "breaking").state == "broken"
    assert cause in plugin(catalog, "breaking").cause
    assert owners(catalog, "healthy") == [("healthy", "ok")]


def test_strangers_with_malformed_entry_points_are_none_of_our_business(install: Install) -> None:
    install("stranger", entry_points="[console_scripts]\nno equals sign\n")
    install("neighbor", entry_points="[console_scripts]\nsegkit-tool = neighbor:main\n")
    assert not {"stranger", "neighbor"} & {p.distribution for p in discover().plugins}


def test_an_interrupt_by_the_user_is_not_the_plugins_fault(install: Install) -> None:
    install("slow", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        discover()


NOTHING = {
    "empty list": (hook("return []"), "it registers nothing"),
    "None": (hook("return None"), "it registers nothing"),
}


@pytest.mark.parametrize(("source", "cause"), NOTHING.values(), ids=NOTHING.keys())
def test_a_plugin_that_registers_nothing_is_a_warning(install: Install, source: str, cause: str) -> None:
    install("silent", source)
    expected = Plugin("silent", "1.0", "warning", f"entry point 'main' (silent): {cause}", "", ())
    assert plugin(discover(), "silent") == expected


def test_each_entry_point_of_a_distribution_stands_alone(install: Install) -> None:
    entries = "[segkit]\nbad = two_faced_bad\ngood = two_faced\n"
    install("two-faced", HEALTHY, entry_points=entries, files={"two_faced_bad.py": "1 / 0"})
    found = plugin(discover(), "two-faced")
    assert (found.state, found.components) == ("broken", ("loss/healthy",))
    assert found.cause == "entry point 'bad' (two_faced_bad): ZeroDivisionError: division by zero"


def test_two_entry_points_of_a_distribution_may_not_give_the_same_name(install: Install) -> None:
    install("double", HEALTHY, entry_points="[segkit]\na = double\nb = double\n")
    found = plugin(discover(), "double")
    assert (found.state, found.components) == ("broken", ("loss/healthy",))
    assert found.cause.startswith("entry point 'b' (double): ValueError: loss 'healthy' is registered twice")


def test_the_same_name_of_two_kinds_is_no_conflict(install: Install) -> None:
    install("pair", hook(f"yield {spec('x')}", f"yield {spec('x', kind='metric')}"))
    catalog = discover()
    assert plugin(catalog, "pair").state == "ok"
    assert {catalog.get(kind, "x").kind for kind in ("loss", "metric")} == {"loss", "metric"}


def test_a_built_ins_name_is_refused_and_only_that(install: Install) -> None:
    install("copycat", hook(f"yield {spec('dice')}", f"yield {spec('purr')}"))
    catalog = discover()
    assert owners(catalog, "dice") == [("segkit", "ok"), ("copycat", "shadowed")]
    assert owners(catalog, "purr") == [("copycat", "ok")]
    assert catalog.get("loss", "dice").distribution == "segkit"
    found = plugin(catalog, "copycat")
    assert found.state == "warning"
    assert found.cause == "loss 'dice' is a built-in's name, the plugin must choose another one"
    assert plugin(catalog, "segkit").state == "ok"


def test_a_name_of_two_third_parties_is_ambiguous(install: Install) -> None:
    for name in ("acme", "zeta"):
        install(name, hook(f"yield {spec('wave')}", f"yield {spec('only_' + name)}"))
    catalog = discover()
    assert owners(catalog, "wave") == [("acme", "ambiguous"), ("zeta", "ambiguous")]
    assert {plugin(catalog, name).state for name in ("acme", "zeta")} == {"ok"}
    assert "wave" not in catalog.names("loss")
    assert {"only_acme", "only_zeta"} <= set(catalog.names("loss"))


def test_the_first_on_the_path_is_the_one_that_counts(install: Install) -> None:
    install("twin", hook(f"yield {spec('old')}"), version="1.0", site="later")
    install("Twin", hook(f"yield {spec('new')}"), version="2.0", site="earlier")
    found = [p for p in discover().plugins if p.distribution.lower() == "twin"]
    assert [(p.version, p.components) for p in found] == [("2.0", ("loss/new",))]


def test_a_plugin_hidden_by_a_release_that_is_none_stays_hidden(install: Install) -> None:
    install("twin", HEALTHY, version="1.0", site="later")
    install("twin", "", version="2.0", site="earlier", entry_points="")
    assert "twin" not in {p.distribution for p in discover().plugins}


def test_damaged_metadata_are_reported(install: Install) -> None:
    install("damaged", HEALTHY, files={"INFO/METADATA": b"Name: \xff\n"})
    install("acme", hook(f"yield {spec('fine')}"))
    catalog = discover()
    (broken,) = (p for p in catalog.plugins if p.distribution.startswith("nameless distribution in "))
    assert (broken.state, broken.components) == ("broken", ())
    assert owners(catalog, "fine") == [("acme", "ok")]


def test_metadata_are_read_for_plugins_only(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("acme", HEALTHY)
    install("stranger", entry_points="[console_scripts]\nx = stranger:main\n")
    real = PathDistribution.read_text
    asked: list[PathDistribution] = []

    def spy(distribution: PathDistribution, filename: str) -> str | None:
        if filename == "METADATA":
            asked.append(distribution)
        return real(distribution, filename)

    monkeypatch.setattr(PathDistribution, "read_text", spy)
    plugins = discover().plugins
    assert {d.metadata["Name"] for d in tuple(asked)} == {p.distribution for p in plugins}
    assert {"acme", "segkit"} <= {p.distribution for p in plugins}

"""docs/plugin-api.md: which plugins are taken, by the API that their specs are written for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from segkit import loading
from segkit.discovery import discover
from segkit.spec import API_VERSION, OLDEST_API

SOURCE = """
@hookimpl
def segkit_components():
    yield ComponentSpec("loss", "first", "nowhere:Loss", "A loss.", api=1)
    yield ComponentSpec("loss", "second", "nowhere:Loss", "A loss.", api=2)

@hookimpl
def segkit_commands():
    yield CommandSpec("third", "nowhere:main", "A verb.", api=3)
"""
PAGE = Path(__file__).parents[2] / "docs" / "plugin-api.md"


@pytest.mark.parametrize(
    ("oldest", "newest", "cause"),
    [
        (1, 3, ""),
        (1, 2, "'third' is written for API 3, this segkit has 2: upgrade segkit"),
        (1, 1, "'second' is written for API 2, this segkit has 1: upgrade segkit"),
        (2, 3, "'first' is written for API 1, this segkit takes 2 to 3: upgrade the plugin"),
        (4, 4, "'first' is written for API 1, this segkit takes 4 to 4: upgrade the plugin"),
    ],
)
def test_a_plugin_outside_the_supported_range_is_refused_alone(
    install: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, oldest: int, newest: int, cause: str
) -> None:
    install("acme", "from segkit.spec import CommandSpec\n" + SOURCE)
    install("beta", SOURCE.split("@hookimpl\ndef segkit_commands")[0].replace("second", "other").replace("=2", "=1"))
    monkeypatch.setattr(loading, "OLDEST_API", oldest)
    monkeypatch.setattr(loading, "API_VERSION", newest)
    plugins = {p.distribution: p for p in discover().plugins}
    acme, beta = plugins["acme"], plugins["beta"]
    if cause:
        assert (acme.state, acme.components, acme.api) == ("broken", (), None)
        assert acme.cause == f"entry point 'main' (acme): ValueError: {cause}"
    else:
        assert (acme.state, acme.api) == ("ok", 3)
        assert acme.components == ("loss/first", "loss/second", "verb/third")
    assert beta.state == ("ok" if oldest == 1 else "broken")


def test_the_page_names_the_present_range() -> None:
    assert f"`API_VERSION` is {API_VERSION}, `OLDEST_API` is {OLDEST_API}" in PAGE.read_text()

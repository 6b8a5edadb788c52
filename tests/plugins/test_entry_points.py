"""In the command line's process, whoever asks for entry points is not stopped by one malformed distribution."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from segkit.cli.entry_points import tolerate_malformed


def test_all_that_can_be_read_are_given(install: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "entry_points", importlib.metadata.entry_points)  # put back behind the test
    install("neighbor", entry_points="[zoo]\nnew = neighbor\n[other]\nnew = neighbor\n", site="first")
    install("neighbor", entry_points="[zoo]\nold = neighbor\n", site="hidden")
    install("fine", entry_points="[zoo]\nfine = fine\n", site="first")
    monkeypatch.setattr(sys, "path", sorted(sys.path, key=lambda path: "hidden" in path))
    tolerate_malformed()
    strict = importlib.metadata.entry_points(group="zoo")
    install("stranger", entry_points="[console_scripts]\nno equals sign\n")
    tolerate_malformed()
    tolerant = importlib.metadata.entry_points(group="zoo")
    assert sorted(entry.name for entry in strict) == sorted(entry.name for entry in tolerant) == ["fine", "new"]
    assert {entry.name for entry in importlib.metadata.entry_points(group="segkit")} >= {"std", "horizon"}
    assert [entry.value for entry in importlib.metadata.entry_points(group="zoo", name="fine")] == ["fine"]


def test_without_that_nobody_gets_any(install: Callable[..., Path]) -> None:
    install("stranger", entry_points="[console_scripts]\nno equals sign\n")
    with pytest.raises(TypeError):
        importlib.metadata.distribution("stranger").entry_points  # noqa: B018 - reading it is what raises

"""``segkit plugins check``: a line a fault, and nothing but praise for a plugin that is well."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from segkit.catalog import Catalog
from segkit.discovery import catalog
from segkit.testing import checkup

Add = Callable[..., None]
Segkit = Callable[..., subprocess.CompletedProcess[str]]

FAULTY = """
@hookimpl
def segkit_components():
    yield ComponentSpec("activation", "mixing", "leaks:Mixing", "Looks at all pixels.")
    yield ComponentSpec("activation", "loose", "leaks:Loose", "Has an option of no type.")
    yield ComponentSpec("activation", "needy", "leaks:Needy", "Needs what no recipe can write.")
    yield ComponentSpec("activation", "dead", "leaks:Nothing", "Is not there.")

@hookimpl
def segkit_commands():
    yield CommandSpec("sink", "leaks:sink", "Is not there either.")
"""
LEAKS = '''
import torch
from torch import nn


class Mixing(nn.Module):
    """Mixes pixels."""

    def forward(self, maps):
        return maps - maps.mean()


class Loose(nn.ReLU):
    """Args:
        slope: Untyped."""

    def __init__(self, slope=0.1):
        super().__init__()


class Needy(nn.ReLU):
    """Args:
        weight: A tensor."""

    def __init__(self, weight: torch.Tensor):
        super().__init__()
'''
SLOW = "import time\ntime.sleep(0.08)\nimport safetensors\nfrom segkit.hooks import hookimpl\n"
SLOW += "@hookimpl\ndef segkit_components():\n    return []\n"
WELL = """
@hookimpl
def segkit_components():
    yield ComponentSpec("activation", "twice", "double:Twice", "Twice the input.")
"""
DOUBLE = '''
from torch import nn


class Twice(nn.Module):
    """Doubles."""

    def forward(self, maps):
        return 2 * maps
'''


@pytest.mark.slow
def test_every_fault_has_a_line(add_plugin: Add, segkit: Segkit) -> None:
    add_plugin("faulty", FAULTY, "fast = faulty\nslow = sluggish", leaks=LEAKS, sluggish=SLOW)
    done = segkit("plugins", "check", "Faulty")
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    for said in (
        "sluggish imports safetensors: import them in the modules of the components only",
        "activation 'dead' of faulty 1.0 cannot be imported: AttributeError: module 'leaks' has no attribute 'Nothing'",
        "activation 'loose' of faulty 1.0: option 'slope' has no type: annotate it, such as slope: float",
        "activation 'needy' needs weight: <class 'torch.Tensor'>, which no recipe can write",
        "verb 'sink' of faulty 1.0 cannot be imported: AttributeError: module 'leaks' has no attribute 'sink'",
    ):
        assert said in lines, done.stdout
    (slow,) = (line for line in lines if line.startswith("sluggish takes"))
    assert slow.endswith("ms to import, 50 are allowed: import less in it")
    assert float(slow.split()[2]) >= 80
    contracts = [line for line in lines if line.startswith("contract test_activation.py::")]
    assert any("[mixing" in line for line in contracts)
    assert not any(line.startswith("faulty ") for line in lines)  # the module that is fast and light


@pytest.mark.slow
def test_a_plugin_that_is_well_is_told_so(add_plugin: Add, segkit: Segkit) -> None:
    add_plugin("well", WELL, double=DOUBLE)
    done = segkit("plugins", "check", "well")
    assert (done.returncode, done.stdout) == (0, "well 1.0: no fault found\n"), done.stdout + done.stderr


def test_a_broken_plugin_is_named_with_its_cause(add_plugin: Add, segkit: Segkit) -> None:
    add_plugin("sunk", "raise RuntimeError('leak')")
    done = segkit("plugins", "check", "sunk")
    assert done.returncode == 1
    assert done.stdout == "it is broken: entry point 'main' (sunk): RuntimeError: leak\n"


def test_a_name_that_no_plugin_has_is_the_users_mistake(segkit: Segkit) -> None:
    done = segkit("plugins", "check", "segkid")
    assert done.returncode == 2
    assert "no plugin's distribution is called 'segkid'\n    did you mean 'segkit'?" in done.stderr


def test_a_missing_pytest_is_a_fault_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    own = next(plugin for plugin in catalog().plugins if plugin.distribution == "segkit")
    few = Catalog(tuple(c for c in catalog().components if c.full_name == "segkit:none"), (own,))
    monkeypatch.setattr(checkup, "find_spec", lambda name: None)
    told = list(checkup.faults(few, own))
    assert told[-1] == "its contracts were not checked, as pytest is not installed: pip install pytest"


def test_plugins_alone_still_lists_them(add_plugin: Add, segkit: Segkit) -> None:
    add_plugin("well", WELL, double=DOUBLE)
    done = segkit("plugins")
    assert done.returncode == 0
    assert any(line.startswith("well ") for line in done.stdout.splitlines())

from __future__ import annotations

from importlib import import_module

import pytest

from segkit.spec import ComponentSpec
from segkit_std.losses.specs import SPECS


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_loss_can_be_made_without_options(spec: ComponentSpec) -> None:
    module, _, attribute = spec.path.partition(":")
    assert spec.kind == "loss"
    assert callable(getattr(import_module(module), attribute)())

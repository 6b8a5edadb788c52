from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch

from segkit_std.activations.specs import SPECS as ACTIVATIONS
from segkit_std.backbones.specs import SPECS as BACKBONES
from segkit_std.decoders.specs import SPECS as DECODERS
from segkit_std.models.specs import SPECS as MODELS
from segkit_std.norms.specs import SPECS as NORMS

Factory = Callable[..., Any]


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.fixture
def make() -> Callable[..., Factory]:
    """make(kind, name, **options) -> a factory that takes the kind's engine values, made from the spec alone."""

    def factory(kind: str, name: str, /, **options: Any) -> Factory:
        specs = (*ACTIVATIONS, *BACKBONES, *DECODERS, *MODELS, *NORMS)
        spec = next(spec for spec in specs if (spec.kind, spec.name) == (kind, name))
        module, _, attribute = spec.path.partition(":")
        target = partial(getattr(importlib.import_module(module), attribute), **spec.fixed, **options)

        def made(**values: Any) -> Any:
            if (kind, name) == ("norm", "none"):
                values = {}
            return target(**{spec.passes.get(key, key): value for key, value in values.items()})

        return made

    return factory

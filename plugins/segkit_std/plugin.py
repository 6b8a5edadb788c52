"""The entry point of segkit_std: gathers the specs of every folder beside it. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from segkit.hooks import hookimpl
from segkit.spec import ComponentSpec
from segkit_std.activations.specs import SPECS as ACTIVATIONS
from segkit_std.augment.specs import SPECS as AUGMENT
from segkit_std.backbones.specs import SPECS as BACKBONES
from segkit_std.callbacks.specs import SPECS as CALLBACKS
from segkit_std.datasets.specs import SPECS as DATASETS
from segkit_std.decoders.specs import SPECS as DECODERS
from segkit_std.loggers.specs import SPECS as LOGGERS
from segkit_std.losses.specs import SPECS as LOSSES
from segkit_std.metrics.specs import SPECS as METRICS
from segkit_std.models.specs import SPECS as MODELS
from segkit_std.norms.specs import SPECS as NORMS
from segkit_std.optimizers.specs import SPECS as OPTIMIZERS
from segkit_std.schedulers.specs import SPECS as SCHEDULERS


@hookimpl
def segkit_components() -> Iterator[ComponentSpec]:
    """Give every first-party component."""
    yield from chain(MODELS, BACKBONES, DECODERS, NORMS, ACTIVATIONS, LOSSES, OPTIMIZERS, SCHEDULERS)
    yield from chain(DATASETS, AUGMENT, METRICS, LOGGERS, CALLBACKS)

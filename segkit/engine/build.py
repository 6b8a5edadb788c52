"""Makes everything that a recipe names, once, before any frame is read: what cannot work fails here, by name."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pluggy
import torch
from torch import Tensor, nn

from segkit.assemble import Bound
from segkit.assembly import Assembly
from segkit.engine import batch_norm
from segkit.engine.evaluate import flatten
from segkit.engine.events import Events
from segkit.engine.postprocess import make_postprocess
from segkit.engine.scan import FrameFormat
from segkit.engine.weighted_sum import WeightedSum
from segkit.errors import Fault, RecipeError, SegkitError
from segkit.kinds import Augment, Callback, Dataset, Metric
from segkit.recipe import Stats
from segkit.values import suggest

_log = logging.getLogger("segkit")
_TRIAL_STEPS = 100  # for a scheduler that is made only to see that it can be


@dataclass(frozen=True)
class Parts:
    """What a recipe is made of, as objects; optimizer and scheduler follow when the length of the run is known.

    Attributes:
        mean: A float a channel, of images in [0, 1]; std likewise.
        higher_is_better: Of the monitor.
    """

    datasets: Mapping[str, Dataset]
    model: nn.Module
    augment: Sequence[Augment]
    metrics: Mapping[str, Metric]
    callbacks: Mapping[str, Callback]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    higher_is_better: bool


def frame_format(assembly: Assembly, training: bool = False) -> FrameFormat:
    """Give what the recipe's network sees of a frame, in training or when it is measured and used."""
    data = assembly.recipe.data
    size = data.size if training else data.eval_size
    return FrameFormat(size, data.channels, len(assembly.recipe.classes), data.on_error)


def build(assembly: Assembly, with_data: bool = True) -> Parts:
    """Make every component and try them on a frame of zeros; warn where batch norm can meet too few values.

    Args:
        assembly: The recipe.
        with_data: Whether to open the data sets too; reading their frames comes later.

    Raises:
        RecipeError: With all that cannot be made, each with its place.
        DataError: When a data set is wrong as a whole.
    """
    recipe = assembly.recipe
    faults: list[Fault] = []
    torch.manual_seed(recipe.seed)
    model = _try(faults, assembly.model, in_channels=recipe.data.channels, classes=recipe.classes)
    metrics = _metrics(faults, assembly)
    augment = [_try(faults, bound) for bound in assembly.augment]
    callbacks = _callbacks(faults, assembly)
    if assembly.postprocess is not None:  # used with the trained model, but a fault is to be told before it is trained
        bound = assembly.postprocess
        _try(faults, bound, partial(make_postprocess, bound), classes=recipe.classes, task=recipe.task)
    build_loss(assembly, [1] * len(recipe.classes), faults)
    shapes: Mapping[str, Sequence[int]] = {}
    if model is not None and not faults:
        shapes = _try_model(faults, assembly, model)
        _try_schedule(faults, assembly, model)
    higher = _monitor(faults, assembly, metrics) if not faults else True
    mean, std = _normalization(faults, assembly, model)
    datasets = {}
    if with_data:
        for split, bound in assembly.datasets.items():
            datasets[split] = _try(faults, bound, split=split, classes=recipe.classes, task=recipe.task)
    if faults:
        raise RecipeError.of(list(dict.fromkeys(faults)))
    if with_data:
        for line in batch_norm.warnings(shapes, recipe.train, len(datasets["train"])):
            _log.warning(line)
    return Parts(datasets, model, augment, metrics, callbacks, mean, std, higher)


def build_loss(assembly: Assembly, counts: Sequence[int], faults: list[Fault] | None = None) -> WeightedSum:
    """Make the sum of the recipe's losses.

    Args:
        assembly: The recipe.
        counts: Training pixels of each class.
        faults: Where to keep what cannot be made; without it that is raised.
    """
    known = {"classes": assembly.recipe.classes, "class_counts": list(counts)}
    kept: list[Fault] = [] if faults is None else faults
    losses = [(_try(kept, bound, **known), weight) for bound, weight in assembly.loss]
    if faults is None and kept:
        raise RecipeError.of(kept)
    return WeightedSum(losses)


def _try(faults: list[Fault], bound: Bound, make: Callable[..., Any] | None = None, /, **engine_values: Any) -> Any:
    try:
        return (make or bound)(**engine_values)
    except SegkitError as error:
        faults += [Fault(f.cause, f.remedy, f.where or bound.label) for f in error.faults]
        return None


def _metrics(faults: list[Fault], assembly: Assembly) -> dict[str, Metric]:
    metrics: dict[str, Metric] = {}
    for bound in assembly.metrics:
        name = bound.component.spec.name
        if name in metrics:
            faults.append(Fault(f"metric {name!r} is named twice", "keep one of them", bound.label))
        metrics[name] = _try(faults, bound, classes=assembly.recipe.classes)
    return metrics


def _callbacks(faults: list[Fault], assembly: Assembly) -> dict[str, Callback]:
    callbacks: dict[str, Callback] = {}
    for bound in assembly.callbacks:
        if bound.use in callbacks:
            faults.append(Fault(f"callback {bound.use!r} is named twice", "keep one of them", bound.label))
        callbacks[bound.use] = _try(faults, bound)
        try:
            Events({bound.use: callbacks[bound.use]}, {})
        except pluggy.PluginValidationError as error:
            cause = f"{bound.title}: {' '.join(str(error).split())}"
            faults.append(Fault(cause, "the events stand in segkit.hooks.RunHooks: tell its author", bound.label))
    return callbacks


def _logit_channels(assembly: Assembly) -> int:
    classes = len(assembly.recipe.classes)
    return 1 if classes == 2 else classes


def _try_model(faults: list[Fault], assembly: Assembly, model: nn.Module) -> Mapping[str, Sequence[int]]:
    """Run the model on a frame of zeros of each size; give the shapes that its batch norms meet in training."""
    data = assembly.recipe.data
    shapes = {size: _try_size(faults, assembly, model, size) for size in {data.size, data.eval_size}}
    return shapes[data.size]


def _try_size(
    faults: list[Fault], assembly: Assembly, model: nn.Module, size: tuple[int, int]
) -> Mapping[str, Sequence[int]]:
    channels = assembly.recipe.data.channels
    expected = (1, _logit_channels(assembly), *size)
    model.eval()
    try:
        with torch.no_grad(), batch_norm.watch(model) as shapes:
            output = model(torch.zeros(1, channels, *size))
    except Exception as error:  # a model may raise anything; its owner and place are what helps
        cause = f"{assembly.model.title} fails on a frame of {size}: {type(error).__name__}: {error}"
        faults.append(Fault(cause, "mend its options, or tell its author", assembly.model.label))
        return {}
    finally:
        model.train()
    shape = tuple(output.shape) if isinstance(output, Tensor) else None
    if shape != expected:
        cause = f"{assembly.model.title} gave {shape or type(output).__name__} where logits are {expected}"
        faults.append(Fault(cause, "tell its author", assembly.model.label))
    return shapes


def _try_schedule(faults: list[Fault], assembly: Assembly, model: nn.Module) -> None:
    optimizer = _try(faults, assembly.optimizer, params=list(model.parameters()))
    if optimizer is not None:
        _try(
            faults, assembly.scheduler, optimizer=optimizer, total_steps=_TRIAL_STEPS, steps_per_epoch=_TRIAL_STEPS // 5
        )


def _monitor(faults: list[Fault], assembly: Assembly, metrics: Mapping[str, Metric]) -> bool:
    """Say whether a higher monitor is better; a fault when no metric gives it."""
    monitor = assembly.recipe.train.monitor
    if monitor.endswith("/loss"):
        return False
    given: dict[str, Metric] = {}
    target = torch.arange(len(assembly.recipe.classes)).repeat(1, 8, 1)  # every class occurs
    for name, metric in metrics.items():
        metric.update(torch.zeros(1, _logit_channels(assembly), *target.shape[1:]), target, [{}])
        given |= {f"val/{key}": metric for key in flatten(name, metric.compute(), keep_nan=True)}
        metric.reset()
    if monitor not in given:
        where = assembly.where("train", "monitor")
        faults.append(Fault(f"train.monitor: nothing gives {monitor!r}", suggest(monitor, ["val/loss", *given]), where))
        return True
    return given[monitor].higher_is_better is not False


def _normalization(
    faults: list[Fault], assembly: Assembly, model: nn.Module | None
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    data = assembly.recipe.data
    mean: Sequence[float] = [0.0] * data.channels
    std: Sequence[float] = [1.0] * data.channels
    if isinstance(data.normalize, Stats):
        mean, std = data.normalize.mean, data.normalize.std
    elif data.normalize == "backbone":
        mean, std = getattr(model, "mean", None) or mean, getattr(model, "std", None) or std
    if not len(mean) == len(std) == data.channels:
        cause = f"data.normalize: {len(mean)} means and {len(std)} deviations for {data.channels} channels"
        faults.append(Fault(cause, "give one of each a channel"))
    return tuple(mean), tuple(std)

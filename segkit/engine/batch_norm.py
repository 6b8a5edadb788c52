"""Where batch norm can meet too few values to normalize by, found before training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from segkit.engine.order import steps_per_epoch
from segkit.recipe import Train

_SHOWN = 3  # names of layers in a message


@contextmanager
def watch(model: nn.Module) -> Iterator[dict[str, tuple[int, ...]]]:
    """Note the shape of what each batch norm of a model is given meanwhile, by the layer's name.

    Where a layer is called several times, it is the one with the fewest values.
    """
    shapes: dict[str, tuple[int, ...]] = {}

    def note(name: str, maps: Tensor) -> None:
        shapes[name] = min(shapes.get(name, maps.shape), maps.shape, key=prod)

    def hook(name: str) -> Any:
        return lambda _, inputs: note(name, inputs[0])

    layers = [(name, module) for name, module in model.named_modules() if isinstance(module, _BatchNorm)]
    handles = [module.register_forward_pre_hook(hook(name)) for name, module in layers]
    try:
        yield shapes
    finally:
        for handle in handles:
            handle.remove()


def lone_frame(train: Train, frames: int) -> str:
    """Say why a batch of training can hold one frame; nothing when none can.

    Args:
        train: The recipe's words.
        frames: Training frames.
    """
    if train.batch_size == 1:
        return "train.batch_size is 1"
    steps = steps_per_epoch(frames, train.batch_size * train.accumulate, train.drop_last)
    reached = train.steps is None or train.steps >= steps
    if frames % train.batch_size == 1 and not train.drop_last and reached:
        return f"of {frames} training frames in batches of {train.batch_size} the last one of an epoch is alone"
    return ""


def warnings(shapes: Mapping[str, Sequence[int]], train: Train, frames: int) -> list[str]:
    """Give a line for each way in which batch norm can meet too few values.

    Args:
        shapes: What each batch norm is given of one frame, (1, C, ...).
        train: The recipe's words.
        frames: Training frames.
    """
    why = lone_frame(train, frames)
    if not why or not shapes:
        return []
    batch = "another train.batch_size" + ("" if train.batch_size == 1 else " or train.drop_last=true")
    single = {name: shape for name, shape in shapes.items() if prod(shape) == shape[1]}
    lines = []
    if len(single) < len(shapes):
        several = {name: shape for name, shape in shapes.items() if name not in single}
        lines.append(
            f"batch norm can meet a batch of one, whose statistics are those of one frame: {why}; it is in "
            f"{_name(several)}: set model.norm=group, or {batch}"
        )
    if single:
        lines.append(
            f"batch norm can meet one value a channel, which torch refuses in training: {why}, and its map is 1x1 in "
            f"{_name(single)}: set model.norm=group, {batch}, or a larger data.size"
        )
    return lines


def _name(shapes: Mapping[str, Sequence[int]]) -> str:
    shown = [f"{name} {tuple(shape)}" for name, shape in list(shapes.items())[:_SHOWN]]
    more = len(shapes) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")

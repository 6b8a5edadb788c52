"""A recipe's skeleton as typed dataclasses: every key, its type, its default and its rule."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from segkit.kinds import DEFAULT_CLASSES, IGNORE
from segkit.recipe.nodes import Keys
from segkit.recipe.weight import Weight

DEFAULT_MODEL = "encoder_decoder"
DEFAULT_EPOCHS = 10
MISSING = "???"  # OmegaConf's mark for a value that must be given
SPLITS = ("train", "val", "test")
DATASET = "dataset"  # metadata: the kind of component that a field holds
SMALLEST = 32  # pixels; what every backbone must accept

ONE = Weight.of(1.0)

Rule = tuple[Callable[[Any], bool], str]


@dataclass(frozen=True)
class Node:
    """A component as a recipe names it.

    Attributes:
        kind: Its kind.
        use: Its name, or ``distribution:name``.
        options: What stands beside ``use``, as written.
        keys: Where it stands in the recipe.
        weight: Of a loss, its factor in the sum, perhaps one that changes over the epochs.
    """

    kind: str
    use: str
    options: Mapping[str, Any]
    keys: Keys
    weight: Weight = ONE


@dataclass(frozen=True)
class Stats:
    """Mean and standard deviation a channel, of images in [0, 1]."""

    mean: tuple[float, ...]
    std: tuple[float, ...] = field(metadata={"rule": (lambda v: all(s > 0 for s in v), "above 0")})


def rule(holds: Callable[[Any], bool], text: str, **more: Any) -> Any:
    """Make the metadata of a field whose value must satisfy something."""
    return {"rule": (holds, text), **more}


def _at_least(least: float) -> dict[str, Any]:
    return {"rule": (lambda value: value is None or value >= least, f"at least {least}")}


def _positive() -> dict[str, Any]:
    return {"rule": (lambda value: value is None or 0 < value < math.inf, "above 0")}


def seconds(duration: str) -> float:
    """Read a duration such as ``90s``, ``3m`` or ``1h30m``; NaN when it is none."""
    match = re.fullmatch(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?", duration.strip())
    if match is None or not any(match.groups()):
        return math.nan
    hours, minutes, rest = (float(group or 0) for group in match.groups())
    return 3600 * hours + 60 * minutes + rest


@dataclass(frozen=True)
class Data:
    """Frames in: where they come from and what the network sees of them.

    It trains at ``size``; it is validated, tested and used at ``eval_size``, ``eval_scale`` times that.
    """

    train: Node = field(metadata={"kind": DATASET})
    val: Node = field(metadata={"kind": DATASET})
    test: Node | None = field(default=None, metadata={"kind": DATASET})
    root: Path | None = None
    size: tuple[int, int] = field(
        default=(128, 256),
        metadata=rule(lambda v: min(v) >= SMALLEST, f"[height, width] of at least {SMALLEST} pixels each"),
    )
    eval_scale: float = field(default=1.0, metadata=rule(lambda v: 1 <= v <= 4, "between 1 and 4"))
    channels: Literal[1, 3] = 3
    normalize: Literal["backbone", "unit"] | Stats = "backbone"
    on_error: Literal["fail", "skip"] = "fail"
    cache: Literal["auto", "off"] = "auto"

    @property
    def eval_size(self) -> tuple[int, int]:
        """Height and width of what the network sees of a frame outside training."""
        return round(self.size[0] * self.eval_scale), round(self.size[1] * self.eval_scale)


@dataclass(frozen=True)
class Train:
    """How long, how, on what. Of epochs, steps and max_time one rules, else DEFAULT_EPOCHS; the others are null."""

    epochs: int | None = field(default=None, metadata=_at_least(1))
    steps: int | None = field(default=None, metadata=_at_least(1))
    max_time: str | None = field(
        default=None,
        metadata=rule(lambda v: v is None or 0 < seconds(v) < math.inf, "a duration such as 90s, 3m or 1h30m"),
    )
    batch_size: int = field(default=8, metadata=_at_least(1))
    accumulate: int = field(default=1, metadata=_at_least(1))
    clip_norm: float | None = field(default=None, metadata=_positive())
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    channels_last: bool | Literal["auto"] = "auto"
    drop_last: bool = False
    checkpoint_every: int | None = field(default=None, metadata=_at_least(1))
    monitor: str = "val/iou_mean"
    patience: int | None = field(default=None, metadata=_at_least(1))


@dataclass(frozen=True)
class Output:
    """Where the run is written; null is runs/<recipe>/<n>, the next free number."""

    dir: Path | None = None


def _node(kind: str, use: str, keys: Keys) -> Node:
    return Node(kind, use, MappingProxyType({}), keys)


@dataclass(frozen=True)
class Recipe:
    """A whole recipe, checked for structure and names; the components' options are still as written."""

    data: Data
    classes: tuple[str, ...] = field(
        default=DEFAULT_CLASSES,
        metadata=rule(
            lambda v: 2 <= len(v) <= IGNORE and len(set(v)) == len(v) and all(re.fullmatch(r"[\w-]+", c) for c in v),
            f"2 to {IGNORE} different words",
        ),
    )
    task: str = ""
    seed: int = field(default=0, metadata=rule(lambda v: 0 <= v < 2**63, "0 to 2^63 - 1"))
    deterministic: bool = True
    model: Node = field(default=_node("model", DEFAULT_MODEL, ("model",)), metadata={"kind": "model"})
    loss: tuple[Node, ...] = field(default=(_node("loss", "cross_entropy", ("loss",)),), metadata={"kind": "loss"})
    optimizer: Node = field(default=_node("optimizer", "adamw", ("optimizer",)), metadata={"kind": "optimizer"})
    scheduler: Node = field(default=_node("scheduler", "constant", ("scheduler",)), metadata={"kind": "scheduler"})
    augment: tuple[Node, ...] = field(default=(), metadata={"kind": "augment"})
    metrics: tuple[Node, ...] = field(default=(_node("metric", "iou", ("metrics", 0)),), metadata={"kind": "metric"})
    postprocess: Node | None = field(default=None, metadata={"kind": "postprocess"})
    loggers: tuple[Node, ...] = field(default=(), metadata={"kind": "logger"})
    callbacks: tuple[Node, ...] = field(default=(), metadata={"kind": "callback"})
    train: Train = field(default_factory=Train)
    run: Output = field(default_factory=Output)

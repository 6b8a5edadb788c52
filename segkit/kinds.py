"""What each kind of component is given and what it gives: one Protocol a kind.

Nothing has to inherit from these; they say in types what the engine relies on, and an option that is annotated with
one of them is a nested component. Shape letters: N images, C channels, K classes, H and W pixels; lower case h and w
where a map may be coarser than the frame. ``logits`` are (N, K, H, W) float with K = 1 for two classes (the logit is
for class 1); ``target`` is (N, H, W) int64 with class indices, and 255 where a pixel is ignored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

IGNORE = 255
DEFAULT_CLASSES = ("background", "foreground")
T_co = TypeVar("T_co", covariant=True)


class Make(Protocol[T_co]):
    """A factory of nested components: called with that kind's engine values by keyword."""

    def __call__(self, **engine_values: Any) -> T_co: ...


class Model(Protocol):
    """A whole network. Given ``in_channels`` and ``classes``.

    May carry ``mean`` and ``std`` (a float a channel, of images in [0, 1]) that its weights expect; without them images
    are used as they are.
    """

    def __call__(self, images: Tensor) -> Tensor | tuple[Tensor, list[Tensor]]:
        """(N, C, H, W) float -> logits at the images' size; in training, optionally with auxiliary ones, as large."""
        ...


class Backbone(Protocol):
    """An encoder. Given ``in_channels``, ``norm`` and ``activation``. May carry ``mean`` and ``std``.

    ``norm`` and ``activation`` are factories where the recipe chose them, to be used in every layer, and None where the
    backbone is to have its own. An option named ``pretrained`` says which weights it begins with; it is switched off
    when the engine loads a trained model, so that no weights are fetched to be overwritten.
    """

    channels: Sequence[int]
    strides: Sequence[int]

    def __call__(self, images: Tensor) -> list[Tensor]:
        """(N, C, H, W), any H and W >= 32 -> maps (N, channels[i], h, w), finest first."""
        ...


class Decoder(Protocol):
    """Maps to one map. Given ``channels``, ``strides`` (of the backbone, finest first), ``norm``, ``activation``."""

    out_channels: int
    out_stride: int

    def __call__(self, maps: list[Tensor]) -> Tensor:
        """Maps, finest first -> (N, out_channels, h, w). Skips are resized to their real size."""
        ...


class Norm(Protocol):
    """A normalization layer. Given ``channels``. Does not write into its input."""

    def __call__(self, maps: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape."""
        ...


class Activation(Protocol):
    """A pointwise or channelwise non-linearity. Given nothing. Does not write into its input."""

    def __call__(self, maps: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape."""
        ...


class Loss(Protocol):
    """A training loss; may carry ``bounds``, the least and the greatest value that it can take.

    Given ``classes`` and ``class_counts`` (training pixels of each class, a list of int).
    """

    def __call__(self, logits: Tensor, target: Tensor) -> Tensor:
        """Logits (N, K, H, W) and target (N, H, W) -> 0-d tensor, finite for every legal input."""
        ...


class Optimizer(Protocol):
    """A ``torch.optim.Optimizer``. Given ``params``."""

    param_groups: list[dict[str, Any]]

    def step(self) -> Any: ...
    def zero_grad(self) -> None: ...
    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state: dict[str, Any]) -> None: ...


class Scheduler(Protocol):
    """A learning-rate schedule, stepped after each optimizer step.

    Given ``optimizer``, ``total_steps`` and ``steps_per_epoch``; its options count epochs or fractions of the run.
    """

    def step(self) -> None: ...
    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state: dict[str, Any]) -> None: ...


@dataclass(frozen=True, eq=False)
class Sample:
    """One frame with its mask.

    Attributes:
        image: (H, W, C) uint8 or uint16, C = 1 (grey) or 3 (red, green, blue).
        mask: (H, W) uint8, class indices and 255 = ignore.
        id: A name that a person can find the frame by.
        group: The video, drive or flight it belongs to; empty when unknown.
        meta: Anything known of the frame: ``slope`` (dy/dx) and ``offset`` (y at x = 0 over the height) of the true
            horizon, camera intrinsics.
    """

    image: np.ndarray
    mask: np.ndarray
    id: str
    group: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict)


class Dataset(Protocol):
    """Frames of one split. Given ``split`` ("train", "val" or "test"), ``classes`` and ``task``.

    A data set that is wrong as a whole raises DataError when it is made, with every fault found; one frame that cannot
    be read raises DataError from ``__getitem__``, naming the file; several threads call it at once. Frames come in a
    fixed order and never change, so that they can be cached under ``fingerprint``.
    """

    fingerprint: str  # Changes whenever any frame would.

    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> Sample: ...


class Augment(Protocol):
    """A random change of a batch, on the device, drawn from torch's global generator only, so that a step repeats."""

    def __call__(self, images: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        """Images (N, C, H, W) float in [0, 1] and masks (N, H, W) int64 -> the same; what left the frame is 255."""
        ...


class Metric(Protocol):
    """A ``torchmetrics.Metric`` over a whole data set. Given ``classes``.

    ``compute`` gives a number, reported under the component's name, or a dict of numbers, reported as name_key. NaN
    says "not defined here", as where every pixel is ignored, and is left out. ``higher_is_better`` may be None where it
    is no measure of quality.
    """

    higher_is_better: bool | None

    def update(self, logits: Tensor, target: Tensor, meta: Sequence[Mapping[str, Any]]) -> None:
        """Take in logits (N, K, H, W), target (N, H, W) and each image's meta."""
        ...

    def compute(self) -> Tensor | float | dict[str, Tensor | float]: ...
    def reset(self) -> None: ...


class Postprocess(Protocol):
    """What is made of the probabilities of frames: a row of a table each. Given ``classes`` and ``task``.

    Used where a trained model is used. The frames of a call have one size, those of one film come in order; how they
    are cut into calls changes no row. What is kept from frame to frame is forgotten when ``file`` changes.
    """

    table: str  # The table's file is <table>.csv: a plain word.
    columns: Sequence[str]  # What every row holds, in this order, behind the caller's file and frame.

    def __call__(self, probabilities: Tensor, meta: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """(N, K, H, W) float32, K >= 2, summing to one over K, at the frames' own size -> a row a frame.

        A frame's meta may hold ``file``, ``frame`` (its number in a film), ``time`` (seconds), ``slope``, ``offset``,
        ``intrinsics``, or nothing. A value of a row is a str, int or float, never NaN; None where there is none.
        """
        ...

    def draw(self, image: np.ndarray, row: Mapping[str, Any]) -> np.ndarray:
        """(H, W, 3) uint8 -> a new one, with what the row says drawn into it."""
        ...


class Logger(Protocol):
    """Keeps the numbers of a run. Given ``run_dir``. Prints nothing on standard output, which is for data.

    On a resumed run ``resume`` comes first, with the step it goes on from: what was logged later is to be forgotten.
    """

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Keep an epoch's numbers, such as ``{"epoch": 1, "train/loss": 0.3, "val/iou_mean": 0.9}``."""
        ...

    def resume(self, step: int) -> None: ...


class Callback(Protocol):
    """Hears any of the events in ``segkit.hooks.RunHooks``, each a method marked with ``@hookimpl``.

    One that keeps state has ``state_dict`` and ``load_state_dict`` (int, float, str, list, dict and tensors) and is
    checkpointed with the run. Given nothing.
    """


@runtime_checkable
class Run(Protocol):
    """A run as its callbacks see it: read-only.

    Attributes:
        dir: The run's folder.
        classes: Class names in index order.
        monitor: The value that says which epoch is best, such as "val/iou_mean"; ``higher_is_better``, which way.
        epochs: How many epochs the run will have, the last one perhaps a part; ``epoch`` counts from 0.
        steps_per_epoch: Optimizer steps in a whole epoch; ``total_steps`` of the run; ``step`` counts those done.
        values: The latest numbers: train/loss (mean of the epoch so far), train/lr, train/images_per_s, and after a
            validation val/loss and val/<metric>.
        stopped: Why the run ended; empty while it goes on.
    """

    dir: Path
    classes: Sequence[str]
    monitor: str
    higher_is_better: bool
    epochs: int
    epoch: int
    steps_per_epoch: int
    total_steps: int
    step: int
    values: Mapping[str, float]
    stopped: str

    @property
    def model(self) -> nn.Module: ...

    def time_left(self) -> float:
        """Seconds to the end of training at the present pace; NaN before the first step."""
        ...

    def validation_frames(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Give up to ``count`` frames, evenly spread: images (n, H, W, C) uint8 and masks (n, H, W), network size."""
        ...

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Images (n, H, W, C) uint8 at network size -> class indices (n, H, W) uint8."""
        ...

    def save_weights(self, path: Path) -> None:
        """Write the model's present weights as safetensors, beside their place and renamed."""
        ...


@dataclass(frozen=True)
class Kind:
    """A kind: its Protocol, and the engine values that its callables may ask for."""

    name: str
    protocol: type
    engine_values: tuple[str, ...] = ()


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind("model", Model, ("in_channels", "classes")),
            Kind("backbone", Backbone, ("in_channels", "norm", "activation")),
            Kind("decoder", Decoder, ("channels", "strides", "norm", "activation")),
            Kind("norm", Norm, ("channels",)),
            Kind("activation", Activation),
            Kind("loss", Loss, ("classes", "class_counts")),
            Kind("optimizer", Optimizer, ("params",)),
            Kind("scheduler", Scheduler, ("optimizer", "total_steps", "steps_per_epoch")),
            Kind("dataset", Dataset, ("split", "classes", "task")),
            Kind("augment", Augment),
            Kind("metric", Metric, ("classes",)),
            Kind("postprocess", Postprocess, ("classes", "task")),
            Kind("logger", Logger, ("run_dir",)),
            Kind("callback", Callback),
        )
    }
)

"""The numbers of a run, fixed before its first step."""

from __future__ import annotations

from dataclasses import dataclass

from segkit.engine.order import steps_per_epoch
from segkit.errors import RecipeError
from segkit.recipe import Train

MARGIN = 0.94  # of max_time that is planned with: a machine has other things to do as well


@dataclass(frozen=True)
class Plan:
    """The numbers of a run, fixed before its first step.

    Attributes:
        steps_per_epoch: Optimizer steps in a whole epoch.
        total_steps: Optimizer steps of the whole run.
        batch_size: Images a forward pass, over all ranks.
        accumulate: Forward passes an optimizer step.
        clip_norm: The largest norm of the gradient, or None.
        checkpoint_every: Steps between checkpoints inside an epoch, or None.
        monitor: The value that says which epoch is best.
        higher_is_better: Of the monitor.
    """

    seed: int
    steps_per_epoch: int
    total_steps: int
    batch_size: int
    accumulate: int = 1
    clip_norm: float | None = None
    checkpoint_every: int | None = None
    monitor: str = "val/loss"
    higher_is_better: bool = False

    @property
    def images_per_step(self) -> int:
        """Images an optimizer step."""
        return self.batch_size * self.accumulate


@dataclass(frozen=True)
class Pace:
    """What a probe measured, in seconds."""

    step: float
    validation: float


def make_plan(train: Train, seed: int, frames: int, higher_is_better: bool, total_steps: int) -> Plan:
    """Make the plan of a run whose length is known."""
    return Plan(
        seed=seed,
        steps_per_epoch=steps_per_epoch(frames, train.batch_size * train.accumulate, train.drop_last),
        total_steps=total_steps,
        batch_size=train.batch_size,
        accumulate=train.accumulate,
        clip_norm=train.clip_norm,
        checkpoint_every=train.checkpoint_every,
        monitor=train.monitor,
        higher_is_better=higher_is_better,
    )


def epoch_steps(train: Train, frames: int, where: str = "") -> int:
    """Give the optimizer steps of an epoch.

    Args:
        train: The recipe's words.
        frames: Training frames.
        where: The place of the batch size, for the error.

    Raises:
        RecipeError: When a step takes more images than there are.
    """
    images = train.batch_size * train.accumulate
    if images > frames:
        cause = f"train.batch_size x accumulate = {images}, more than the {frames} training frames"
        raise RecipeError(cause, f"at most {frames} images can make a step", where)
    return steps_per_epoch(frames, images, train.drop_last)


def steps_in(seconds: float, pace: Pace, per_epoch: int) -> int:
    """Give how many steps fit into a time, with a validation behind each epoch and behind the last step; at least 1."""
    budget = seconds * MARGIN
    whole_epoch = per_epoch * pace.step + pace.validation
    epochs = int(budget // whole_epoch)
    rest = budget - epochs * whole_epoch - pace.validation
    return max(1, epochs * per_epoch + max(0, int(rest // pace.step)))

"""Times a few warm steps: which precision is faster on this machine, and how many steps fit into a time."""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from segkit.engine.fit import Trainer
from segkit.engine.plan import Pace
from segkit.engine.precision import native_half
from segkit.recipe import Train

_WARM, _TIMED = 2, 3  # steps
STEPS = _WARM + _TIMED
_WORTH = 0.9  # half precision must take at most this share of float32's time: it costs digits
_HOPELESS = 1.5  # times float32's time for one frame forward: then half precision is not looked at any further
_LOOKS = 3  # at one frame forward in each precision, before half precision is given up
_log = logging.getLogger("segkit")


@dataclass(frozen=True)
class Decision:
    """How to run, and how fast that is; the pace is None where nobody asked for it."""

    precision: str
    channels_last: bool
    pace: Pace | None = None


def decide(train: Train, make: Callable[[str, bool], tuple[Trainer, Callable[[], float]]]) -> Decision:
    """Fill in what the recipe leaves to the machine.

    Args:
        train: The recipe's words; where they decide everything, nothing is timed.
        make: (precision, channels_last) -> a trainer on a copy of the model, and a function that validates a part
            and gives the seconds that the whole would take.
    """
    layout = True if train.channels_last == "auto" else train.channels_last
    if train.precision != "auto":
        pace = _pace(*make(train.precision, layout)) if train.max_time else None
        return Decision(train.precision, layout, pace)
    name = native_half()
    full, half = make("fp32", layout), make(name, layout)
    paces = {"fp32": _pace(*full)}
    if _promises(half[0], full[0]):
        paces[name] = _pace(*half)
    best = name if name in paces and paces[name].step < _WORTH * paces["fp32"].step else "fp32"
    times = ", ".join(f"{word} {1000 * pace.step:.0f} ms" for word, pace in paces.items())
    _log.info(
        "precision: %s (a step takes: %s%s)", best, times, "" if name in paces else f"; {name} is far slower here"
    )
    return Decision(best, layout, paces[best])


def _promises(half: Trainer, full: Trainer) -> bool:
    """Say whether half precision is worth timing: where it is emulated, a whole step can take a minute.

    It has a few chances, for on a busy machine one look tells little.
    """
    quickest = [float("inf"), float("inf")]
    for _ in range(_LOOKS):
        quickest = [min(before, _glance(trainer)) for before, trainer in zip(quickest, (half, full), strict=True)]
        if quickest[0] < _HOPELESS * quickest[1]:
            return True
    return False


def _glance(trainer: Trainer) -> float:
    """Time one frame forward."""
    images, _ = trainer.take([0])
    trainer.model.eval()
    begun = time.perf_counter()
    with torch.no_grad():
        trainer.model(images)
    taken = time.perf_counter() - begun
    trainer.model.train()
    return taken


def _pace(trainer: Trainer, validation: Callable[[], float]) -> Pace:
    times = []
    for _ in range(STEPS):
        begun = time.perf_counter()
        trainer.train_step()
        if trainer.fabric.device.type == "cuda":
            torch.cuda.synchronize(trainer.fabric.device)
        times.append(time.perf_counter() - begun)
    return Pace(statistics.median(times[_WARM:]), validation())

"""Run events on their way to callbacks and loggers, and the read-only Run that these see."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pluggy
import torch
from torch import nn

from segkit.engine.checkpoint import save_weights
from segkit.engine.frames import labels
from segkit.hooks import PROJECT, RunHooks
from segkit.kinds import Callback, Logger

if TYPE_CHECKING:
    from segkit.engine.cache import Frames
    from segkit.engine.fit import Trainer


class RunView:
    """A run as its callbacks see it (``segkit.kinds.Run``)."""

    def __init__(self, trainer: Trainer, folder: Path, classes: Sequence[str], validation: Frames) -> None:
        self._trainer, self._validation = trainer, validation
        self.dir, self.classes = folder, tuple(classes)
        self.monitor, self.higher_is_better = trainer.plan.monitor, trainer.plan.higher_is_better
        self.steps_per_epoch = trainer.plan.steps_per_epoch

    @property
    def epochs(self) -> int:
        """How many epochs the run will have, the last one perhaps a part."""
        return -(-self.total_steps // self.steps_per_epoch)

    @property
    def epoch(self) -> int:
        """The running epoch, from 0."""
        return self._trainer.epoch

    @property
    def total_steps(self) -> int:
        """Optimizer steps of the whole run."""
        return self._trainer.total_steps

    @property
    def step(self) -> int:
        """Optimizer steps done."""
        return self._trainer.step

    @property
    def values(self) -> Mapping[str, float]:
        """The latest numbers."""
        return dict(self._trainer.values)

    @property
    def stopped(self) -> str:
        """Why the run ended; empty while it goes on."""
        return self._trainer.stopped

    @property
    def model(self) -> nn.Module:
        """The network."""
        return self._trainer.module

    def time_left(self) -> float:
        """Seconds to the end of training at the present pace; NaN before the first step."""
        done = self.step - self._trainer.begun_step
        passed = time.monotonic() - self._trainer.begun
        return passed / done * (self.total_steps - self.step) if done else float("nan")

    def validation_frames(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Give up to ``count`` frames, evenly spread: images (n, H, W, C) uint8 and masks (n, H, W)."""
        size = len(self._validation)
        rows = sorted({round(row) for row in np.linspace(0, size - 1, min(count, size))})
        images, masks = self._validation.batch(rows)
        return images.permute(0, 2, 3, 1).numpy(), masks.numpy()

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Images (n, H, W, C) uint8 at network size -> class indices (n, H, W) uint8."""
        batch = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2)
        model, training = self._trainer.model, self._trainer.model.training
        model.eval()
        with torch.inference_mode():
            pixels, _ = self._trainer.intake(batch, torch.zeros(0, dtype=torch.uint8))
            classes = labels(model(pixels))
        model.train(training)
        return classes.cpu().numpy()

    def save_weights(self, path: Path) -> None:
        """Write the model's present weights as safetensors, beside their place and renamed."""
        save_weights(self.model, path)


class Events:
    """Callbacks and loggers of a run, each by name.

    Args:
        callbacks: Hear every event.
        loggers: Get the numbers at the end of each epoch.
    """

    def __init__(self, callbacks: Mapping[str, Callback], loggers: Mapping[str, Logger]) -> None:
        self._callbacks, self._loggers = callbacks, loggers
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(RunHooks)
        # pluggy calls the last one registered first; callbacks are to hear events in the recipe's order
        for name, callback in reversed(list(callbacks.items())):
            self._manager.register(callback, name=name)
        self._manager.check_pending()
        self.run: RunView | None = None

    def tell(self, event: str) -> list[Any]:
        """Call an event on every callback; at the end of an epoch, log first."""
        if self.run is None:
            return []
        if event == "epoch_end":
            values = {"epoch": self.run.epoch + 1} | dict(self.run.values)
            for logger in self._loggers.values():
                logger.log(values, self.run.step)
        answers: list[Any] = getattr(self._manager.hook, event)(run=self.run)
        return answers

    def state(self) -> dict[str, Any]:
        """Give the state of the callbacks that have one."""
        return {name: c.state_dict() for name, c in self._callbacks.items() if hasattr(c, "state_dict")}

    def restore(self, states: Mapping[str, Any], step: int) -> None:
        """Give callbacks their state back, and tell loggers the step of the last epoch that is kept."""
        for name, state in states.items():
            callback = self._callbacks.get(name)
            if callback is not None and hasattr(callback, "load_state_dict"):
                callback.load_state_dict(state)
        for logger in self._loggers.values():
            logger.resume(step)

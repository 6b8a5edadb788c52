"""The training loop: steps, epochs, validation, checkpoints. What else a run does, its callbacks do."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, cast

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer

from segkit.engine.cache import Frames
from segkit.engine.checkpoint import LAST, save_checkpoint
from segkit.engine.depthwise import QuickDepthwise
from segkit.engine.events import Events
from segkit.engine.intake import Intake
from segkit.engine.order import epoch_order, rows_of_rank, seed_for
from segkit.engine.plan import Plan
from segkit.engine.signals import Signals
from segkit.errors import DivergedError, RunInterruptedError
from segkit.kinds import IGNORE, Scheduler

_LEAST_SCALE = 2.0**-8  # of the loss in fp16; what overflows below it is no matter of the scale
_log = logging.getLogger("segkit")


class Trainer:
    """Trains a model; everything that it draws at random is a function of (seed, step), so it can stop anywhere.

    Args:
        fabric: Devices, precision, gradients.
        model: The module itself; it is set up on the device here.
        loss: (what the model gave, targets, epoch with its fraction) -> 0-d tensor.
        optimizer: Of the model's parameters.
        scheduler: Of the optimizer, stepped with it.
        intake: What the network takes.
        frames: The training frames.
        validate: Measures the model, given its forward function.
        plan: The numbers.
        events: Who hears of what happens.
        folder: Of the run; without one nothing is saved, as for a probe.
    """

    def __init__(
        self,
        fabric: Fabric,
        model: nn.Module,
        loss: Callable[[Any, Tensor, float], Tensor],
        optimizer: Optimizer,
        scheduler: Scheduler,
        intake: Intake,
        frames: Frames,
        validate: Callable[[Callable[[Tensor], Any]], dict[str, float]],
        plan: Plan,
        events: Events | None = None,
        folder: Path | None = None,
    ) -> None:
        self.fabric, self.module, self.plan, self.intake = fabric, model, plan, intake
        self._loss, self._scheduler, self._frames, self._validate = loss, scheduler, frames, validate
        self._bare_optimizer, self._events, self._folder = optimizer, events, folder
        self.model, self._optimizer = fabric.setup(model, optimizer)
        self._kernels = QuickDepthwise() if fabric.device.type == "cpu" else nullcontext()
        intake.to(fabric.device)
        self.step = self.total_steps = self._validated = 0
        self.total_steps = plan.total_steps
        self.values: dict[str, float] = {}
        self.stopped = ""
        self._loss_sum, self._loss_steps = 0.0, 0
        self._order: tuple[int, list[int]] = (-1, [])
        self._busy = 0.0  # seconds spent in this process on steps of the running epoch
        self._busy_images = 0
        self.begun, self.begun_step = time.monotonic(), 0

    @property
    def epoch(self) -> int:
        """The running epoch, from 0; the next one only after the validation of this one."""
        return -(-self._validated // self.plan.steps_per_epoch)

    def run(self, deadline: float = math.inf) -> None:
        """Train to the end of the plan, or until a callback, a signal or the clock stops it.

        Args:
            deadline: A time of ``time.monotonic``; the step that crosses it is the last one.

        Raises:
            DivergedError: When loss or gradient is not finite (in fp16: at any scale); the last checkpoint is from
                before.
            RunInterruptedError: On SIGINT or SIGTERM, behind the step that was running, with everything saved.
        """
        self.begun, self.begun_step = time.monotonic(), self.step
        with Signals() as signals:
            try:
                self._tell("run_start")
                while not self.stopped:
                    self._advance(deadline)
                    if signals.received:
                        self._interrupt(signals.received)
            finally:
                self._tell("run_end")

    def _advance(self, deadline: float) -> None:
        if self.step > self._validated and (
            self.step % self.plan.steps_per_epoch == 0 or self.step == self.total_steps
        ):
            self._end_epoch()
        elif self.step >= self.total_steps:
            self.stopped = "all steps are done"
        else:
            self.train_step()
            self._tell("step_end")
            if self.plan.checkpoint_every and self.step % self.plan.checkpoint_every == 0:
                self.save()
            if time.monotonic() > deadline and self.step < self.total_steps:
                _log.warning("time is up at step %d of %d: the schedule is cut short", self.step, self.total_steps)
                self.total_steps = self.step

    def train_step(self) -> None:
        """Make one optimizer step."""
        if self._order[0] != self.epoch:
            self._start_epoch()
        begun = time.monotonic()
        start = self.step % self.plan.steps_per_epoch * self.plan.images_per_step
        rows = self._order[1][start : start + self.plan.images_per_step]
        value, norm = self._gradient(rows)
        while not math.isfinite(norm) and self._halve_scale():
            value, norm = self._gradient(rows)
        self._expect_finite("the norm of the gradient", norm, rows)
        self.values["train/lr"] = self._bare_optimizer.param_groups[0]["lr"]
        self._optimizer.step()
        self._optimizer.zero_grad()
        self._scheduler.step()
        self.step += 1
        self._note(value, len(rows), time.monotonic() - begun)

    def _gradient(self, rows: list[int]) -> tuple[float, float]:
        """Leave the gradient of some rows in the parameters, clipped; give the loss, and the norm before clipping."""
        torch.manual_seed(seed_for(self.plan.seed, "step", self.step, self.fabric.global_rank))
        size = self.plan.batch_size
        value = self._backward([self.take(rows[first : first + size]) for first in range(0, len(rows), size)])
        self._expect_finite("the loss", value, rows)
        limit = math.inf if self.plan.clip_norm is None else self.plan.clip_norm
        norm = self.fabric.clip_gradients(self.model, self._optimizer, max_norm=limit, error_if_nonfinite=False)
        return value, float(cast(Tensor, norm))

    def _halve_scale(self) -> bool:
        """Drop a gradient that overflowed, so that it is taken anew at half the scale; False when that cannot help.

        Only in fp16 is the loss scaled. The frames of the step are thus never left out, and the schedule needs no word.
        """
        scaler = getattr(self.fabric.strategy.precision, "scaler", None)
        if scaler is None or scaler.get_scale() <= _LEAST_SCALE:
            return False
        scaler.update(scaler.get_scale() / 2)
        self._optimizer.zero_grad()
        return True

    def _start_epoch(self) -> None:
        self._order = (self.epoch, epoch_order(self.plan.seed, self.epoch, len(self._frames)))
        if self.step % self.plan.steps_per_epoch == 0:
            self._loss_sum, self._loss_steps = 0.0, 0
        self._busy, self._busy_images = 0.0, 0
        self.model.train()
        self._tell("epoch_start")

    def take(self, rows: list[int]) -> tuple[Tensor, Tensor]:
        """Give this rank's share of some rows as the network takes it: images augmented and normalized, targets."""
        mine, fills = rows_of_rank(rows, self.fabric.global_rank, self.fabric.world_size)
        images, masks = self._frames.batch(mine)
        if fills:
            masks[-1] = IGNORE
        return self.intake(images, masks, augment=True)  # type: ignore[no-any-return]

    def _backward(self, batches: Sequence[tuple[Tensor, Tensor]]) -> float:
        """Accumulate the gradient of the mean over the valid pixels of all batches of all ranks; give that loss."""
        valid = torch.stack([(masks != IGNORE).sum() for _, masks in batches])
        total = max(float(self._sum(valid.sum())), 1.0)
        world = self.fabric.world_size  # ranks are averaged, so each counts world-fold
        shares = [count * world / total for count in valid.tolist()]
        value = torch.zeros((), dtype=torch.float64)
        epoch = self.step / self.plan.steps_per_epoch
        for number, ((images, masks), share) in enumerate(zip(batches, shares, strict=True)):
            with self.fabric.no_backward_sync(self.model, enabled=number < len(batches) - 1):
                with self._kernels:
                    output = self.model(images)
                loss = self._loss(output, masks, epoch) * share
                self.fabric.backward(loss)
            value += loss.detach().cpu().double()
        return float(self._sum(value)) / world

    def _sum(self, value: Tensor) -> Tensor:
        return cast(Tensor, self.fabric.all_reduce(value, reduce_op="sum"))

    def _note(self, value: float, images: int, seconds: float) -> None:
        self._loss_sum += value
        self._loss_steps += 1
        self.values["train/loss"] = self._loss_sum / self._loss_steps
        self._busy += seconds
        self._busy_images += images
        self.values["train/images_per_s"] = self._busy_images / max(self._busy, 1e-9)

    def _end_epoch(self) -> None:
        self._tell("validation_start")
        self.model.eval()
        self.values |= {f"val/{name}": value for name, value in self._validate(self.model).items()}
        self.model.train()
        self._tell("validation_end")
        reasons = self._tell("epoch_end")
        self._validated = self.step
        reason = self.fabric.broadcast(reasons[0] if reasons else "")
        self.stopped = str(reason)
        self.save()

    def _tell(self, event: str) -> list[Any]:
        return [] if self._events is None else self._events.tell(event)

    def save(self) -> None:
        """Write a checkpoint that ``restore`` goes on from exactly."""
        if self._folder is not None and self.fabric.is_global_zero:
            save_checkpoint(self._folder / LAST, self.state())
        self.fabric.barrier()

    def state(self) -> dict[str, Any]:
        """Give everything that the rest of the run depends on."""
        return {
            "step": self.step,
            "total_steps": self.total_steps,
            "validated": self._validated,
            "stopped": self.stopped,
            "loss_sum": self._loss_sum,
            "loss_steps": self._loss_steps,
            "values": dict(self.values),
            "model": self.module.state_dict(),
            "optimizer": self._bare_optimizer.state_dict(),
            "scheduler": self._scheduler.state_dict(),
            "precision": self.fabric.strategy.precision.state_dict(),  # the scale of the loss, and when it grows
            "callbacks": {} if self._events is None else self._events.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up the state of a checkpoint."""
        self.step, self.total_steps = state["step"], state["total_steps"]
        self._validated, self.stopped = state["validated"], state["stopped"]
        self._loss_sum, self._loss_steps = state["loss_sum"], state["loss_steps"]
        self.values = dict(state["values"])
        self.module.load_state_dict(state["model"])
        self._bare_optimizer.load_state_dict(state["optimizer"])
        self._scheduler.load_state_dict(state["scheduler"])
        self.fabric.strategy.precision.load_state_dict(state.get("precision", {}))
        if self._events is not None:
            self._events.restore(state["callbacks"], self._validated)

    def _interrupt(self, signal: int) -> None:
        self.save()
        self.stopped = "interrupted"
        go_on = f"segkit run --resume {self._folder}" if self._folder else ""
        raise RunInterruptedError(signal, f"interrupted at step {self.step} of {self.total_steps}; saved", go_on)

    def _expect_finite(self, what: str, value: float, rows: Sequence[int]) -> None:
        if math.isfinite(value):
            return
        rate = self._bare_optimizer.param_groups[0]["lr"]
        names = ", ".join(self._frames.ids[row] for row in rows)
        self.stopped = "diverged"
        raise DivergedError(
            f"{what} is {value} at step {self.step} (learning rate {rate:g}) on {names}",
            "lower the learning rate, set train.clip_norm, or look at these frames; the last checkpoint is kept",
        )

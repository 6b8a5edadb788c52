"""``segkit run`` from an assembly to a folder: frames, probe, training, test with the best weights."""

from __future__ import annotations

import copy
import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import nn

from segkit.assembly import Assembly
from segkit.engine.build import Parts, build, build_loss, frame_format
from segkit.engine.cache import Frames, open_frames
from segkit.engine.checkpoint import LAST, load_checkpoint, load_weights, save_weights, whole_file, write_json
from segkit.engine.determinism import determinism
from segkit.engine.duplicates import tell_duplicates
from segkit.engine.evaluate import Evaluator
from segkit.engine.events import Events, RunView
from segkit.engine.fit import Trainer
from segkit.engine.folder import (
    RECIPE,
    RunLog,
    check_free,
    new_folder,
    recorded_distributions,
    tell_other_versions,
    write_environment,
)
from segkit.engine.intake import Intake
from segkit.engine.model_file import WEIGHTS, ModelCard, without_initial_weights, write_card
from segkit.engine.plan import Plan, epoch_steps, make_plan, steps_in
from segkit.engine.precision import make_fabric
from segkit.engine.probe import STEPS, Decision, decide
from segkit.engine.weighted_sum import WeightedSum
from segkit.errors import DataError, Fault, UserError
from segkit.recipe import Train, dump, seconds

_PROBED_BATCHES = 2  # of the validation set
_log = logging.getLogger("segkit")


@dataclass(frozen=True)
class Result:
    """What a run came to.

    Attributes:
        folder: The run's folder.
        split: The split that was measured with the best weights: "test", or "val" for a recipe without one.
        images: How many frames that has.
        metrics: By name.
        stopped: Why training ended.
    """

    folder: Path
    split: str
    images: int
    metrics: Mapping[str, float]
    stopped: str


def train(assembly: Assembly, resume: Path | None = None) -> Result:
    """Train and test.

    Args:
        assembly: The recipe; of the run folder itself when resuming.
        resume: The folder of an interrupted run to go on with.

    Raises:
        SegkitError: RecipeError, DataError, DivergedError or RunInterruptedError.
    """
    with RunLog() as log, determinism(assembly.recipe.deterministic):
        if resume is None:
            check_free(assembly.recipe.run.dir)
        session = _Session(assembly, build(assembly))
        decision = decide(assembly.recipe.train, session.probe)
        folder = resume or new_folder(assembly.name, assembly.recipe.run.dir)
        log.write_to(folder)
        return session.run(folder, decision, resume is not None)


def _open_splits(assembly: Assembly, parts: Parts) -> dict[str, Frames]:
    """Read the frames of all splits; what is wrong with any of them is told at once."""
    frames: dict[str, Frames] = {}
    faults: list[Fault] = []
    for split, dataset in parts.datasets.items():
        try:
            form = frame_format(assembly, training=split == "train")
            frames[split] = open_frames(dataset, form, assembly.recipe.data.cache, split)
        except DataError as error:
            faults += error.faults
    if faults:
        raise DataError.of(faults)
    return frames


class _Session:
    """The objects of one run."""

    def __init__(self, assembly: Assembly, parts: Parts) -> None:
        self._assembly, self._parts, self._recipe = assembly, parts, assembly.recipe
        self._frames = _open_splits(assembly, parts)
        tell_duplicates(self._frames)
        where = assembly.where("train", "batch_size")
        self._per_epoch = epoch_steps(self._recipe.train, len(self._frames["train"]), where)
        self._loss = build_loss(assembly, self._frames["train"].counts)

    def run(self, folder: Path, decision: Decision, resumed: bool) -> Result:
        """Train, and test with the best weights."""
        plan = self._plan(self._total_steps(decision))
        events = self._events(folder)
        trainer, _ = self._trainer(decision, plan, self._parts.model, events, folder)
        events.run = RunView(trainer, folder, self._recipe.classes, self._frames["val"])
        if resumed:
            tell_other_versions(recorded_distributions(folder), self._assembly.distributions())
            self._restore(trainer, events, folder)
        else:
            self._describe(folder, decision, plan, trainer.fabric)
        self._announce(plan, decision, trainer.fabric)
        limit = self._recipe.train.max_time
        trainer.run(time.monotonic() + seconds(limit) if limit else math.inf)
        return self._test(trainer, folder)

    def _total_steps(self, decision: Decision) -> int:
        train: Train = self._recipe.train
        if train.steps is not None:
            return train.steps
        if train.max_time is not None and decision.pace is not None:
            return steps_in(seconds(train.max_time), decision.pace, self._per_epoch)
        return (train.epochs or 1) * self._per_epoch

    def _plan(self, total_steps: int) -> Plan:
        frames = len(self._frames["train"])
        return make_plan(self._recipe.train, self._recipe.seed, frames, self._parts.higher_is_better, total_steps)

    def _events(self, folder: Path) -> Events:
        return Events(self._parts.callbacks, {bound.use: bound(run_dir=folder) for bound in self._assembly.loggers})

    def _trainer(
        self, decision: Decision, plan: Plan, model: nn.Module, events: Events | None, folder: Path | None
    ) -> tuple[Trainer, Evaluator]:
        fabric = make_fabric(decision.precision)
        if decision.channels_last:
            model = model.to(memory_format=torch.channels_last)
        optimizer = self._assembly.optimizer(params=list(model.parameters()))
        scheduler = self._assembly.scheduler(
            optimizer=optimizer, total_steps=plan.total_steps, steps_per_epoch=plan.steps_per_epoch
        )
        intake = Intake(self._parts.mean, self._parts.std, self._parts.augment, decision.channels_last)
        loss = self._loss.to(fabric.device)
        validate = self._evaluator(fabric, "val", intake, loss)
        trainer = Trainer(
            fabric,
            model,
            loss,
            optimizer,
            scheduler,
            intake,
            self._frames["train"],
            validate,
            plan,
            events,
            folder,
        )
        return trainer, validate

    def _evaluator(self, fabric: Fabric, split: str, intake: Intake, loss: WeightedSum | None) -> Evaluator:
        metrics = self._parts.metrics
        return Evaluator(fabric, self._frames[split], intake, metrics, loss, self._recipe.train.batch_size)

    def probe(self, precision: str, channels_last: bool) -> tuple[Trainer, Callable[[], float]]:
        """Give a trainer on a copy of the model, and a function that times a validation."""
        decision = Decision(precision, channels_last)
        model = copy.deepcopy(self._parts.model)
        plan = self._plan(max(self._per_epoch, STEPS))  # a schedule may refuse to go on behind its end
        trainer, validate = self._trainer(decision, plan, model, None, None)
        part = min(_PROBED_BATCHES * self._recipe.train.batch_size, len(self._frames["val"]))

        def whole_validation() -> float:
            trainer.model.eval()
            validate(trainer.model, at_most=part)  # warm
            begun = time.perf_counter()
            validate(trainer.model, at_most=part)
            return (time.perf_counter() - begun) * len(self._frames["val"]) / part

        return trainer, whole_validation

    def _restore(self, trainer: Trainer, events: Events, folder: Path) -> None:
        if (folder / LAST).is_file():
            state = load_checkpoint(folder / LAST)
            try:
                trainer.restore(state)
            except (KeyError, RuntimeError, TypeError, ValueError) as error:
                raise UserError(f"{folder / LAST} is of another run: {error}", "begin the run anew") from error
        else:  # stopped before there was one
            events.restore({}, 0)
        _log.info("resumed at step %d", trainer.step)

    def _describe(self, folder: Path, decision: Decision, plan: Plan, fabric: Fabric) -> None:
        """Write what the run is, now that all of it is decided."""
        train = {"precision": decision.precision, "channels_last": decision.channels_last}
        if self._recipe.train.max_time is not None:
            train["steps"] = plan.total_steps
        with whole_file(folder / RECIPE) as work:
            work.write_text(dump(self._assembly.describe(**train)))
        versions = self._assembly.distributions()
        write_environment(folder, versions, str(fabric.device))
        data = self._recipe.data
        card = ModelCard(
            classes=self._recipe.classes,
            task=self._recipe.task,
            size=data.eval_size,
            channels=data.channels,
            mean=self._parts.mean,
            std=self._parts.std,
            precision=decision.precision,
            channels_last=decision.channels_last,
            model=without_initial_weights(self._assembly.model.describe()),
            distributions=versions,
            postprocess=self._assembly.postprocess.describe() if self._assembly.postprocess else None,
        )
        write_card(folder, card)

    def _announce(self, plan: Plan, decision: Decision, fabric: Fabric) -> None:
        count, images = len(self._frames["train"]), plan.images_per_step
        _log.info("%d training images, %d a step, %s", count, images, decision.precision)
        if decision.precision == "fp16" and fabric.device.type == "cpu":
            _log.warning("fp16 works on a CPU, but is slow there: train.precision=auto takes what is fastest")

    def _test(self, trainer: Trainer, folder: Path) -> Result:
        split = "test" if "test" in self._frames else "val"
        if (folder / WEIGHTS).is_file():
            load_weights(trainer.module, folder / WEIGHTS)
        else:  # no validation gave a finite monitor
            save_weights(trainer.module, folder / WEIGHTS)
        trainer.model.eval()
        metrics = self._evaluator(trainer.fabric, split, trainer.intake, None)(trainer.model)
        result = Result(folder, split, len(self._frames[split]), metrics, trainer.stopped)
        numbers = {name: value if math.isfinite(value) else None for name, value in metrics.items()}
        write_json(folder / "metrics.json", {"split": split, "images": result.images, "metrics": numbers})
        return result

"""``segkit evaluate``: a run's best weights, measured on a split of its own data or on another folder."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import torch

from segkit.assemble import Binder
from segkit.assembly import Assembly
from segkit.catalog import Catalog
from segkit.engine.build import frame_format
from segkit.engine.cache import open_frames
from segkit.engine.evaluate import Evaluator
from segkit.engine.folder import recorded_distributions, tell_other_versions
from segkit.engine.intake import Intake
from segkit.engine.model_file import load_model
from segkit.engine.precision import make_fabric
from segkit.errors import RecipeError, UserError
from segkit.kinds import Dataset, Metric
from segkit.recipe import Layer, Node


def measure(
    assembly: Assembly, folder: Path, catalog: Catalog, data: Path | None = None, split: str = "test"
) -> dict[str, Any]:
    """Measure a run.

    Args:
        assembly: The run's recipe.
        folder: The run's folder.
        catalog: Where its components are found.
        data: Another folder: all pairs of its images/ when it has one, never a ratio split; else its <split>/.
        split: "train", "val" or "test".

    Returns:
        ``{"split", "images", "metrics": {name: number}}``.

    Raises:
        UserError: When the folder holds no model, or the split or the data cannot be had.
    """
    tell_other_versions(recorded_distributions(folder), assembly.distributions())
    model, card = load_model(folder, catalog)
    dataset = measured_split(assembly, catalog, data, split)
    frames = open_frames(dataset, frame_format(assembly), assembly.recipe.data.cache, split)
    fabric = make_fabric(card.precision)
    if card.channels_last:
        model = model.to(memory_format=torch.channels_last)
    forward = fabric.setup_module(model)
    intake = Intake(card.mean, card.std, channels_last=card.channels_last).to(fabric.device)
    metrics = measured_metrics(assembly)
    values = Evaluator(fabric, frames, intake, metrics, batch_size=assembly.recipe.train.batch_size)(forward.eval())
    return {"split": split, "images": len(frames), "metrics": values}


def measured_metrics(assembly: Assembly) -> dict[str, Metric]:
    """Make the recipe's metrics, by name."""
    return {bound.component.name: bound(classes=assembly.recipe.classes) for bound in assembly.metrics}


def measured_split(assembly: Assembly, catalog: Catalog, data: Path | None, split: str) -> Dataset:
    """Give a split of the run's own data, or of another folder as `measure` takes it.

    Raises:
        UserError: When it cannot be had.
    """
    return _own(assembly, split) if data is None else _folder(assembly, catalog, data, split)


def _own(assembly: Assembly, split: str) -> Dataset:
    if split not in assembly.datasets:
        known = ", ".join(assembly.datasets)
        raise UserError(f"the run's recipe has no split {split!r}", f"its splits are {known}")
    recipe = assembly.recipe
    dataset: Dataset = assembly.datasets[split](split=split, classes=recipe.classes, task=recipe.task)
    return dataset


def _folder(assembly: Assembly, catalog: Catalog, data: Path, split: str) -> Dataset:
    root = data.expanduser().absolute()
    options: dict[str, Any] = {"root": str(root)}
    if (root / "images").is_dir():
        options |= {"images": "images", "masks": "masks"}
    layer = Layer()
    bound = Binder(catalog, layer).bind(Node("dataset", "folder", options, ()))
    if bound is None:
        raise RecipeError.of(layer.faults)
    bound = dataclasses.replace(bound, label=f"--data {data}")
    recipe = assembly.recipe
    dataset: Dataset = bound(split=split, classes=recipe.classes, task=recipe.task)
    return dataset

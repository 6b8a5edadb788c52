"""``segkit evaluate`` with other views than the model's own: what ``segkit predict`` would say with them, measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from segkit.assembly import Assembly
from segkit.catalog import Catalog
from segkit.deploy.predictor import Predictor
from segkit.engine.build import frame_format
from segkit.engine.evaluate import flatten
from segkit.engine.measure import measured_metrics, measured_split
from segkit.engine.reading import Reading, tell_skipped
from segkit.engine.scan import scan
from segkit.kinds import Sample


def measure_views(
    assembly: Assembly, folder: Path, catalog: Catalog, data: Path | None, split: str, **views: Any
) -> dict[str, Any]:
    """Measure a run, frame by frame, each at its own size.

    Args:
        assembly: The run's recipe.
        folder: The run's folder.
        catalog: Where its components are found.
        data: Another folder, as `segkit.engine.measure.measure` takes it.
        split: "train", "val" or "test".
        views: ``scales``, ``flip`` and ``tile``, as `Predictor` takes them.

    Returns:
        ``{"split", "images", "metrics": {name: number}}``.

    Raises:
        UserError: When the folder holds no model, or the split, the data or a view cannot be had.
    """
    predictor = Predictor(folder, catalog, **views)
    dataset = measured_split(assembly, catalog, data, split)
    metrics = measured_metrics(assembly)

    def update(sample: Sample, *_: np.ndarray) -> None:
        logits = _logits(predictor.probabilities(sample.image).cpu())
        target = torch.from_numpy(np.array(sample.mask))[None].long()
        for metric in metrics.values():
            metric.update(logits, target, [sample.meta])

    found = scan(dataset, frame_format(assembly), update, Reading(split, len(dataset)))
    tell_skipped(split, found.skipped)
    values: dict[str, float] = {}
    for name, metric in metrics.items():
        values |= flatten(name, metric.compute())
    return {"split": split, "images": len(found.rows), "metrics": values}


def _logits(probabilities: Tensor) -> Tensor:
    """Probabilities (K, H, W), K >= 2 -> logits (1, K, H, W) that give them; of two classes one, (1, 1, H, W)."""
    if len(probabilities) == 2:
        return torch.logit(probabilities[1:], eps=torch.finfo(probabilities.dtype).eps)[None]
    return probabilities.clamp_min(torch.finfo(probabilities.dtype).tiny).log()[None]

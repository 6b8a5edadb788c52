from __future__ import annotations

import csv
import importlib.util
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from segkit_horizon.line import ESTIMATORS, fit_lines

DATA = Path(os.environ.get("SEGKIT_DATA", Path(__file__).parents[4] / "shared" / "data"))
BENCH = Path(__file__).parents[3] / "benches" / "horizon_lines.py"
needs_frames = pytest.mark.skipif(
    not (DATA / "horizon_uav").is_dir() or not (DATA / "camvid_sky").is_dir(),
    reason=f"no real frames in {DATA}: SEGKIT_DATA names their folder",
)


@needs_frames
def test_the_plain_lines_of_real_masks_are_those_of_their_file() -> None:
    with (DATA / "horizon_uav/test/lines.csv").open() as file:
        rows = list(csv.DictReader(file))
    files = [DATA / "horizon_uav/test/masks" / f"{row['stem']}.png" for row in rows]
    masks = torch.from_numpy(np.stack([cv2.imread(str(file), cv2.IMREAD_UNCHANGED) for file in files]))
    lines = fit_lines(masks, "least_squares")
    slope, offset = (np.array([float(row[key]) for row in rows]) for key in ("slope", "offset"))
    turned = np.degrees(np.abs(np.arctan(lines.slope.numpy()) - np.arctan(slope)))
    assert np.median(turned) < 2e-3
    assert turned.max() < 0.03
    # The file reads a step of the boundary at its upper end, on the grid between columns, where ours has the middle of
    # the column: half a column of slope.
    center = slope * 240 + offset * 480
    assert np.abs(lines.center_y.numpy() - np.abs(slope) / 2 - center).max() < 0.1


@needs_frames
@pytest.mark.slow
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_confidence_is_the_share_of_damaged_real_frames_whose_line_is_right(estimator: str) -> None:
    spec = importlib.util.spec_from_file_location("horizon_lines", BENCH)
    assert spec is not None
    assert spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    _, confidence, right = bench.measure(DATA, ("test",), estimator, 4)
    assert len(right) > 200
    confidence, right = confidence.numpy(), right.numpy().astype(float)
    assert abs(confidence.mean() - right.mean()) < 0.08
    edges = np.quantile(confidence, [0, 0.2, 0.4, 0.6, 0.8, 1])
    fifth = np.clip(np.searchsorted(edges, confidence, side="right") - 1, 0, 4)
    gaps = [abs(confidence[fifth == k].mean() - right[fifth == k].mean()) for k in range(5)]
    assert np.mean(gaps) < 0.08
    # A constant would be calibrated too: the confidence must also tell the frames apart.
    assert np.mean((confidence - right) ** 2) < 0.75 * right.mean() * (1 - right.mean())

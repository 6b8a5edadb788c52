"""How fast lines are found, and how right the confidence is on real frames whose masks are damaged.

    python benches/horizon_lines.py --speed
    python benches/horizon_lines.py DATA [--fit] [--write docs/horizon-line.md] [--picture reliability.png]

DATA holds ``horizon_uav`` and ``camvid_sky``, each with train, val and test. A frame's true line is that of the same
estimator on its own mask; right is within 0.5 degrees and, at the frame's middle, 0.5 % of the height. ``--fit`` prints
the logistic's coefficients from the frames of train and val; what is shown is measured on those of test.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from time import process_time

import cv2
import numpy as np
import torch
from torch import Tensor

from segkit_horizon.line import ESTIMATORS, difference
from segkit_horizon.line.fit import fit_lines, fit_with_evidence

SETS = ("horizon_uav", "camvid_sky")
EDGES = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0)


def damage(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give probabilities as a network might for a mask (H, W): coarse, unsure at the boundary, wrong in blobs."""
    height, width = mask.shape
    coarse = int(rng.choice([1, 2, 4, 8, 16]))
    size = (width // coarse, height // coarse)
    logit = (cv2.resize((mask != 0).astype(np.float32), size, interpolation=cv2.INTER_AREA) - 0.5) * 12
    severity = rng.uniform(0, 1) ** 2
    for scale in (60, 20, 6):  # px of the errors' extent
        noise = rng.normal(size=(height // scale + 2, width // scale + 2)).astype(np.float32)
        logit += 5 * severity * rng.uniform() * cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC)
    for _ in range(rng.poisson(3 * severity)):
        center = (int(rng.uniform(0, size[0])), int(rng.uniform(0, size[1])))
        axes = tuple(max(1, int(rng.exponential(0.08) * side)) for side in size)
        blob = cv2.ellipse(np.zeros_like(logit), center, axes, rng.uniform(0, 180), 0, 360, 1.0, -1)
        logit += blob * rng.choice([-1, 1]) * rng.uniform(4, 14)
    logit = cv2.GaussianBlur(logit, (0, 0), rng.uniform(0.3, 2.0)) * rng.uniform(0.5, 2)
    logit = cv2.resize(logit, (width, height), interpolation=cv2.INTER_LINEAR)
    return 1 / (1 + np.exp(-logit))


def masks(data: Path, splits: tuple[str, ...]) -> Iterator[np.ndarray]:
    """Give the masks (H, W) uint8 of both sets, in order."""
    for name in SETS:
        for split in splits:
            for file in sorted((data / name / split / "masks").iterdir()):
                yield cv2.imread(str(file), cv2.IMREAD_UNCHANGED)


def measure(data: Path, splits: tuple[str, ...], estimator: str, copies: int) -> tuple[Tensor, Tensor, Tensor]:
    """Give the features (M, F) of every line found, its confidence (M,) and whether it is right (M,)."""
    rng = np.random.default_rng(0)
    features, confidence, right = [], [], []
    for mask in masks(data, splits):
        truth = fit_lines(torch.from_numpy(mask)[None], estimator)
        damaged = torch.from_numpy(np.stack([damage(mask, rng) for _ in range(copies)])).float()
        if not truth.found:
            continue
        for sea in (damaged, (damaged >= 0.5).to(torch.uint8)):
            lines, evidence = fit_with_evidence(sea, estimator)
            degrees, pixels = difference(lines, truth)
            features.append(evidence.features()[lines.found])
            confidence.append(lines.confidence[lines.found])
            right.append(((degrees <= 0.5) & (pixels <= 0.005 * mask.shape[0]))[lines.found])
    return torch.cat(features), torch.cat(confidence), torch.cat(right)


def logistic(features: Tensor, right: Tensor) -> Tensor:
    """Fit a logistic regression by Newton's method, with a ridge that only keeps it finite."""
    weights, truth = features.new_zeros(features.shape[1]), right.to(features.dtype)
    ridge = 1e-3 * torch.eye(len(weights), dtype=features.dtype)
    for _ in range(30):
        likely = torch.sigmoid(features @ weights)
        hessian = (features.T * (likely * (1 - likely))) @ features + ridge
        weights = weights + torch.linalg.solve(hessian, features.T @ (truth - likely) - ridge @ weights)
    return weights


def reliability(confidence: Tensor, right: Tensor) -> list[tuple[float, float, int, float, float]]:
    """Give each bin's edges, its number of lines, their mean confidence and the share of them that is right."""
    rows = []
    for low, high in pairwise(EDGES):
        inside = (confidence >= low) & ((confidence < high) | (high == 1))
        if inside.any():
            rows.append(
                (low, high, int(inside.sum()), float(confidence[inside].mean()), float(right[inside].float().mean()))
            )
    return rows


def noisy_frames(count: int, height: int, width: int) -> Tensor:
    """Draw level and rolled horizons: sigma 0.5 px, three columns in ten anywhere, a boat that hides a tenth."""
    rng = np.random.default_rng(0)
    x = np.arange(width) + 0.5
    slope, middle = rng.uniform(-0.4, 0.4, (count, 1)), rng.uniform(0.35, 0.65, (count, 1)) * height
    y = middle + slope * (x - width / 2) + rng.normal(0, 0.5, (count, width))
    wrong = rng.random((count, width)) < 0.3
    y[wrong] = rng.uniform(0, height, wrong.sum())
    start = rng.integers(0, width - width // 10, count)
    for row, first in zip(y, start, strict=True):
        row[first : first + width // 10] += rng.uniform(-0.1, 0.1) * height
    rows = np.arange(height)[:, None] + 0.5
    return torch.from_numpy(np.clip(0.5 + rows - y[:, None], 0, 1)).float()


def speed(batch: int = 32) -> None:
    """Print lines per second of processor time on one thread: the fastest and the median batch."""
    torch.set_num_threads(1)
    for height, width in ((128, 256), (480, 640)):
        frames = noisy_frames(batch, height, width)
        for source, sea in (("probabilities", frames), ("mask", (frames >= 0.5).to(torch.uint8))):
            for estimator in ESTIMATORS:
                times = []
                for _ in range(60):
                    begin = process_time()
                    fit_lines(sea, estimator)
                    times.append(process_time() - begin)
                fastest, median = batch / min(times), batch / np.median(times)
                print(f"{height}x{width} {source} {estimator}: {fastest:.0f} lines/s, {median:.0f}")


def picture(tables: dict[str, list[tuple[float, float, int, float, float]]], file: Path) -> None:
    """Draw the share that is right against the confidence."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 5))
    axes = figure.add_subplot(xlabel="confidence", ylabel="share that is right", xlim=(0, 1), ylim=(0, 1))
    axes.plot([0, 1], [0, 1], color="0.7")
    for estimator, rows in tables.items():
        axes.plot([row[3] for row in rows], [row[4] for row in rows], "o-", label=estimator)
    axes.legend()
    figure.savefig(file)


def main() -> None:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument(
        "--copies", type=int, default=8, help="damaged copies of each frame of test, as probabilities and as masks"
    )
    parser.add_argument("--write", type=Path)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    if options.speed:
        speed()
    if options.data is None:
        return
    tables = {}
    for estimator in ESTIMATORS:
        if options.fit:
            features, _, right = measure(options.data, ("train", "val"), estimator, 3)
            weights = ", ".join(f"{weight:.3f}" for weight in logistic(features, right).tolist())
            print(f'"{estimator}": ({weights}),  # {len(right)} lines, {float(right.float().mean()):.3f} right')
        _, confidence, right = measure(options.data, ("test",), estimator, options.copies)
        tables[estimator] = reliability(confidence, right)
    lines = ["| estimator | confidence | lines | mean confidence | right |", "|---|---|---|---|---|"]
    for estimator, rows in tables.items():
        lines += [
            f"| `{estimator}` | {low:.2f}-{high:.2f} | {n} | {mean:.3f} | {share:.3f} |"
            for low, high, n, mean, share in rows
        ]
    print("\n".join(lines))
    if options.write:
        text, table = options.write.read_text(), "\n".join(lines)
        marks = r"(<!-- horizon_lines: begin -->\n).*?(<!-- horizon_lines: end -->)"
        options.write.write_text(re.sub(marks, lambda match: match[1] + table + "\n" + match[2], text, flags=re.DOTALL))
    if options.picture:
        picture(tables, options.picture)


if __name__ == "__main__":
    main()

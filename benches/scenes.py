"""Rendered scenes: how many a second one core makes, what a threshold makes of them, and contact sheets.

    python benches/scenes.py [--count 200] [--size 192 192] [--presets any boat] [--sheets docs/images]
    python benches/scenes.py --presets drone --beside FRAMES --sheets OUT

Speed is per second of one core's own time, median and best of the parts of the frames, for what else the machine does
still slows it; the bank of noises and sprites, made once a process, is told apart. Otsu's threshold is told for each
frame which of its two sides is the sky; its mean IoU is of one confusion matrix a preset. ``--beside`` draws frames of
a folder over scenes, as OUT/beside_<preset>.png: what real frames have and scenes lack is to be looked for whenever the
renderer changes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from time import process_time

import cv2
import numpy as np

from segkit.kinds import IGNORE, Sample
from segkit_horizon.scenes.dataset import SyntheticHorizon
from segkit_horizon.scenes.presets import PRESETS
from segkit_horizon.scenes.props import prop

COLUMNS, ROWS, QUALITY = 8, 4, 80
PART = 20  # frames that are timed together
Guess = Callable[[np.ndarray, np.ndarray], np.ndarray]  # image (H, W, 3) and true mask -> class indices (H, W)


def task_of(preset: str) -> str:
    """Give the task that a preset is made for."""
    return "sea" if preset in ("boat", "infrared") else "ground"


def best_side(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Split a frame by Otsu's threshold, and be told which of the two sides is which.

    Args:
        image: (H, W, 3).
        mask: The truth, (H, W), 255 where there is none.

    Returns:
        Class indices (H, W), 0 and 1.
    """
    _, bright = cv2.threshold(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), 0, 1, cv2.THRESH_OTSU)
    valid = mask != IGNORE
    return bright if (bright[valid] == mask[valid]).mean() >= 0.5 else 1 - bright


def mean_iou(samples: Iterable[Sample], guess: Guess) -> float:
    """Measure a function on frames of two classes: one confusion matrix over all pixels that are not ignored."""
    confusion = np.zeros((2, 2))
    for sample in samples:
        valid = sample.mask != IGNORE
        codes = 2 * sample.mask[valid] + guess(sample.image, sample.mask)[valid]
        confusion += np.bincount(codes, minlength=4).reshape(2, 2)
    hits = confusion.diagonal()
    return float((hits / (confusion.sum(0) + confusion.sum(1) - hits)).mean())


def sheet(samples: list[Sample]) -> np.ndarray:
    """Lay frames out in rows, each over itself with the mask in green and what is ignored in red; blue, green, red."""
    rows = []
    for start in range(0, COLUMNS * ROWS, COLUMNS):
        row = samples[start : start + COLUMNS]
        marked = [0.6 * sample.image.astype(np.float32) for sample in row]
        for picture, sample in zip(marked, row, strict=True):
            picture[sample.mask == 1, 1] += 90
            picture[sample.mask == IGNORE, 0] += 100
        rows += [np.hstack([sample.image for sample in row]), np.hstack(marked).clip(0, 255).astype(np.uint8)]
    return np.vstack(rows)[..., ::-1]


def beside(folder: Path, samples: list[Sample]) -> np.ndarray:
    """Lay frames of a folder, evenly spread and squashed to the scenes' size, over as many scenes; blue, green, red."""
    files, (height, width) = sorted(folder.iterdir()), samples[0].mask.shape
    chosen = files[:: max(1, len(files) // (2 * COLUMNS))][: 2 * COLUMNS]
    real = [cv2.resize(cv2.imread(str(file)), (width, height), interpolation=cv2.INTER_AREA) for file in chosen]
    drawn = [sample.image[..., ::-1] for sample in samples[: 2 * COLUMNS]]
    rows = [np.hstack(frames[start:][:COLUMNS]) for frames in (real, drawn) for start in (0, COLUMNS)]
    return np.vstack(rows)


def main() -> None:
    """Measure, and draw if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--size", type=int, nargs=2, default=(192, 192), metavar=("HEIGHT", "WIDTH"))
    parser.add_argument("--presets", nargs="+", default=list(PRESETS), choices=list(PRESETS))
    parser.add_argument("--sheets", type=Path, help="a folder for scenes_<preset>.jpg")
    parser.add_argument("--beside", type=Path, help="a folder of real frames; needs --sheets")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    begun = process_time()
    prop("facade", np.random.default_rng(0))
    print(f"bank of noises and sprites: {process_time() - begun:.2f} s")
    print(f"{'preset':<10} {'scenes/s':>9} {'best':>9} {'Otsu IoU':>9}")
    for preset in arguments.presets:
        height, width = arguments.size
        count = max(arguments.count, COLUMNS * ROWS)
        data = SyntheticHorizon(
            preset=preset, task=task_of(preset), frame_size=(height, width), counts=(count, 1, 1), seed=0
        )
        samples, speeds = list[Sample](), list[float]()
        for start in range(0, count, PART):
            begun, part = process_time(), range(start, min(start + PART, count))
            samples += [data[index] for index in part]
            speeds.append(len(part) / (process_time() - begun))
        print(
            f"{preset:<10} {median(speeds):>9.1f} {max(speeds):>9.1f} {mean_iou(samples, best_side):>9.3f}", flush=True
        )
        if arguments.sheets:
            path = str(arguments.sheets / f"scenes_{preset}.jpg")
            picture = cv2.resize(sheet(samples), None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
            cv2.imwrite(path, picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        if arguments.sheets and arguments.beside:
            cv2.imwrite(str(arguments.sheets / f"beside_{preset}.png"), beside(arguments.beside, samples))


if __name__ == "__main__":
    main()

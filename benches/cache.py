"""Frames a second through the cache in the first and the second epoch, beside a DataLoader of torch with two workers.

Writes synthetic pairs (JPEG images, PNG masks) into a temporary folder and reads them in random order, in batches of 8,
to 128x256. Both sides decode and resize in the same way, so what differs is who does it how often. The first epoch
through the cache contains its building.

    python benches/cache.py --count 10000
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

import segkit
from segkit.engine.cache import Frames, open_frames
from segkit.engine.order import epoch_order
from segkit.engine.scan import FrameFormat, network_view

BATCH, WORKERS = 8, 2
FORM = FrameFormat(size=(128, 256), channels=3, classes=2, on_error="fail")


class Pairs(Dataset[tuple[np.ndarray, np.ndarray]]):
    """The same frames as a map-style data set of torch."""

    def __init__(self, frames: segkit.kinds.Dataset) -> None:
        self.frames = frames

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        return network_view(self.frames[index], FORM)


def write_pairs(root: Path, count: int, width: int, height: int, quality: int) -> None:
    """Write sky over sea, with the texture of waves, so that files have the size of photographs."""
    rng = np.random.default_rng(0)
    waves = rng.normal(0, 12, (height * 2, width, 3))
    for part in ("images", "masks"):
        (root / part).mkdir()
    for number in range(count):
        line = int(height * rng.uniform(0.3, 0.7))
        shift = int(rng.integers(height))
        frame = np.linspace((90, 130, 180), (200, 210, 220), height)[:, None] + waves[shift : shift + height] / 3
        frame[line:] = np.array((40, 70, 90)) + waves[shift + line : shift + height]
        image = Image.fromarray(frame.clip(0, 255).astype(np.uint8))
        image.save(root / "images" / f"{number:05}.jpg", quality=quality)
        mask = np.zeros((height, width), np.uint8)
        mask[line:] = 1
        Image.fromarray(mask).save(root / "masks" / f"{number:05}.png")


def batches(frames: Frames, epoch: int) -> Iterator[object]:
    """Give the batches of an epoch in its order."""
    order = epoch_order(0, epoch, len(frames))
    for start in range(0, len(order), BATCH):
        yield frames.batch(order[start : start + BATCH])


def tell(what: str, count: int, read: Callable[[], Iterable[object]]) -> None:
    """Print how fast all batches are read."""
    begun = time.perf_counter()
    for _ in read():
        pass
    took = time.perf_counter() - begun
    print(f"{what:<34} {count / took:>9.1f} images/s {took:>8.1f} s", flush=True)


def main() -> None:
    """Write the pairs and read them in each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--size", type=int, nargs=2, default=(640, 480), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--quality", type=int, default=90)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_pairs(root, given.count, *given.size, given.quality)
        os.environ["SEGKIT_CACHE"] = str(root / "cache")
        options = {"root": str(root), "images": "images", "masks": "masks", "mask_values": "index"}
        dataset = segkit.build("dataset", "folder", options, split="train", classes=("sky", "sea"), task="sea")
        bytes_each = sum(file.stat().st_size for file in (root / "images").iterdir()) / given.count
        print(f"{given.count} pairs of {given.size[0]}x{given.size[1]}, {bytes_each / 1e3:.0f} kB a JPEG file")
        print(f"{torch.get_num_threads()} threads of torch, {len(os.sched_getaffinity(0))} processors")
        for epoch in (1, 2):
            loader = DataLoader(Pairs(dataset), BATCH, shuffle=True, num_workers=WORKERS)
            tell(f"DataLoader, {WORKERS} workers, epoch {epoch}", given.count, lambda loader=loader: loader)
        for epoch in (1, 2):
            read = lambda epoch=epoch: batches(open_frames(dataset, FORM, "auto", "train"), epoch)  # noqa: E731
            tell(f"cache, epoch {epoch}", given.count, read)


if __name__ == "__main__":
    main()

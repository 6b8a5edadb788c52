"""What rendered scenes teach about real frames, beside Otsu's threshold and a peer that was trained on real ones.

    python benches/zero_shot.py DATA OUT [--minutes 10] [--seeds 3] [--split test]

DATA holds horizon_uav/, camvid_sky/ (each with train/, val/ and test/) and sea_video/. Every run goes into a folder of
OUT; one that is there already is not trained again, so an interrupted comparison goes on where it stopped. The figure
is the mean IoU of sky and ground over all frames of a set, each at its own size; of several seeds, which change the
scenes too, their mean and the least. The peer is segmentation-models-pytorch's U-Net with a ResNet-18 from scratch, for
no weights are downloaded here; it sees the UAV frames, mirrored half of the time, at 192x192.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np
import segmentation_models_pytorch as smp
import torch
import torch.nn.functional as F
from scenes import best_side, mean_iou
from torch import Tensor

import segkit
from segkit.api import evaluate
from segkit.kinds import IGNORE, Sample

SIZE, BATCH = (192, 192), 8
SETS = ("horizon_uav", "camvid_sky", "sea_video")
Row = Mapping[str, list[float]]  # by set, the figure of each seed


def frames(data: Path, name: str, split: str) -> list[Sample]:
    """Read the frames of a set."""
    root = data / name
    options = {"root": root, "images": "images", "masks": "masks"} if (root / "images").is_dir() else {"root": root}
    folder = segkit.build("dataset", "folder", options, split=split, classes=("sky", "ground"), task="ground")
    return [folder[index] for index in range(len(folder))]


class Peer:
    """segmentation-models-pytorch's U-Net, trained in a plain loop: Adam, bf16, the best epoch kept."""

    def __init__(self, seed: int) -> None:
        torch.manual_seed(seed)
        self.net = smp.Unet("resnet18", encoder_weights=None, classes=1).to(memory_format=torch.channels_last)

    def train(self, data: Path, minutes: float) -> None:
        """Train on the UAV frames for some minutes, validation included."""
        images, masks = (torch.from_numpy(np.stack(part)) for part in zip(*self._resized(data), strict=True))
        optimizer = torch.optim.Adam(self.net.parameters(), lr=1e-3)
        validation = frames(data, "horizon_uav", "val")
        deadline, best, kept = time.monotonic() + 60 * minutes, 0.0, self.net.state_dict()
        while time.monotonic() < deadline:
            self.net.train()
            for rows in torch.randperm(len(images)).split(BATCH):
                if len(rows) == BATCH and time.monotonic() < deadline:
                    loss = self._loss(images[rows], masks[rows])
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
            if (value := mean_iou(validation, self)) > best:
                best, kept = value, {name: tensor.clone() for name, tensor in self.net.state_dict().items()}
        self.net.load_state_dict(kept)

    @staticmethod
    def _resized(data: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for sample in frames(data, "horizon_uav", "train"):
            small = cv2.resize(sample.image, SIZE[::-1], interpolation=cv2.INTER_AREA)
            yield small, cv2.resize(sample.mask, SIZE[::-1], interpolation=cv2.INTER_NEAREST)

    def _loss(self, images: Tensor, masks: Tensor) -> Tensor:
        if torch.rand(()) < 0.5:
            images, masks = images.flip(2), masks.flip(2)
        valid = masks != IGNORE
        return F.binary_cross_entropy_with_logits(self._logits(images)[valid], masks[valid].float())

    def _logits(self, images: Tensor) -> Tensor:
        """(N, H, W, 3) uint8 -> (N, H, W)."""
        pixels = images.permute(0, 3, 1, 2).float() / 255 * 2 - 1
        with torch.autocast("cpu", torch.bfloat16):
            logits: Tensor = self.net(pixels.contiguous(memory_format=torch.channels_last))
        return logits[:, 0].float()

    def __call__(self, image: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Find the ground in one frame, at its own size."""
        self.net.eval()
        small = torch.from_numpy(cv2.resize(image, SIZE[::-1], interpolation=cv2.INTER_AREA))
        with torch.inference_mode():
            logits = self._logits(small[None])[None]
            own = F.interpolate(logits, image.shape[:2], mode="bilinear", align_corners=False)[0, 0]
        return (own > 0).numpy().astype(np.uint8)


def peer(data: Path, out: Path, minutes: float, split: str) -> Row:
    """Train the peer, unless it is there, and measure it."""
    file, trained = out / "smp_unet_resnet18.pt", Peer(seed=0)
    if file.exists():
        trained.net.load_state_dict(torch.load(file, weights_only=True))
    else:
        trained.train(data, minutes)
        torch.save(trained.net.state_dict(), file)
    return {name: [mean_iou(frames(data, name, split), trained)] for name in SETS}


def ours(data: Path, out: Path, split: str, recipe: str, seeds: int, overrides: list[str]) -> Row:
    """Train a recipe with each seed, unless it is there, and measure it; SEED stands for the seed in overrides."""
    row: dict[str, list[float]] = {name: [] for name in SETS}
    for seed in range(seeds):
        run = out / f"{recipe}-{seed}"
        if not (run / "metrics.json").exists():
            seeded = [override.replace("SEED", str(seed)) for override in overrides]
            segkit.run(recipe, [f"run.dir={run}", f"seed={seed}", *seeded])
        for name in SETS:
            row[name].append(evaluate(run, data=data / name, split=split)["metrics"]["iou_mean"])
    return row


def told(values: list[float]) -> str:
    """Write the mean of some seeds, and the least."""
    return f"{np.mean(values):.4f}" + (f" (least {min(values):.4f})" if len(values) > 1 else "")


def main() -> None:
    """Train what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--own-seeds", type=int, default=1, help="of the last row")
    parser.add_argument("--split", default="test")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    time_limit = f"train.max_time={round(60 * given.minutes)}s"
    rows = {
        "Otsu, told which side is sky": {n: [mean_iou(frames(given.data, n, given.split), best_side)] for n in SETS},
        "smp U-Net/ResNet-18, real UAV frames": peer(given.data, given.out, given.minutes, given.split),
    }
    scenes = [time_limit, "data.seed=SEED"]
    both = [time_limit, "data.sources.0.seed=SEED", f"data.root={given.data / 'horizon_uav'}"]
    for recipe, seeds, overrides in (
        ("zero_shot", given.seeds, scenes),
        ("zero_shot_scratch", given.seeds, scenes),
        ("scenes_and_own", given.own_seeds, both),
    ):
        rows[f"segkit {recipe}"] = ours(given.data, given.out, given.split, recipe, seeds, overrides)
    print(f"| trained as | {' | '.join(SETS)} |\n|---|{'---|' * len(SETS)}")
    for title, row in rows.items():
        print(f"| {title} | {' | '.join(told(row[name]) for name in SETS)} |")


if __name__ == "__main__":
    main()

"""``segkit predict``: images to masks and overlays."""

from __future__ import annotations

import colorsys
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from segkit.catalog import Catalog
from segkit.engine.folder import check_installed, tell_other_versions
from segkit.engine.frames import at_size, labels, resize_image, to_uint8
from segkit.engine.intake import Intake
from segkit.engine.model_file import distributions_of, load_model, read_card
from segkit.engine.precision import HALF
from segkit.errors import DataError, UserError
from segkit.images import SUFFIXES, read_image

_BATCH = 8
_log = logging.getLogger("segkit")


class Predictor:
    """A trained model as a function of frames.

    Args:
        folder: The run's folder.
        catalog: Where its components are found.

    Raises:
        UserError: When the folder holds no model, or one of a distribution that is not installed.
    """

    def __init__(self, folder: Path, catalog: Catalog) -> None:
        recorded = distributions_of(read_card(folder))
        check_installed(folder, recorded, catalog)
        tell_other_versions(recorded, {plugin.distribution: plugin.version for plugin in catalog.plugins})
        model, self.card = load_model(folder, catalog)
        self._device = torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")
        layout = torch.channels_last if self.card.channels_last else torch.contiguous_format
        self._model = model.to(self._device, memory_format=layout)  # type: ignore[call-overload]
        self._intake = Intake(self.card.mean, self.card.std, channels_last=self.card.channels_last).to(self._device)

    def __call__(self, images: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Frames (H, W, C) uint8 or uint16, any sizes -> class indices (H, W) uint8, each at its own size."""
        views = [resize_image(to_uint8(image, self.card.channels), self.card.size) for image in images]
        logits = self._logits(torch.from_numpy(np.stack(views)).permute(0, 3, 1, 2))
        sizes = [(image.shape[0], image.shape[1]) for image in images]
        return [labels(at_size(logits[n : n + 1], size))[0].cpu().numpy() for n, size in enumerate(sizes)]

    def _logits(self, batch: Tensor) -> Tensor:
        half = HALF.get(self.card.precision)
        with torch.inference_mode(), torch.autocast(self._device.type, half, enabled=half is not None):
            pixels, _ = self._intake(batch, torch.zeros(0, dtype=torch.uint8))
            logits: Tensor = self._model(pixels)
        return logits.float()


def predict(folder: Path, inputs: Sequence[Path], out: Path, catalog: Catalog) -> int:
    """Write ``out/masks/<stem>.png`` (class index, own size) and ``out/overlays/<stem>.jpg`` of every image.

    Args:
        folder: The run's folder.
        inputs: Image files, or folders of them.
        out: Made when it is not there.
        catalog: Where the model's components are found.

    Returns:
        How many images could not be read; each is reported and skipped.

    Raises:
        UserError: When there is no image, two of them would write one mask, or the folder holds no model.
    """
    paths = find_images(inputs)
    predictor = Predictor(folder, catalog)
    for part in ("masks", "overlays"):
        (out / part).mkdir(parents=True, exist_ok=True)
    colors = palette(len(predictor.card.classes))
    failed = 0
    for start in range(0, len(paths), _BATCH):
        images = dict(_readable(paths[start : start + _BATCH]))
        failed += len(paths[start : start + _BATCH]) - len(images)
        masks = predictor(list(images.values())) if images else []
        for (path, image), mask in zip(images.items(), masks, strict=True):
            Image.fromarray(mask).save(out / "masks" / f"{path.stem}.png")
            overlay(image, mask, colors).save(out / "overlays" / f"{path.stem}.jpg", quality=90)
    _log.info("%d masks in %s", len(paths) - failed, out / "masks")
    return failed


def find_images(inputs: Sequence[Path]) -> list[Path]:
    """Give the image files named, and those of the folders named, in order.

    Raises:
        UserError: When there is none, one is absent, or two have one stem.
    """
    paths: list[Path] = []
    for path in inputs:
        if path.is_dir():
            paths += sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith("."))
        elif path.is_file():
            paths.append(path)
        else:
            raise UserError(f"no image or folder {str(path)!r}", "name image files, or folders of them")
    if not paths:
        raise UserError(f"no image in {', '.join(map(str, inputs))}", f"images end in {', '.join(sorted(SUFFIXES))}")
    paths = list(dict.fromkeys(paths))
    stems: dict[str, Path] = {}
    for path in paths:
        if stems.setdefault(path.stem, path) != path:
            raise UserError(f"{stems[path.stem]} and {path} would write one mask", "predict them into two folders")
    return paths


def _readable(paths: Sequence[Path]) -> Iterator[tuple[Path, np.ndarray]]:
    for path in paths:
        try:
            yield path, read_image(path)
        except DataError as error:
            _log.error("%s", error)


def palette(classes: int) -> np.ndarray:
    """Give a color a class, (classes, 3) uint8, evenly spread over the hues."""
    hues = [(0.58 + number / classes) % 1 for number in range(classes)]
    return np.array([[round(255 * part) for part in colorsys.hsv_to_rgb(hue, 0.75, 1)] for hue in hues], dtype=np.uint8)


def overlay(image: np.ndarray, mask: np.ndarray, colors: np.ndarray) -> Image.Image:
    """Tint a frame (H, W, C) by the classes of its mask (H, W)."""
    base = to_uint8(image, 3).astype(np.float32)
    return Image.fromarray((0.65 * base + 0.35 * colors[mask]).round().astype(np.uint8))

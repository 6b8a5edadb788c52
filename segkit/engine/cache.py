"""Frames at network size: decoded and resized once into a memory-mapped cache, or decoded every time."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from torch import Tensor

from segkit.engine.scan import FrameFormat, Scan, network_view, scan
from segkit.kinds import Dataset, Sample

_VERSION = 2  # of what a cache folder holds and of how frames are resized
_log = logging.getLogger("segkit")


class Frames(ABC):
    """The frames of one split at network size, in a fixed order.

    Attributes:
        ids: Of every frame.
        metas: Of every frame.
        counts: Pixels of each class at network size.
        skipped: What is wrong with the frames that were left out.
    """

    def __init__(self, found: Scan) -> None:
        self.ids: Sequence[str] = found.ids
        self.metas: Sequence[Mapping[str, Any]] = found.metas
        self.counts: Sequence[int] = found.counts
        self.skipped: Sequence[str] = found.skipped

    def __len__(self) -> int:
        return len(self.ids)

    @abstractmethod
    def batch(self, rows: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Give images (n, C, h, w) uint8, channels last in memory, and masks (n, h, w) uint8."""

    @abstractmethod
    def own_mask(self, row: int) -> Tensor:
        """Give the mask (H, W) uint8 at the frame's own size."""


class CachedFrames(Frames):
    """Frames in a folder of the cache, memory-mapped."""

    def __init__(self, folder: Path, form: FrameFormat) -> None:
        found = Scan(**json.loads((folder / "index.json").read_text()))
        super().__init__(found)
        self._sizes = [tuple(size) for size in found.sizes]
        self._starts = np.cumsum([0, *(height * width for height, width in self._sizes)]).tolist()
        shape = (len(found.rows), *form.size)
        self._images = np.memmap(folder / "images.bin", np.uint8, "r", shape=(*shape, form.channels))
        self._masks = np.memmap(folder / "masks.bin", np.uint8, "r", shape=shape)
        self._own = np.memmap(folder / "own_masks.bin", np.uint8, "r")

    def batch(self, rows: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Give images (n, C, h, w) uint8, channels last in memory, and masks (n, h, w) uint8."""
        images, masks = np.asarray(self._images[list(rows)]), np.asarray(self._masks[list(rows)])
        return torch.from_numpy(images).permute(0, 3, 1, 2), torch.from_numpy(masks)

    def own_mask(self, row: int) -> Tensor:
        """Give the mask (H, W) uint8 at the frame's own size."""
        flat = self._own[self._starts[row] : self._starts[row + 1]]
        return torch.from_numpy(np.array(flat).reshape(self._sizes[row]))


class LiveFrames(Frames):
    """Frames decoded each time they are asked for, for data sets larger than the disk."""

    def __init__(self, dataset: Dataset, form: FrameFormat, found: Scan) -> None:
        super().__init__(found)
        self._dataset, self._form, self._rows = dataset, form, found.rows

    def batch(self, rows: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Give images (n, C, h, w) uint8, channels last in memory, and masks (n, h, w) uint8."""
        pairs = [network_view(self._dataset[self._rows[row]], self._form) for row in rows]
        images = torch.from_numpy(np.stack([image for image, _ in pairs])).permute(0, 3, 1, 2)
        return images, torch.from_numpy(np.stack([mask for _, mask in pairs]))

    def own_mask(self, row: int) -> Tensor:
        """Give the mask (H, W) uint8 at the frame's own size."""
        return torch.from_numpy(np.array(self._dataset[self._rows[row]].mask))


def open_frames(dataset: Dataset, form: FrameFormat, cache: str, split: str) -> Frames:
    """Give the frames of a split, reading all of them now unless an earlier run has cached them.

    Args:
        dataset: Where they come from.
        form: What the network sees of them.
        cache: "auto" or "off".
        split: Its name, for what is said.

    Raises:
        DataError: With every frame that cannot be read, unless those are to be skipped.
    """
    begun = time.monotonic()
    if cache == "off":
        frames: Frames = LiveFrames(dataset, form, scan(dataset, form))
    else:
        frames = _open_cached(dataset, form, split)
    took = time.monotonic() - begun
    _log.info("%s: %d frames, ready in %.1f s", split, len(frames), took)
    if frames.skipped:
        _log.warning("%s: %d frames skipped:\n%s", split, len(frames.skipped), "\n".join(frames.skipped))
    return frames


def cache_folder() -> Path:
    """Give the folder of all caches: $SEGKIT_CACHE, else $XDG_CACHE_HOME/segkit, else ~/.cache/segkit."""
    if "SEGKIT_CACHE" in os.environ:
        return Path(os.environ["SEGKIT_CACHE"])
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "segkit"


def _open_cached(dataset: Dataset, form: FrameFormat, split: str) -> CachedFrames:
    key = json.dumps([_VERSION, type(dataset).__module__, split, dataset.fingerprint, asdict(form)])
    folder = cache_folder() / "frames" / hashlib.blake2b(key.encode(), digest_size=16).hexdigest()
    if not (folder / "index.json").is_file():
        folder.parent.mkdir(parents=True, exist_ok=True)
        _build(dataset, form, folder)
    return CachedFrames(folder, form)


def _build(dataset: Dataset, form: FrameFormat, folder: Path) -> None:
    """Write a cache beside its place and rename it, so that a cache that exists is whole, whoever builds it."""
    work = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        with (
            (work / "images.bin").open("wb") as images,
            (work / "masks.bin").open("wb") as masks,
            (work / "own_masks.bin").open("wb") as own,
        ):
            found = scan(dataset, form, lambda *frame: _write(images, masks, own, *frame))
        (work / "index.json").write_text(json.dumps(vars(found), default=_number))
        try:
            work.rename(folder)
        except OSError:  # another run was faster
            if not (folder / "index.json").is_file():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _write(
    images: BinaryIO, masks: BinaryIO, own: BinaryIO, sample: Sample, image: np.ndarray, mask: np.ndarray
) -> None:
    images.write(np.ascontiguousarray(image).data)
    masks.write(np.ascontiguousarray(mask).data)
    own.write(np.ascontiguousarray(sample.mask).data)


def _number(value: Any) -> Any:
    """Write numpy's numbers in a meta as Python's."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    raise TypeError(f"Sample.meta holds numbers, text, lists and dicts, not {type(value).__name__}")

"""Frames at network size: decoded and resized once into a memory-mapped cache, or decoded every time."""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import shutil
import time
import weakref
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from segkit.engine import cache_room
from segkit.engine.cache_room import INDEX, LIMIT, Room
from segkit.engine.in_order import in_order
from segkit.engine.reading import Reading, tell_skipped
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
    """Frames in a folder of the cache, memory-mapped; as long as this object lives, the folder is not removed.

    Raises:
        FileNotFoundError: When there is no such cache.
    """

    def __init__(self, folder: Path, form: FrameFormat) -> None:
        index = (folder / INDEX).open()
        weakref.finalize(self, index.close)
        cache_room.lock(index)
        with suppress(PermissionError):  # of a cache that is somebody else's
            os.utime(folder / INDEX)
        found = Scan(**json.load(index))
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
        pairs = list(in_order(lambda row: network_view(self._dataset[self._rows[row]], self._form), rows))
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
        frames: Frames = LiveFrames(dataset, form, scan(dataset, form, tell=Reading(split, len(dataset))))
    else:
        frames = _open_cached(dataset, form, split)
    took = time.monotonic() - begun
    _log.info("%s: %d frames, ready in %.1f s", split, len(frames), took)
    tell_skipped(split, frames.skipped)
    return frames


def cache_folder() -> Path:
    """Give the folder of all caches: $SEGKIT_CACHE, else $XDG_CACHE_HOME/segkit, else ~/.cache/segkit."""
    if "SEGKIT_CACHE" in os.environ:
        return Path(os.environ["SEGKIT_CACHE"])
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "segkit"


def _open_cached(dataset: Dataset, form: FrameFormat, split: str) -> Frames:
    key = json.dumps([_VERSION, type(dataset).__module__, split, dataset.fingerprint, asdict(form)])
    folder = cache_folder() / "frames" / hashlib.blake2b(key.encode(), digest_size=16).hexdigest()
    while True:
        with suppress(FileNotFoundError):  # not built yet, or removed at this moment to make room
            return CachedFrames(folder, form)
        left_out = _build(dataset, form, folder, split)
        if left_out is not None:
            return LiveFrames(dataset, form, left_out)


def _build(dataset: Dataset, form: FrameFormat, folder: Path, split: str) -> Scan | None:
    """Write a cache beside its place and rename it, so that a cache that exists is whole, whoever builds it.

    Returns:
        What was found, when the frames do not fit into the cache.
    """
    work, index = cache_room.begin(folder)
    try:
        with index, _Writer(work, Room(folder.parent, _least(dataset, form))) as writer:
            found = scan(dataset, form, writer.write, Reading(split, len(dataset)))
            if not writer.fits:
                _log.warning(
                    "%s: its frames do not fit into the cache of %.1f GB in %s, and are read anew in each epoch: "
                    "%s=40GB allows more, a smaller data.size needs less",
                    *(split, writer.room.limit / 1e9, folder.parent, LIMIT),
                )
                return found
            json.dump(vars(found), index, default=_number)
            writer.close()
            cache_room.finish(work, index, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return None


def _least(dataset: Dataset, form: FrameFormat) -> int:
    """Give the bytes of all images and masks at network size."""
    return len(dataset) * form.size[0] * form.size[1] * (form.channels + 1)


class _Writer(ExitStack):
    """Writes frames as long as there is room for all of them, and keeps none once there is not."""

    def __init__(self, work: Path, room: Room) -> None:
        super().__init__()
        self.room, self.fits = room, room.enough
        names = ("images.bin", "masks.bin", "own_masks.bin")
        self._files = [self.enter_context((work / name).open("wb", buffering=0)) for name in names]

    def write(self, sample: Sample, image: np.ndarray, mask: np.ndarray) -> None:
        """Write a frame as the network sees it, and its mask at its own size."""
        if self.fits and not self._written((image, mask, sample.mask)):
            self.fits = False
            for file in self._files:
                with suppress(OSError):  # the folder is removed in any case; this gives the disk back sooner
                    file.truncate(0)

    def _written(self, arrays: Sequence[np.ndarray]) -> bool:
        if not self.room.take(sum(array.nbytes for array in arrays)):
            return False
        try:
            sizes = [file.write(np.ascontiguousarray(a).data) for file, a in zip(self._files, arrays, strict=True)]
        except OSError as error:
            if error.errno == errno.ENOSPC:
                return False
            raise
        return sizes == [array.nbytes for array in arrays]  # a disk that is nearly full takes a part


def _number(value: Any) -> Any:
    """Write numpy's numbers in a meta as Python's."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    raise TypeError(f"Sample.meta holds numbers, text, lists and dicts, not {type(value).__name__}")

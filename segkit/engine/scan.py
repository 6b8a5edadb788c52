"""Reads every frame of a data set once, checks it, and collects what is wrong with all of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from segkit.engine.frames import resize_image, resize_mask, to_uint8
from segkit.engine.in_order import in_order
from segkit.errors import DataError, Fault
from segkit.kinds import IGNORE, Dataset, Sample

Keep = Callable[[Sample, np.ndarray, np.ndarray], None]


@dataclass(frozen=True)
class FrameFormat:
    """What the network sees of a frame, and what is done about one that cannot be read ("fail" or "skip")."""

    size: tuple[int, int]
    channels: int
    classes: int
    on_error: str


@dataclass
class Scan:
    """What is known of the frames that can be read.

    Attributes:
        rows: Their indices in the data set.
        sizes: Their own (height, width).
        counts: Pixels of each class at network size.
        skipped: What is wrong with the others.
    """

    rows: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    metas: list[dict[str, Any]] = field(default_factory=list)
    sizes: list[tuple[int, int]] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def network_view(sample: Sample, form: FrameFormat) -> tuple[np.ndarray, np.ndarray]:
    """Give the image (h, w, C) and the mask (h, w), both uint8, as the network sees them."""
    image = resize_image(to_uint8(sample.image, form.channels), form.size)
    return image, resize_mask(sample.mask, form.size)


class _Read(NamedTuple):
    """A frame, its network view, and the pixels of each mask value there."""

    sample: Sample
    image: np.ndarray
    mask: np.ndarray
    pixels: np.ndarray


def scan(
    dataset: Dataset, form: FrameFormat, keep: Keep | None = None, tell: Callable[[int], None] | None = None
) -> Scan:
    """Read all frames, several at once, and hand each good one with its network view to ``keep``, in their order.

    Args:
        dataset: Its frames are asked for by several threads.
        form: What the network sees of them.
        keep: Called in this thread.
        tell: Called with the number of frames read so far, behind each.

    Raises:
        DataError: With every fault found, unless they are to be skipped; or when no frame is left.
    """
    found = Scan(counts=[0] * form.classes)
    faults: list[Fault] = []
    with closing(in_order(partial(_read, dataset, form), range(len(dataset)))) as frames:
        for row, read in enumerate(frames):
            if isinstance(read, DataError):
                faults += read.faults
            else:
                _note(found, row, read)
                if keep is not None:
                    keep(read.sample, read.image, read.mask)
            if tell is not None:
                tell(row + 1)
    if faults and form.on_error == "fail":
        count = f"{len(dataset) - len(found.rows)} of {len(dataset)} frames cannot be used"
        raise DataError.of([Fault(count, "mend them, or leave them out with data.on_error=skip"), *faults])
    if not found.rows:
        raise DataError.of([Fault("no frame can be used", "give frames with masks"), *faults])
    found.skipped = [str(fault) for fault in faults]
    return found


def _read(dataset: Dataset, form: FrameFormat, row: int) -> _Read | DataError:
    try:
        sample = dataset[row]
        _check(sample, form.classes)
    except DataError as error:
        return error
    image, mask = network_view(sample, form)
    return _Read(sample, image, mask, np.bincount(mask.ravel(), minlength=256))


def _note(found: Scan, row: int, read: _Read) -> None:
    sample = read.sample
    found.rows.append(row)
    found.ids.append(sample.id)
    found.groups.append(sample.group)
    found.metas.append(dict(sample.meta))
    found.sizes.append((sample.mask.shape[0], sample.mask.shape[1]))
    found.counts = [count + int(more) for count, more in zip(found.counts, read.pixels, strict=False)]


def _check(sample: Sample, classes: int) -> None:
    image, mask = sample.image, sample.mask
    if image.ndim != 3 or image.shape[2] not in (1, 3) or image.dtype not in (np.uint8, np.uint16):
        cause = f"{sample.id}: an image is (H, W, 1 or 3) of uint8 or uint16, not {image.shape} of {image.dtype}"
        raise DataError(cause, "tell the data set's author")
    if mask.shape != image.shape[:2] or mask.dtype != np.uint8:
        cause = f"{sample.id}: the mask is {mask.shape} of {mask.dtype}, the image {image.shape[:2]}; a mask is uint8"
        raise DataError(cause, "give a mask of the image's size")
    present = np.flatnonzero(np.bincount(mask.ravel(), minlength=256))
    strange = [int(value) for value in present if value >= classes and value != IGNORE]
    if strange:
        cause = f"{sample.id}: mask values {strange} stand for no class (0 to {classes - 1}, {IGNORE} = ignore)"
        raise DataError(cause, "name more classes, or say how masks are read")

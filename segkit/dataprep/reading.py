"""The frames of a split, read as a run reads them: what cannot be used, and what is known of the rest."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from hashlib import blake2b

import numpy as np
import torch

from segkit.dataprep.findings import Finding, Level, SplitFacts, of_fault, printable
from segkit.engine.duplicates import Looks, look_at
from segkit.engine.scan import FrameFormat, scan
from segkit.errors import DataError
from segkit.kinds import IGNORE, Dataset, Sample

RARE = 0.005  # share of pixels below which a class is told of


@dataclasses.dataclass
class SplitReading:
    """What reading a split gave.

    Attributes:
        total: Frames, with those that cannot be used.
        ids: Of the frames that can be used; what follows is in their order.
        groups: Their groups, empty where none is known.
        contents: A hash of the pixels of each.
        looks: Of each at network size, what it is compared with others by.
        lone: The class that is alone in the mask; IGNORE when all is ignored, -1 when there are several classes.
        pixels: How many there are of each mask value at network size.
        faults: What is wrong with the frames that cannot be used.
    """

    total: int
    ids: list[str] = dataclasses.field(default_factory=list)
    groups: list[str] = dataclasses.field(default_factory=list)
    contents: list[bytes] = dataclasses.field(default_factory=list)
    looks: list[Looks] = dataclasses.field(default_factory=list)
    lone: list[int] = dataclasses.field(default_factory=list)
    pixels: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(256, np.int64))
    faults: list[Finding] = dataclasses.field(default_factory=list)

    def keep(self, sample: Sample, image: np.ndarray, mask: np.ndarray) -> None:
        """Note a frame that can be used, with its image and mask at network size."""
        self.ids.append(sample.id)
        self.groups.append(sample.group)
        head = f"{sample.image.shape} {sample.image.dtype}"
        pixels = np.ascontiguousarray(sample.image)
        self.contents.append(blake2b(pixels.data, digest_size=16, key=head.encode()).digest())
        self.looks.append(look_at(torch.from_numpy(image).permute(2, 0, 1)[None]))
        present = np.flatnonzero(np.bincount(sample.mask.ravel(), minlength=256))
        classes = present[present != IGNORE]
        self.lone.append(IGNORE if not len(classes) else int(classes[0]) if len(classes) == 1 else -1)
        self.pixels += np.bincount(mask.ravel(), minlength=256)

    def facts(self, classes: Sequence[str]) -> SplitFacts:
        """Sum up."""
        counted = self.pixels[: len(classes)]
        shares = counted / max(int(counted.sum()), 1)
        return SplitFacts(
            frames=len(self.ids),
            unusable=self.total - len(self.ids),
            groups=len(set(filter(None, self.groups))),
            shares=dict(zip(classes, shares.tolist(), strict=True)),
            ignored=float(self.pixels[IGNORE] / max(int(self.pixels.sum()), 1)),
        )


def read_split(dataset: Dataset, form: FrameFormat) -> SplitReading:
    """Read every frame of a split, as the engine does before training."""
    reading = SplitReading(len(dataset))
    try:
        scan(dataset, dataclasses.replace(form, on_error="fail"), reading.keep)
    except DataError as error:  # its first fault only counts the others
        reading.faults = [of_fault(fault, "unusable") for fault in error.faults[1:]]
    return reading


def balance(split: str, reading: SplitReading, classes: Sequence[str]) -> Iterator[Finding]:
    """Give what is remarkable about a split's classes."""
    if not reading.ids:
        yield Finding("error", "no_frames", "", f"{split}: no frame can be used", "give frames with masks")
        return
    for name, share in reading.facts(classes).shares.items():
        if share == 0:
            level: Level = "error" if split == "train" else "warning"
            yield Finding(
                level,
                "absent_class",
                "",
                f"{split}: class {printable(name)} never occurs at network size",
                "add frames that show it, mend mask_values, or leave the class out",
            )
        elif share < RARE:
            cause = f"{split}: class {printable(name)} has {share:.2%} of the pixels"
            yield Finding("warning", "rare_class", "", cause, "weigh it in the loss, or add frames that show it")


def one_sided(files: Sequence[str], reading: SplitReading, classes: Sequence[str]) -> Iterator[Finding]:
    """Give the frames whose masks show one class or none.

    Args:
        files: What each frame of the reading is called.
        reading: The split's frames.
        classes: Names in index order.
    """
    for file, lone in zip(files, reading.lone, strict=True):
        if lone == IGNORE:
            cause, remedy = "all of the mask is ignored: nothing is learned from it", "label it, or take the pair out"
            yield Finding("warning", "all_ignored", file, cause, remedy)
        elif lone >= 0:
            cause = f"the mask shows {printable(classes[lone])} alone"
            yield Finding("warning", "one_class", file, cause, "see that it is so, and not a mask that was never drawn")

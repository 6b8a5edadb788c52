"""A data set that keeps its contract, and others that break it in one way each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from segkit.kinds import Sample

SPLITS = ("train", "val", "test")


class Healthy:
    """Noise above, other noise below.

    Args:
        count: Frames a split.
    """

    def __init__(self, split: str, classes: Sequence[str], count: int = 4) -> None:
        self.split, self.count = split, count
        self.fingerprint = f"noise of {count} in {split}"

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Sample:
        pixels = np.random.default_rng((SPLITS.index(self.split), index))
        mask = np.zeros((20, 30), np.uint8)
        mask[8 + index % 8 :] = 1
        image = pixels.integers(0, 100, (20, 30, 1)) + 100 * mask[..., None]
        return Sample(image.astype(np.uint8), mask, f"{self.split}-{index}")


class Grey(Healthy):
    """Leaves the axis of the channels out."""

    def __getitem__(self, index: int) -> Sample:
        sample = super().__getitem__(index)
        return replace(sample, image=sample.image[..., 0])


class BinaryMask(Healthy):
    """Gives 128 for class 1."""

    def __getitem__(self, index: int) -> Sample:
        sample = super().__getitem__(index)
        return replace(sample, mask=sample.mask * 128)


class Leaks(Healthy):
    """Has the same frames in all splits."""

    def __getitem__(self, index: int) -> Sample:
        return replace(Healthy("train", (), self.count)[index], id=f"{self.split}-{index}")


class Restless(Healthy):
    """Draws each frame anew."""

    def __getitem__(self, index: int) -> Sample:
        sample = super().__getitem__(index)
        return replace(sample, image=np.random.default_rng().integers(0, 9, sample.image.shape).astype(np.uint8))


class Global(Healthy):
    """Draws from the global generator of numpy."""

    def __getitem__(self, index: int) -> Sample:
        sample = super().__getitem__(index)
        return replace(sample, image=sample.image + np.random.randint(0, 9))  # noqa: NPY002 - that is the fault


class OneFingerprint(Healthy):
    """Has one fingerprint for all splits."""

    def __init__(self, split: str, classes: Sequence[str]) -> None:
        super().__init__(split, classes)
        self.fingerprint = "noise"


class NewFingerprint(Healthy):
    """Has another fingerprint each time."""

    def __init__(self, split: str, classes: Sequence[str]) -> None:
        super().__init__(split, classes)
        self.fingerprint = f"{split}-{id(self)}-{np.random.default_rng().integers(1 << 60)}"


class Kept(Healthy):
    """Keeps its frames in memory and gives these away."""

    def __init__(self, split: str, classes: Sequence[str]) -> None:
        super().__init__(split, classes)
        self.frames = [super(Kept, self).__getitem__(index) for index in range(self.count)]

    def __getitem__(self, index: int) -> Sample:
        return self.frames[index]


class NoTestSet(Healthy):
    """Has no frames to test with."""

    def __len__(self) -> int:
        return 0 if self.split == "test" else self.count


class Nameless(Healthy):
    """Does not say what a frame is called."""

    def __getitem__(self, index: int) -> Sample:
        return replace(super().__getitem__(index), id="")


class OneTooMany(Healthy):
    """Counts a frame that is not there."""

    def __init__(self, split: str, classes: Sequence[str], count: int = 40) -> None:
        super().__init__(split, classes, count)

    def __getitem__(self, index: int) -> Sample:
        if index == self.count - 1:
            raise IndexError(index)
        return super().__getitem__(index)

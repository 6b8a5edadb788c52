"""What the readers of public data sets share: frames and masks in a published layout."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import ClassVar

from segkit.errors import DataError, Fault
from segkit.images import named, read_image
from segkit.kinds import Sample
from segkit.sources import Source
from segkit_std.datasets.frame_files import Frame, fingerprint
from segkit_std.datasets.frame_table import Row
from segkit_std.datasets.mask_reading import Reading
from segkit_std.datasets.pairs import Pair, list_files
from segkit_std.datasets.splitting import SPLITS


class Published(ABC):
    """Frames of one split of a public data set; each reader finds them in its own layout."""

    source: ClassVar[Source]

    @abstractmethod
    def __init__(self, split: str, classes: Sequence[str], task: str = "", *, root: Path) -> None:
        """Find the frames, and hand them to `_hold`."""

    def _hold(self, root: Path, frames: Sequence[Frame], reading: Reading) -> None:
        self._frames = list(frames)
        self._reading = reading
        self.fingerprint = fingerprint(root, self._frames, root / "lines.csv", repr(reading))

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> Sample:
        """Read one frame and its mask from their files.

        Raises:
            DataError: When a file cannot be decoded, the two differ in size, or a mask holds what is no label.
        """
        frame = self._frames[index]
        assert frame.pair.mask is not None  # noqa: S101 - every reader pairs images with masks
        image, mask = read_image(frame.pair.image), self._reading.read(frame.pair.mask)
        if mask.shape != image.shape[:2]:
            (h, w), (mask_h, mask_w) = image.shape[:2], mask.shape
            cause = f"{named(frame.pair.mask)}: the mask is {mask_w}x{mask_h} pixels, its image {w}x{h}"
            raise DataError(cause, "take both from the same edition of the data set")
        return Sample(image, mask, id=named(Path(frame.pair.stem)), group=frame.row.group)


def check_split(split: str) -> None:
    """Raise ValueError unless this is a split."""
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, not {split!r}: give one of them")


def check_share(val_share: float, *, least: float = 0.0) -> None:
    """Raise ValueError unless this is a share of the training frames."""
    if not least <= val_share <= 0.5:
        raise ValueError(f"val_share must be a share from {least} to 0.5, not {val_share}: give such as 0.1")


def need_folders(root: Path, folders: Sequence[Path], source: Source) -> None:
    """Raise DataError, which says how to obtain the data set, unless these folders are there."""
    lost = [folder for folder in folders if not folder.is_dir()]
    if lost:
        cause = f"{named(root)}: holds no {lost[0].relative_to(root)}, as {source.title} does"
        raise DataError(cause, f"{source.steps} ({source.page}; licence: {source.licence})")


def pair_files(
    images: Path, masks: Path, *, image_ending: str = "", mask_ending: str = ""
) -> tuple[list[Pair], list[Fault]]:
    """Pair the images and masks of two folders, by their stems without what these end with.

    Args:
        images: Folder of images; a stem without the ending is passed over.
        masks: Folder of masks; likewise.
        image_ending: What the stem of every image ends with.
        mask_ending: What the stem of every mask ends with.

    Returns:
        The pairs in the order of their stems, and a fault for every file without a partner.
    """
    image_of, mask_of = _by_stem(images, image_ending), _by_stem(masks, mask_ending)
    faults = [
        Fault(f"{named(image_of[stem])}: image without a mask", f"add {named(masks / stem)}{mask_ending}.png")
        for stem in sorted(image_of.keys() - mask_of.keys())
    ]
    faults += [
        Fault(f"{named(mask_of[stem])}: mask without an image", f"add {named(images / stem)}{image_ending}")
        for stem in sorted(mask_of.keys() - image_of.keys())
    ]
    if not image_of:
        faults.append(Fault(f"{named(images)}: holds no image", "put the frames there"))
    return [Pair(stem, image_of[stem], mask_of[stem]) for stem in sorted(image_of.keys() & mask_of.keys())], faults


def framed(pairs: Sequence[Pair], groups: Mapping[str, str] | None = None) -> list[Frame]:
    """Give frames of pairs, with the group of each stem where it is known."""
    return [Frame(pair, Row((groups or {}).get(pair.stem, ""))) for pair in pairs]


def hold_out(sizes: Mapping[str, int], share: float, seed: int) -> set[str]:
    """Choose whole units (groups, or frames) that hold about a share of all frames: one or more, and never all.

    Args:
        sizes: Frames of each unit; at least two units.
        share: Of the frames, above 0.
        seed: Chooses the units; the same on every machine.
    """
    order = sorted(sizes, key=lambda unit: blake2b(f"{seed}/{unit}".encode(errors="surrogateescape")).digest())
    wanted, chosen, held = share * sum(sizes.values()), set[str](), 0
    for unit in order[:-1]:
        # A unit that overshoots by more than is missing is left to training.
        if not chosen or abs(held + sizes[unit] - wanted) < abs(held - wanted):
            chosen.add(unit)
            held += sizes[unit]
    return chosen


def _by_stem(folder: Path, ending: str) -> dict[str, Path]:
    return {file.stem.removesuffix(ending): file for file in list_files(folder) if file.stem.endswith(ending)}

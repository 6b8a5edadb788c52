"""Find the image and mask files of a split, and everything that is wrong with them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from segkit.errors import DataError, Fault
from segkit.images import SUFFIXES
from segkit_std.datasets.splitting import SPLITS


@dataclass(frozen=True)
class Pair:
    """An image file and its mask file, which share their stem."""

    stem: str
    image: Path
    mask: Path


@dataclass(frozen=True)
class Place:
    """Where a split's files lie.

    Attributes:
        images: The folder of images.
        masks: The folder of masks.
        shared: All three splits lie here and are told apart by ratio.
        all_masks: The mask folders of the whole data set.
    """

    images: Path
    masks: Path
    shared: bool
    all_masks: tuple[Path, ...]

    @property
    def table(self) -> Path:
        """The optional table of the frames, beside their folder."""
        return self.images.parent / "lines.csv"


def find_place(root: Path, split: str, images: str | None, masks: str | None) -> Place:
    """Tell how a data set is laid out.

    Args:
        root: The data set's folder.
        split: One of SPLITS.
        images: The split's folder of images, relative to root, if it is given.
        masks: That of masks; given with ``images``.

    Raises:
        DataError: When root holds none of the layouts, or two.
    """
    if not root.is_dir():
        what = "is not a folder" if root.exists() else "no such folder"
        raise DataError(f"{root}: {what}", "give root: the folder that holds the frames")
    if images is not None and masks is not None:
        return Place(root / images, root / masks, shared=False, all_masks=(root / masks,))
    flat = [name for name in ("images", "masks") if (root / name).is_dir()]
    by_split = [name for name in SPLITS if any((root / name / part).is_dir() for part in ("images", "masks"))]
    if flat and by_split:
        raise DataError(
            f"{root}: holds both {flat[0]} and {by_split[0]}/images, so the split can be read in two ways",
            "give images: and masks: of the split, or move one of the two away",
        )
    if flat:
        return Place(root / "images", root / "masks", shared=True, all_masks=(root / "masks",))
    if not by_split:
        found = ", ".join(sorted(entry.name for entry in root.iterdir() if entry.is_dir())[:8]) or "none"
        raise DataError(
            f"{root}: holds neither images and masks nor {split}/images and {split}/masks; its folders: {found}",
            "lay the files out in one of these ways, or give images: and masks: of the split",
        )
    all_masks = tuple(root / name / "masks" for name in by_split)
    return Place(root / split / "images", root / split / "masks", shared=False, all_masks=all_masks)


def find_pairs(place: Place) -> tuple[list[Pair], list[Fault]]:
    """Pair the images and masks of a place by stem, in the order of their stems.

    Returns:
        The pairs, and all that is wrong: folders that are missing or empty, files without a partner, stems that occur
        twice.
    """
    images, faults = _by_stem(place.images, "image")
    masks, mask_faults = _by_stem(place.masks, "mask")
    faults += mask_faults
    if images and masks:
        for stem in sorted(images.keys() - masks.keys()):
            wanted = place.masks / f"{stem}.png"
            faults.append(
                Fault(f"{images[stem]}: image without a mask", f"add such as {wanted}, or take the image out")
            )
        for stem in sorted(masks.keys() - images.keys()):
            remedy = f"add such as {place.images / stem}.jpg, or take the mask out"
            faults.append(Fault(f"{masks[stem]}: mask without an image", remedy))
    return [Pair(stem, images[stem], masks[stem]) for stem in sorted(images.keys() & masks.keys())], faults


def list_files(folder: Path) -> list[Path]:
    """Give the image files of a folder by name; hidden ones, other kinds and what lies deeper are passed over."""
    entries = (entry for entry in folder.iterdir() if entry.suffix.lower() in SUFFIXES)
    return sorted(entry for entry in entries if not entry.name.startswith(".") and entry.is_file())


def _by_stem(folder: Path, what: str) -> tuple[dict[str, Path], list[Fault]]:
    if not folder.is_dir():
        problem = "is not a folder" if folder.exists() else "no such folder"
        return {}, [Fault(f"{folder}: {problem}", f"it must hold the {what}s of this split")]
    stems = defaultdict[str, list[Path]](list)
    for file in list_files(folder):
        stems[file.stem].append(file)
    faults = [
        Fault(f"{folder}: {' and '.join(file.name for file in files)} share the stem {stem}", f"keep one {what} a stem")
        for stem, files in sorted(stems.items())
        if len(files) > 1
    ]
    if not stems:
        endings = ", ".join(sorted(SUFFIXES))
        faults.append(Fault(f"{folder}: holds no {what} file ({endings})", f"put the {what}s of this split there"))
    return {stem: files[0] for stem, files in stems.items()}, faults

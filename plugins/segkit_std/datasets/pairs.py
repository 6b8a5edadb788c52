"""Find the image and mask files of a split, and everything that is wrong with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from segkit.errors import Fault
from segkit.images import SUFFIXES, named
from segkit_std.datasets.place import Place

_SHOWN = 3


@dataclass(frozen=True)
class Pair:
    """An image file and its mask file, which share their stem; None where a line stands for the mask."""

    stem: str
    image: Path
    mask: Path | None


def find_pairs(place: Place, lines: Collection[str]) -> tuple[list[Pair], list[Fault]]:
    """Pair the images and masks of a place by stem, in the order of their stems.

    Args:
        place: Where they lie.
        lines: Stems of which a line is known; where there is no folder of masks, the lines of all images stand in.

    Returns:
        The pairs, and all that is wrong: folders that are missing or empty, files without a partner, stems that occur
        twice.
    """
    images, faults = _by_stem(place.images, "image")
    if images and lines and (place.masks is None or not (place.chosen or place.masks.exists())):
        return _with_lines(place, images, lines, faults)
    if place.masks is None:
        remedy = f"give masks: too, or lines: {named(place.table)} with stem,slope,offset of every image"
        return [], [*faults, Fault(f"{named(place.images)}: images without masks", remedy)]
    masks, mask_faults = _by_stem(place.masks, "mask")
    faults += mask_faults
    if images and masks:
        for stem in sorted(images.keys() - masks.keys()):
            remedy = f"add such as {named(place.masks / stem)}.png, or take the image out"
            faults.append(Fault(f"{named(images[stem])}: image without a mask", remedy))
        for stem in sorted(masks.keys() - images.keys()):
            remedy = f"add such as {named(place.images / stem)}.jpg, or take the mask out"
            faults.append(Fault(f"{named(masks[stem])}: mask without an image", remedy))
    return [Pair(stem, images[stem], masks[stem]) for stem in sorted(images.keys() & masks.keys())], faults


def list_files(folder: Path) -> list[Path]:
    """Give the image files of a folder by name; hidden ones, other kinds and what lies deeper are passed over."""
    entries = (entry for entry in folder.iterdir() if entry.suffix.lower() in SUFFIXES)
    return sorted(entry for entry in entries if not entry.name.startswith(".") and not entry.is_dir())


def _with_lines(
    place: Place, images: dict[str, Path], lines: Collection[str], faults: list[Fault]
) -> tuple[list[Pair], list[Fault]]:
    lost = [stem for stem in sorted(images) if stem not in lines]
    if lost:
        names = ", ".join(map(repr, lost[:_SHOWN])) + (", ..." if len(lost) > _SHOWN else "")
        cause = f"{named(place.images)}: no folder of masks, and no slope and offset for {len(lost)} images: {names}"
        faults.append(Fault(cause, f"add {place.images.parent.name}/masks, or complete {named(place.table)}"))
    return [Pair(stem, images[stem], None) for stem in sorted(images)], faults


def _by_stem(folder: Path, what: str) -> tuple[dict[str, Path], list[Fault]]:
    if not folder.is_dir():
        problem = "is not a folder" if folder.exists() else "no such folder"
        return {}, [Fault(f"{named(folder)}: {problem}", f"it must hold the {what}s of this split")]
    stems, faults = defaultdict[str, list[Path]](list), list[Fault]()
    for file in list_files(folder):
        if file.is_file():
            stems[file.stem].append(file)
        else:
            faults.append(Fault(f"{named(file)}: no file, or a link that leads to none", "mend it, or take it out"))
    for stem, files in sorted(stems.items()):
        if len(files) > 1:
            names = " and ".join(named(Path(file.name)) for file in files)
            cause = f"{named(folder)}: {names} share the stem {named(Path(stem))}"
            faults.append(Fault(cause, f"keep one {what} a stem"))
    if not stems:
        endings = ", ".join(sorted(SUFFIXES))
        faults.append(
            Fault(f"{named(folder)}: holds no {what} file ({endings})", f"put the {what}s of this split there")
        )
    return {stem: files[0] for stem, files in stems.items()}, faults

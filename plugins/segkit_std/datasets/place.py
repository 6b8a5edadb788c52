"""Where the files of a split lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from segkit.errors import DataError
from segkit.images import named
from segkit_std.datasets.splitting import SPLITS


@dataclass(frozen=True)
class Place:
    """Where a split's files lie.

    Attributes:
        images: The folder of images.
        masks: The folder of masks; None when images alone are named.
        shared: All three splits lie here and are told apart by lists or ratio.
        chosen: The folders were named by the user, so one that is missing is a slip.
        all_masks: The mask folders of the whole data set.
    """

    images: Path
    masks: Path | None
    shared: bool
    all_masks: tuple[Path, ...]
    chosen: bool = False

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
        masks: That of masks; given with ``images`` only.

    Raises:
        DataError: When root holds none of the layouts, or two.
    """
    if not root.is_dir():
        what = "is not a folder" if root.exists() else "no such folder"
        raise DataError(f"{named(root)}: {what}", "give root: the folder that holds the frames")
    if images is not None:
        folders = () if masks is None else (root / masks,)
        return Place(root / images, folders[0] if folders else None, shared=False, all_masks=folders, chosen=True)
    flat = [name for name in ("images", "masks") if (root / name).is_dir()]
    by_split = [name for name in SPLITS if any((root / name / part).is_dir() for part in ("images", "masks"))]
    if flat and by_split:
        raise DataError(
            f"{named(root)}: holds both {flat[0]} and {by_split[0]}/images, so the split can be read in two ways",
            "give images: and masks: of the split, or move one of the two away",
        )
    if flat:
        return Place(root / "images", root / "masks", shared=True, all_masks=(root / "masks",))
    if not by_split:
        found = ", ".join(sorted(entry.name for entry in root.iterdir() if entry.is_dir())[:8]) or "none"
        raise DataError(
            f"{named(root)}: holds neither images and masks nor {split}/images and {split}/masks; its folders: {found}",
            "lay the files out in one of these ways, or give images: and masks: of the split",
        )
    all_masks = tuple(root / name / "masks" for name in by_split)
    return Place(root / split / "images", root / split / "masks", shared=False, all_masks=all_masks)

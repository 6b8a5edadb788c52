"""How a folder of frames is laid out: which folders hold images, which hold masks, and of which split."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from segkit.errors import DataError
from segkit.images import SUFFIXES

IMAGES = ("images", "image", "frames", "frame", "imgs", "img", "photos")
MASKS = ("masks", "mask", "labels", "label", "annotations", "annot", "gt")
SPLITS: Mapping[str, tuple[str, ...]] = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation"),
    "test": ("test", "testing"),
}
TABLE = "table"
PATTERN = r"(.+)[_-]\d+"  # what a film's frames are mostly called
_FEWEST_GROUPS = 10  # with fewer, a split by group can be far from its ratios
_REMEDY = "lay the files out as images and masks, or as train, val and test with these two in each"


@dataclass(frozen=True)
class Layout:
    """Where the frames of a folder lie.

    Attributes:
        root: The folder.
        splits: Of each split that has folders of its own, those of its images and masks; empty when all frames lie in
            root/images and root/masks.
        groups: Told by lines.csv ("table"), by a ``group_pattern`` that splits the stems, or not at all (empty).
        lists: Of each split that is listed in a text file, that file's name; only where the frames lie together.
    """

    root: Path
    splits: Mapping[str, tuple[Path, Path]]
    lists: Mapping[str, str] = field(default_factory=dict)
    groups: str = ""

    @property
    def regular(self) -> bool:
        """Whether one entry serves all three splits of the data set ``folder``."""
        usual = {name: (self.root / name / "images", self.root / name / "masks") for name in SPLITS}
        return dict(self.splits) == usual or (not self.splits and len(self.lists) in (0, len(SPLITS)))

    @property
    def names(self) -> list[str]:
        """The splits that there are frames for."""
        return list(self.splits or self.lists or SPLITS)

    @property
    def folders(self) -> Mapping[str, tuple[Path, Path]]:
        """The folders of images and masks by split, or of ``all`` frames."""
        return self.splits or {"all": (self.root / "images", self.root / "masks")}


def find_layout(root: Path) -> Layout:
    """Look for images and masks.

    Args:
        root: The folder.

    Raises:
        DataError: When it holds none that can be told apart, or no frames for validation.
    """
    root = root.expanduser().absolute()
    if not root.is_dir():
        raise DataError(f"{root}: no such folder", "give the folder that holds the frames")
    found = {split: _first_pair(root, names) for split, names in SPLITS.items()}
    splits = {split: pair for split, pair in found.items() if pair is not None}
    if "train" in splits and "val" in splits:
        return Layout(root, splits)
    if (root / "images").is_dir() and ((root / "masks").is_dir() or (root / "lines.csv").is_file()):
        lists = {split: f"{split}.txt" for split in SPLITS if (root / f"{split}.txt").is_file()}
        if {"train", "val"} <= lists.keys():
            return Layout(root, {}, lists)
        return Layout(root, {}, groups=_groups(root))
    folders = ", ".join(sorted(entry.name for entry in root.iterdir() if entry.is_dir())[:12]) or "none"
    if splits:
        missing = "val" if "train" in splits else "train"
        raise DataError(f"{root}: holds {', '.join(splits)} but no images and masks for {missing}", _REMEDY)
    raise DataError(f"{root}: holds no images and masks that can be told apart; its folders: {folders}", _REMEDY)


def _groups(root: Path) -> str:
    """Tell what frames that lie together can be grouped by, so that a film is not cut by a split by ratio."""
    table = root / "lines.csv"
    if table.is_file():
        with table.open(encoding="utf-8-sig", errors="replace") as file:
            if "group" in file.readline().strip().split(","):
                return TABLE
    found = [re.fullmatch(PATTERN, file.stem) for file in image_files(root / "images")]
    groups = {match.group(1) for match in found if match}
    return PATTERN if all(found) and _FEWEST_GROUPS <= len(groups) <= len(found) // 2 else ""


def image_files(folder: Path) -> list[Path]:
    """Give the image files of a folder by name; none where there is no folder."""
    if not folder.is_dir():
        return []
    entries = (entry for entry in folder.iterdir() if entry.suffix.lower() in SUFFIXES)
    return sorted(entry for entry in entries if not entry.name.startswith(".") and entry.is_file())


def _first_pair(root: Path, names: tuple[str, ...]) -> tuple[Path, Path] | None:
    """Give the folders of one split, each called by its split and its content in one of the usual ways."""
    for name in names:
        images, masks = (
            next((root / place for place in _places(name, words) if (root / place).is_dir()), None)
            for words in (IMAGES, MASKS)
        )
        if images and masks:
            return images, masks
    return None


def _places(name: str, words: tuple[str, ...]) -> Iterator[str]:
    for word in words:
        yield from (f"{name}/{word}", f"{word}/{name}", f"{name}_{word}", f"{name}-{word}", f"{word}_{name}")

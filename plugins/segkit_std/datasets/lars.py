"""LaRS: lakes, rivers and seas."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Final, Literal, final

import numpy as np

from segkit.errors import DataError
from segkit.images import named, read_mask_colors
from segkit.kinds import DEFAULT_CLASSES
from segkit.sources import Source
from segkit_std.datasets.label_map import Labels, class_of_each, reading_of_labels
from segkit_std.datasets.mask_reading import Reading
from segkit_std.datasets.mask_values import MaskReading, shown
from segkit_std.datasets.pairs import Pair
from segkit_std.datasets.published import (
    Published,
    check_share,
    check_split,
    framed,
    hold_out,
    need_folders,
    pair_files,
)

_SEMANTIC = Labels({"obstacle": 0, "water": 1, "sky": 2}, void=(255,))
_DYNAMIC: Final = {
    "boat": 11,
    "row boat": 12,
    "paddle board": 13,
    "buoy": 14,
    "swimmer": 15,
    "animal": 16,
    "float": 17,
    "other": 19,
}
_PANOPTIC = Labels(
    {"static obstacle": 1, "water": 3, "sky": 5, **_DYNAMIC},
    void=(0,),
    names={
        "land": ("static obstacle",),
        "dynamic obstacle": tuple(_DYNAMIC),
        "obstacle": ("static obstacle", *_DYNAMIC),
    },
)


@final
class LaRS(Published):
    """The key frames of LaRS, seen from boats, with semantic or panoptic masks.

    Layout, as unpacked from the archives of images and annotations: ``root/lars_v1.0.0_images/<split>/images/*.jpg``
    and ``root/lars_v1.0.0_annotations/<split>/semantic_masks/*.png`` (0 obstacle, 1 water, 2 sky, 255 ignored) and
    ``panoptic_masks/*.png`` (red is the category, green and blue count its instances; 0 is ignored); or both merged as
    ``root/<split>/images`` and so on.

    The annotations of the published test split are withheld. So ``test`` is the published val split, and ``val`` is
    whole scenes of the published train split; with ``val_share: 0`` train and val are as published, and there is no
    test. A frame's group is its scene: its name without the five-digit number behind it.

    Source: Žust, Perš and Kristan, "LaRS: A Diverse Panoptic Maritime Obstacle Detection Dataset and Benchmark", ICCV
    2023, arXiv:2308.09618.

    Args:
        split: "train", "val" or "test".
        classes: Names in index order: of obstacle, water and sky; with panoptic masks also of land (static obstacles:
            shores, piers), "dynamic obstacle", and the categories boat, "row boat", "paddle board", buoy, swimmer,
            animal, float and other. In task sea, of two classes, the first is sky (and land, with panoptic masks) and
            the second water; obstacles are ignored.
        task: "sea", "ground" or none.
        root: The folder of images and annotations.
        masks: Which of the two are read.
        class_map: The labels of each class, such as ``{sky: [sky], rest: [water, obstacle]}``; others are ignored.
        val_share: The share of the train frames that is val, by whole scenes; 0 for the splits as published.
        seed: Chooses the scenes.

    Raises:
        ValueError: When an option is wrong, or the set cannot give a class.
        DataError: When files are missing, with every fault found.
    """

    source: ClassVar[Source] = Source(
        title="LaRS",
        licence="as stated on its page",
        page="https://lojzezust.github.io/lars-dataset",
        paper="Žust, Perš, Kristan, ICCV 2023, arXiv:2308.09618",
        steps="download the archives of images and annotations, and unpack them in ROOT as lars_v1.0.0_images and "
        "lars_v1.0.0_annotations",
    )

    def __init__(
        self,
        split: str,
        classes: Sequence[str] = DEFAULT_CLASSES,
        task: str = "",
        *,
        root: Path,
        masks: Literal["semantic", "panoptic"] = "semantic",
        class_map: Mapping[str, Sequence[str]] | None = None,
        val_share: float = 0.1,
        seed: int = 0,
    ) -> None:
        check_split(split)
        check_share(val_share)
        if masks not in ("semantic", "panoptic"):
            raise ValueError(f"masks must be semantic or panoptic, not {masks!r}: give one of them")
        labels = _SEMANTIC if masks == "semantic" else _PANOPTIC
        taken = class_of_each(labels, classes, task, class_map)
        root = Path(root)
        pairs = _pairs(root, split if not val_share else "val" if split == "test" else "train", masks, self.source)
        groups = {pair.stem: re.sub(r"_\d{5}$", "", pair.stem) for pair in pairs}
        if val_share and split != "test":
            pairs = _by_scene(root, pairs, groups, split, val_share, seed)
        self._hold(root, framed(pairs, groups), _reading(labels, taken))


@dataclass(frozen=True)
class RedReading:
    """How the category in a panoptic mask's red channel becomes a class.

    Attributes:
        meanings: First and last value of each range with its class.
    """

    meanings: tuple[tuple[int, int, int], ...]

    @cached_property
    def _table(self) -> np.ndarray:
        table = np.full(256, -1, np.int16)
        for first, last, index in self.meanings:
            table[first : last + 1] = index
        return table

    def read(self, path: Path) -> np.ndarray:
        """Give the mask of a file, (H, W) uint8: class indices, 255 = ignore.

        Raises:
            DataError: When it cannot be decoded, or a category in it is unknown.
        """
        categories = read_mask_colors(path)[..., 0]
        classes: np.ndarray = self._table[categories]
        if (classes < 0).any():
            strange = np.unique(categories[classes < 0]).tolist()
            cause = f"{named(path)}: holds {shown(strange)} in red, which is no category of a panoptic mask"
            raise DataError(cause, "replace the mask by the published one")
        return classes.astype(np.uint8)


def _reading(labels: Labels, taken: Mapping[str, int]) -> Reading:
    reading = reading_of_labels(labels, taken)
    return RedReading(reading.meanings) if labels is _PANOPTIC and isinstance(reading, MaskReading) else reading


def _pairs(root: Path, folder: str, masks: str, source: Source) -> list[Pair]:
    merged = (root / folder / "images").is_dir()
    images = root / folder / "images" if merged else root / "lars_v1.0.0_images" / folder / "images"
    base = root / folder if merged else root / "lars_v1.0.0_annotations" / folder
    need_folders(root, (images, base / f"{masks}_masks"), source)
    pairs, faults = pair_files(images, base / f"{masks}_masks")
    if faults:
        raise DataError.of(faults)
    return pairs


def _by_scene(
    root: Path, pairs: Sequence[Pair], groups: Mapping[str, str], split: str, val_share: float, seed: int
) -> list[Pair]:
    sizes = Counter(groups.values())
    if len(sizes) < 2:
        cause = f"{named(root)}: one scene ({next(iter(sizes))}) cannot be both train and val"
        raise DataError(cause, "add scenes, or set val_share: 0")
    held = hold_out(sizes, val_share, seed)
    return [pair for pair in pairs if (groups[pair.stem] in held) == (split == "val")]

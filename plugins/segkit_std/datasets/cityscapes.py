"""Cityscapes: streets of fifty cities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final, final

from segkit.errors import DataError, Fault
from segkit.images import named
from segkit.sources import Source
from segkit_std.datasets.frame_files import Frame
from segkit_std.datasets.frame_table import Row
from segkit_std.datasets.label_map import Labels, class_of_each, reading_of_labels
from segkit_std.datasets.published import Published, check_share, check_split, hold_out, need_folders, pair_files

_CATEGORIES: Final = {
    "flat": ("road", "sidewalk", "parking", "rail track"),
    "construction": ("building", "wall", "fence", "guard rail", "bridge", "tunnel"),
    "object": ("pole", "polegroup", "traffic light", "traffic sign"),
    "nature": ("vegetation", "terrain"),
    "human": ("person", "rider"),
    "vehicle": ("car", "truck", "bus", "caravan", "trailer", "train", "motorcycle", "bicycle"),
}
_LABELS = Labels(
    {
        "static": 4,
        "dynamic": 5,
        "ground": 6,
        "road": 7,
        "sidewalk": 8,
        "parking": 9,
        "rail track": 10,
        "building": 11,
        "wall": 12,
        "fence": 13,
        "guard rail": 14,
        "bridge": 15,
        "tunnel": 16,
        "pole": 17,
        "polegroup": 18,
        "traffic light": 19,
        "traffic sign": 20,
        "vegetation": 21,
        "terrain": 22,
        "sky": 23,
        "person": 24,
        "rider": 25,
        "car": 26,
        "truck": 27,
        "bus": 28,
        "caravan": 29,
        "trailer": 30,
        "train": 31,
        "motorcycle": 32,
        "bicycle": 33,
    },
    void=(0, 1, 2, 3),
    names={
        **_CATEGORIES,
        "land": [label for name in ("flat", "construction", "object", "nature") for label in _CATEGORIES[name]],
        "obstacle": [*_CATEGORIES["human"], *_CATEGORIES["vehicle"]],
    },
)


@final
class Cityscapes(Published):
    """The finely labeled frames of Cityscapes, 2048x1024.

    Layout, as unpacked from ``leftImg8bit_trainvaltest.zip`` and ``gtFine_trainvaltest.zip``:
    ``root/leftImg8bit/<split>/<city>/*_leftImg8bit.png`` and ``root/gtFine/<split>/<city>/*_gtFine_labelIds.png``. A
    class may be one of the labels with ids 4 to 33 by its published name, such as "traffic light", one of the
    categories flat, construction, object, nature, human and vehicle, or land or obstacle. Ids 0 to 3 (unlabeled, the
    own car, borders) are always ignored.

    The labels of the published test split are withheld: its masks hold nothing but ignored pixels. So ``test`` is the
    published val split, and ``val`` is whole cities of the published train split; with ``val_share: 0`` all three are
    as published. A frame's group is its city.

    Source: Cordts et al., "The Cityscapes Dataset for Semantic Urban Scene Understanding", CVPR 2016, arXiv:1604.01685.

    Args:
        split: "train", "val" or "test".
        classes: Names in index order. In task ground, of two classes, the first is sky and the second all else.
        task: "ground" or none; there is no water here.
        root: The folder of leftImg8bit and gtFine.
        class_map: The labels of each class, such as ``{drivable: [road], rest: [nature, car]}``; others are ignored.
        val_share: The share of the train frames that is val, by whole cities; 0 for the splits as published.
        seed: Chooses the cities.

    Raises:
        ValueError: When an option is wrong, or the set cannot give a class.
        DataError: When files are missing, with every fault found.
    """

    source: ClassVar[Source] = Source(
        title="Cityscapes",
        licence="its own, for non-commercial purposes such as research; registration is needed",
        page="https://www.cityscapes-dataset.com/",
        paper="Cordts et al., CVPR 2016, arXiv:1604.01685",
        steps="register, download leftImg8bit_trainvaltest.zip and gtFine_trainvaltest.zip, and unpack both in ROOT",
    )

    def __init__(
        self,
        split: str,
        classes: Sequence[str],
        task: str = "",
        *,
        root: Path,
        class_map: Mapping[str, Sequence[str]] | None = None,
        val_share: float = 0.1,
        seed: int = 0,
    ) -> None:
        check_split(split)
        check_share(val_share)
        taken = class_of_each(_LABELS, classes, task, class_map)
        root = Path(root)
        frames = _frames(root, split if not val_share else "val" if split == "test" else "train", self.source)
        if val_share and split != "test":
            frames = _by_city(root, frames, split, val_share, seed)
        self._hold(root, frames, reading_of_labels(_LABELS, taken))


def _frames(root: Path, folder: str, source: Source) -> list[Frame]:
    """Find all frames in a folder of the published layout, city by city."""
    images, masks = root / "leftImg8bit" / folder, root / "gtFine" / folder
    need_folders(root, (images, masks), source)
    frames, faults = list[Frame](), list[Fault]()
    for city in sorted(entry.name for entry in images.iterdir() if entry.is_dir()):
        if not (masks / city).is_dir():
            faults.append(Fault(f"{named(masks / city)}: no such folder", source.steps))
            continue
        endings = {"image_ending": "_leftImg8bit", "mask_ending": "_gtFine_labelIds"}
        pairs, more = pair_files(images / city, masks / city, **endings)
        frames += [Frame(pair, Row(city)) for pair in pairs]
        faults += more
    if not frames and not faults:
        faults.append(Fault(f"{named(images)}: holds no folder of a city", source.steps))
    if faults:
        raise DataError.of(faults)
    return frames


def _by_city(root: Path, frames: Sequence[Frame], split: str, val_share: float, seed: int) -> list[Frame]:
    sizes = Counter(frame.row.group for frame in frames)
    if len(sizes) < 2:
        cause = f"{named(root)}: one city ({frames[0].row.group}) cannot be both train and val"
        raise DataError(cause, "add cities, or set val_share: 0")
    held = hold_out(sizes, val_share, seed)
    return [frame for frame in frames if (frame.row.group in held) == (split == "val")]

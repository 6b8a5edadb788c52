"""MassMIND: long-wave infrared frames of Boston harbor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final, final

from segkit.errors import DataError
from segkit.images import named
from segkit.kinds import DEFAULT_CLASSES
from segkit.sources import Source
from segkit_std.datasets.label_map import Labels, class_of_each, reading_of_labels
from segkit_std.datasets.pairs import Pair
from segkit_std.datasets.published import Published, check_split, framed, need_folders, pair_files
from segkit_std.datasets.splitting import SPLITS, check_ratios, split_by_ratio

_FOLDERS: Final = (("Images", "Segmentation_Masks"), ("data", "mask"))
_LABELS = Labels(
    {
        "sky": 0,
        "water": 1,
        "bridge": 2,
        "non-living obstacle": 3,
        "living obstacle": 4,
        "background": 5,
        "self": 6,
    },
    void=(),
    names={"land": ("background",), "obstacle": ("bridge", "non-living obstacle", "living obstacle")},
)


@final
class MassMIND(Published):
    """The 2916 frames of MassMIND, 640x512, of a thermal camera on a boat, with semantic masks of seven labels.

    Layout: ``root/Images`` and ``root/Segmentation_Masks``, as the archives of images and of semantic masks unpack, or
    ``root/data`` and ``root/mask``; image and mask have the same stem. In the masks 0 is sky, 1 water, 2 bridge (what
    of it stands in the water), 3 obstacle, 4 living obstacle, 5 background (land, and what stands on it) and 6 self
    (the boat that carries the camera). Here label 3 is called "non-living obstacle": ``obstacle`` is bridges and
    obstacles of both kinds, as ``land`` is background.

    The set has no published splits, and its names do not tell which frames are of one film: they are split by ratio,
    frame by frame, so neighbors of one film may lie in two splits, and figures of the test split flatter.

    Source: Nirgudkar, DeFilippo, Sacarny, Benjamin and Robinette, "MassMIND: Massachusetts Maritime INfrared Dataset",
    2022, arXiv:2209.04097.

    Args:
        split: "train", "val" or "test".
        classes: Names in index order: of sky, water, land, obstacle, and the labels bridge, "non-living obstacle",
            "living obstacle", background and self, unless ``class_map`` is given. In task sea, of two classes, the
            first is sky and land and the second water; obstacles and the own boat are ignored.
        task: "sea", "ground" or none.
        root: The folder of images and masks.
        class_map: The labels of each class, such as ``{above: [sky, background], sea: [water]}``; others are ignored.
        ratios: Shares of train, val and test.
        seed: Chooses the split.

    Raises:
        ValueError: When an option is wrong, or the set cannot give a class.
        DataError: When files are missing, with every fault found.
    """

    source: ClassVar[Source] = Source(
        title="MassMIND",
        licence="CC BY-NC-SA 4.0",
        page="https://github.com/uml-marine-robotics/MassMIND",
        paper="Nirgudkar, DeFilippo, Sacarny, Benjamin, Robinette, 2022, arXiv:2209.04097",
        steps="download the LWIR images and the semantic masks (the first two links), and unpack them as ROOT/Images "
        "and ROOT/Segmentation_Masks",
    )

    def __init__(
        self,
        split: str,
        classes: Sequence[str] = DEFAULT_CLASSES,
        task: str = "",
        *,
        root: Path,
        class_map: Mapping[str, Sequence[str]] | None = None,
        ratios: tuple[float, float, float] = (0.7, 0.15, 0.15),
        seed: int = 0,
    ) -> None:
        check_split(split)
        check_ratios(ratios)
        taken = class_of_each(_LABELS, classes, task, class_map)
        root = Path(root)
        pairs = _pairs(root, self.source)
        split_of = split_by_ratio({pair.stem: 1 for pair in pairs}, ratios, seed)
        frames = framed([pair for pair in pairs if split_of[pair.stem] == split])
        self._hold(root, frames, reading_of_labels(_LABELS, taken))


def _pairs(root: Path, source: Source) -> list[Pair]:
    names = next((names for names in _FOLDERS if (root / names[0]).is_dir()), _FOLDERS[0])
    images, masks = (root / name for name in names)
    need_folders(root, (images, masks), source)
    pairs, faults = pair_files(images, masks)
    if faults:
        raise DataError.of(faults)
    if len(pairs) < len(SPLITS):
        raise DataError(f"{named(images)}: {len(pairs)} pairs cannot fill train, val and test", source.steps)
    return pairs

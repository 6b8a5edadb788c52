"""MaSTr1325: frames of a small unmanned boat in the gulf of Koper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, final

from segkit.errors import DataError
from segkit.images import named
from segkit.kinds import DEFAULT_CLASSES
from segkit.sources import Source
from segkit_std.datasets.frame_files import Frame
from segkit_std.datasets.label_map import Labels, class_of_each, reading_of_labels
from segkit_std.datasets.pairs import Pair
from segkit_std.datasets.published import Published, check_split, framed, need_folders, pair_files
from segkit_std.datasets.splitting import SPLITS, check_ratios, split_by_ratio

LABELS = Labels({"obstacle": 0, "water": 1, "sky": 2}, void=(4,))


@final
class MaSTr1325(Published):
    """The frames of MaSTr1325, 512x384, with the labels obstacle (boats, coast and all else), water and sky.

    Layout: ``root/images`` holds the frames, such as ``0001.jpg``, and ``root/masks`` their masks, such as
    ``0001m.png``, in which 0 is obstacle, 1 water, 2 sky and 4 not labeled.

    The set has no published splits, and does not tell which frames are of one film: they are split by ratio, frame by
    frame, so neighbors of one film may lie in two splits, and figures of the test split flatter.

    Source: Bovcon, Muhovič, Perš and Kristan, "The MaSTr1325 dataset for training deep USV obstacle detection models",
    IROS 2019.

    Args:
        split: "train", "val" or "test".
        classes: Names in index order: of obstacle, water and sky, unless ``class_map`` is given. In task sea, of two
            classes, the first is sky and the second water; obstacles, floating or not, are ignored.
        task: "sea", "ground" or none.
        root: The folder of images and masks.
        class_map: The labels of each class, such as ``{sky: [sky], rest: [water, obstacle]}``; others are ignored.
        ratios: Shares of train, val and test.
        seed: Chooses the split.

    Raises:
        ValueError: When an option is wrong, or the set cannot give a class.
        DataError: When files are missing, with every fault found.
    """

    source: ClassVar[Source] = Source(
        title="MaSTr1325",
        licence="as stated on its page",
        page="https://box.vicos.si/borja/viamaro/index.html",
        paper="Bovcon, Muhovič, Perš, Kristan, IROS 2019",
        steps="download images and masks (512x384), and unpack them as ROOT/images and ROOT/masks",
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
        taken = class_of_each(LABELS, classes, task, class_map)
        root = Path(root)
        frames = mastr_frames(root, split, ratios, seed, self.source)
        self._hold(root, frames, reading_of_labels(LABELS, taken))


def mastr_frames(root: Path, split: str, ratios: Sequence[float], seed: int, source: Source) -> list[Frame]:
    """Find the frames of a split in the layout of this family of data sets.

    Raises:
        DataError: When files are missing, or there are fewer than three pairs.
    """
    return split_pairs(root, mastr_pairs(root, root, source), split, ratios, seed, source)


def mastr_pairs(root: Path, folder: Path, source: Source) -> list[Pair]:
    """Pair the images and masks of a folder in or below the root.

    Raises:
        DataError: When files are missing, with every fault found.
    """
    need_folders(root, (folder / "images", folder / "masks"), source)
    pairs, faults = pair_files(folder / "images", folder / "masks", mask_ending="m")
    if faults:
        raise DataError.of(faults)
    return pairs


def split_pairs(
    root: Path, pairs: Sequence[Pair], split: str, ratios: Sequence[float], seed: int, source: Source
) -> list[Frame]:
    """Give the frames of a split by ratio, of pairs of which no group is known.

    Raises:
        DataError: When there are fewer than three pairs.
    """
    if len(pairs) < len(SPLITS):
        raise DataError(f"{named(root)}: {len(pairs)} pairs cannot fill train, val and test", source.steps)
    split_of = split_by_ratio({pair.stem: 1 for pair in pairs}, ratios, seed)
    return framed([pair for pair in pairs if split_of[pair.stem] == split])

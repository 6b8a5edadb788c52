"""MaSTr1478: MaSTr1325 with 153 frames of reflections and glitter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Final, final

from segkit.errors import DataError, Fault
from segkit.images import named
from segkit.kinds import DEFAULT_CLASSES
from segkit.sources import Source
from segkit_std.datasets.label_map import class_of_each, reading_of_labels
from segkit_std.datasets.mastr1325 import LABELS, mastr_pairs, split_pairs
from segkit_std.datasets.pairs import Pair, list_files
from segkit_std.datasets.published import Published, check_split, need_folders
from segkit_std.datasets.splitting import check_ratios

_FIRST: Final = "mastr1325"
_ADDED: Final = "mastr153"


@final
class MaSTr1478(Published):
    """The frames of MaSTr1325 and 153 more, hard ones, with the labels obstacle, water and sky.

    Layout: ``root/mastr1325/images`` and ``root/mastr1325/masks`` as of MaSTr1325, and ``root/mastr153/images`` and
    ``root/mastr153/masks`` of what was added, in which an image without a mask is passed over; or all of them together
    in ``root/images`` and ``root/masks``. The mask of ``0001.jpg`` is ``0001m.png``, in which 0 is obstacle, 1 water,
    2 sky and 4 not labeled.

    The set has no published splits, and does not tell which frames are of one film: they are split by ratio, frame by
    frame, so neighbors of one film may lie in two splits, and figures of the test split flatter.

    Source: Žust and Kristan, "Temporal Context for Robust Maritime Obstacle Detection", IROS 2022, arXiv:2203.05352.

    Args:
        split: "train", "val" or "test".
        classes: Names in index order: of obstacle, water and sky, unless ``class_map`` is given. In task sea, of two
            classes, the first is sky and the second water; obstacles, floating or not, are ignored.
        task: "sea", "ground" or none.
        root: The folder of both parts.
        class_map: The labels of each class, such as ``{sky: [sky], rest: [water, obstacle]}``; others are ignored.
        ratios: Shares of train, val and test.
        seed: Chooses the split.

    Raises:
        ValueError: When an option is wrong, or the set cannot give a class.
        DataError: When files are missing, with every fault found.
    """

    source: ClassVar[Source] = Source(
        title="MaSTr1478",
        licence="as stated on its page",
        page="https://github.com/lojzezust/WaSR-T",
        paper="Žust, Kristan, IROS 2022, arXiv:2203.05352",
        steps="obtain MaSTr1325 (segkit data get mastr1325) and put its images and masks in ROOT/mastr1325; download "
        "mastr153.zip, and put its images and masks in ROOT/mastr153",
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
        frames = split_pairs(root, _pairs(root, self.source), split, ratios, seed, self.source)
        self._hold(root, frames, reading_of_labels(LABELS, taken))


def _pairs(root: Path, source: Source) -> list[Pair]:
    together = (root / "images").is_dir() and not (root / _FIRST).is_dir()
    if together:
        return mastr_pairs(root, root, source)
    first, added = mastr_pairs(root, root / _FIRST, source), _masked(root, root / _ADDED, source)
    # The two parts count their frames each for itself.
    return [
        replace(pair, stem=f"{part}/{pair.stem}")
        for part, pairs in ((_FIRST, first), (_ADDED, added))
        for pair in pairs
    ]


def _masked(root: Path, folder: Path, source: Source) -> list[Pair]:
    """Pair the masks of a folder with their images; images without a mask are passed over."""
    need_folders(root, (folder / "images", folder / "masks"), source)
    images = {file.stem: file for file in list_files(folder / "images")}
    masks = {file.stem.removesuffix("m"): file for file in list_files(folder / "masks")}
    faults = [
        Fault(f"{named(masks[stem])}: mask without an image", f"add {named(folder / 'images' / stem)}.jpg")
        for stem in sorted(masks.keys() - images.keys())
    ]
    if not masks:
        faults.append(Fault(f"{named(folder / 'masks')}: holds no mask", source.steps))
    if faults:
        raise DataError.of(faults)
    return [Pair(stem, images[stem], masks[stem]) for stem in sorted(masks)]

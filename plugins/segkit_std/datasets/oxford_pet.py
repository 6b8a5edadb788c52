"""Oxford-IIIT Pet: cats and dogs with trimaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, final

from segkit.errors import DataError, Fault
from segkit.images import named
from segkit.kinds import DEFAULT_CLASSES
from segkit.sources import Archive, Source
from segkit_std.datasets.label_map import Labels, class_of_each, reading_of_labels
from segkit_std.datasets.pairs import Pair
from segkit_std.datasets.published import Published, check_share, check_split, framed, hold_out, need_folders

_LABELS = Labels({"pet": 1, "background": 2, "border": 3}, void=(), names={"foreground": ("pet",)})
_DATA = "https://www.robots.ox.ac.uk/~vgg/data/pets/data"


@final
class OxfordPet(Published):
    """Photographs of 37 breeds of cats and dogs, with the labels pet, background and border.

    Layout, as unpacked from the two archives: ``root/images/*.jpg``, ``root/annotations/trimaps/*.png`` (1 pet, 2
    background, 3 border, which is neither and is ignored unless a class takes it), and the lists of names
    ``root/annotations/trainval.txt`` and ``test.txt``.

    Splits as published: trainval is split into train and val, picture by picture, and test is test.

    Source: Parkhi, Vedaldi, Zisserman and Jawahar, "Cats and Dogs", CVPR 2012.

    Args:
        split: "train", "val" or "test".
        classes: Names in index order: of background, pet (or foreground) and border, unless ``class_map`` is given.
        task: Of no meaning for these pictures.
        root: The folder of images and annotations.
        class_map: The labels of each class, such as ``{background: [background], animal: [pet, border]}``; others are
            ignored.
        val_share: The share of trainval that is val, above 0.
        seed: Chooses it.

    Raises:
        ValueError: When an option is wrong, or the set cannot give a class.
        DataError: When files are missing, with every fault found.
    """

    source: ClassVar[Source] = Source(
        title="Oxford-IIIT Pet",
        licence="CC BY-SA 4.0",
        page="https://www.robots.ox.ac.uk/~vgg/data/pets/",
        paper="Parkhi, Vedaldi, Zisserman, Jawahar, CVPR 2012",
        steps="segkit data get oxford_pet; or unpack images.tar.gz and annotations.tar.gz in ROOT",
        archives=(
            Archive(f"{_DATA}/images.tar.gz", "67195c5e1c01f1ab5f9b6a5d22b8c27a580d896ece458917e61d459337fa318d"),
            Archive(f"{_DATA}/annotations.tar.gz", "52425fb6de5c424942b7626b428656fcbd798db970a937df61750c0f1d358e91"),
        ),
    )

    def __init__(
        self,
        split: str,
        classes: Sequence[str] = DEFAULT_CLASSES,
        task: str = "",
        *,
        root: Path,
        class_map: Mapping[str, Sequence[str]] | None = None,
        val_share: float = 0.15,
        seed: int = 0,
    ) -> None:
        check_split(split)
        check_share(val_share, least=0.001)
        taken = class_of_each(_LABELS, classes, "", class_map)
        root = Path(root)
        need_folders(root, (root / "images", root / "annotations" / "trimaps"), self.source)
        names = _listed(root / "annotations" / ("test.txt" if split == "test" else "trainval.txt"))
        if split != "test":
            held = hold_out(dict.fromkeys(names, 1), val_share, seed)
            names = [name for name in names if (name in held) == (split == "val")]
        self._hold(root, framed(_pairs(root, names)), reading_of_labels(_LABELS, taken))


def _listed(file: Path) -> list[str]:
    """Read the names of a list: the first word of each line, in alphabetical order."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{named(file)}: cannot be read ({error})", "unpack annotations.tar.gz again") from error
    names = sorted({line.split()[0] for line in lines if line.strip() and not line.startswith("#")})
    if len(names) < 2:
        raise DataError(f"{named(file)}: names {len(names)} pictures", "unpack annotations.tar.gz again")
    return names


def _pairs(root: Path, names: Sequence[str]) -> list[Pair]:
    pairs = [
        Pair(name, root / "images" / f"{name}.jpg", root / "annotations" / "trimaps" / f"{name}.png") for name in names
    ]
    files = [file for pair in pairs for file in (pair.image, pair.mask) if file is not None]
    faults = [
        Fault(f"{named(file)}: no such file", "unpack both archives again") for file in files if not file.is_file()
    ]
    if faults:
        raise DataError.of(faults)
    return pairs

"""Frames and masks as files in folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Literal

from segkit.errors import DataError
from segkit.images import read_image
from segkit.kinds import DEFAULT_CLASSES, Sample
from segkit_std.datasets.frame_table import Row, read_table
from segkit_std.datasets.mask_values import MaskReading, decide, reading_of
from segkit_std.datasets.pairs import Pair, Place, find_pairs, find_place, list_files
from segkit_std.datasets.splitting import SPLITS, check_ratios, split_by_ratio


class Folder:
    """Image and mask files (jpg, jpeg, png, bmp) of one split, paired by stem, in the order of their stems.

    The files lie in one of three layouts:

    * ``root/train``, ``root/val`` and ``root/test``, each with ``images`` and ``masks``;
    * ``root/images`` and ``root/masks``: split by ``ratios``;
    * any two folders, named by ``images`` and ``masks``: all their pairs belong to the split asked for.

    A file ``lines.csv`` beside the folder of images may say more about the frames: column ``stem`` names the frame,
    ``group`` the video, drive or flight it was taken on, ``slope`` and ``offset`` its true horizon; what else it holds
    is passed on as text. Where groups are known, a split by ratio never cuts one.

    Example:
        >>> frames = Folder("train", ["sky", "sea"], root=Path("data/boat"))  # doctest: +SKIP
        >>> frames[0].image.shape  # doctest: +SKIP
        (512, 640, 1)

    Args:
        split: "train", "val" or "test".
        classes: Names in index order.
        root: The data set's folder.
        images: The split's folder of images, relative to root.
        masks: The split's folder of masks, relative to root; goes with ``images``.
        mask_values: What a mask's pixel values mean. ``index``: the class, and 255 = ignore. ``0/1``: these alone.
            ``0/255``: above 127 is class 1. A list: the value of each class, such as ``[0, 128]``; 255 = ignore unless
            listed. ``auto`` looks at up to 200 masks, spread over all splits, and decides once for all: ``index`` when
            all values are classes or 255, and 255 occurs beside a class above 0 in some mask or nowhere; ``0/255``
            when there are two classes and all values are 0 or 255, and both occur. All else is refused, there or when
            the mask is read, so a 0/255 mask is never taken for one with ignored pixels.
        ratios: Shares of train, val and test in a split by ratio.
        seed: Chooses the split by ratio.

    Raises:
        ValueError: When an option is wrong.
        DataError: When the files are wrong, with every fault found.
    """

    def __init__(
        self,
        split: str,
        classes: Sequence[str] = DEFAULT_CLASSES,
        *,
        root: Path,
        images: str | None = None,
        masks: str | None = None,
        mask_values: Literal["auto", "index", "0/1", "0/255"] | Sequence[int] = "auto",
        ratios: tuple[float, float, float] = (0.7, 0.15, 0.15),
        seed: int = 0,
    ) -> None:
        if split not in SPLITS:
            raise ValueError(f"split must be one of {', '.join(SPLITS)}, not {split!r}: give one of them")
        if not 2 <= len(classes) <= 255:
            raise ValueError(f"classes must be 2 to 255 names, not {len(classes)}: give such as [sky, sea]")
        if (images is None) != (masks is None):
            raise ValueError(f"images and masks go together, not {images!r} and {masks!r}: give both or neither")
        check_ratios(ratios)
        reading = None if mask_values == "auto" else reading_of(mask_values, classes)

        place = find_place(Path(root), split, images, masks)
        pairs, faults = find_pairs(place)
        table, table_faults = read_table(place.table)
        if faults or table_faults:
            raise DataError.of(faults + table_faults)
        self._rows = [table.get(pair.stem, Row()) for pair in pairs]
        self._pairs = pairs
        if place.shared:
            self._keep(split, ratios, seed, place)
        self._reading = reading or decide(_whole_data_set(place), classes)
        self.fingerprint = _fingerprint(Path(root), self._pairs, place.table, self._reading)

    def __len__(self) -> int:
        return len(self._pairs)

    def __getitem__(self, index: int) -> Sample:
        """Read one frame and its mask from their files.

        Raises:
            DataError: When a file cannot be decoded, the two differ in size, or a mask value has no meaning.
        """
        pair, row = self._pairs[index], self._rows[index]
        image, mask = read_image(pair.image), self._reading.read(pair.mask)
        if image.shape[:2] != mask.shape:
            (h, w), (mask_h, mask_w) = image.shape[:2], mask.shape
            raise DataError(
                f"{pair.mask}: the mask is {mask_w}x{mask_h} pixels, its image {pair.image.name} {w}x{h}",
                "give both the same size, or take the pair out",
            )
        return Sample(image, mask, id=pair.stem, group=row.group, meta=dict(row.meta))

    def _keep(self, split: str, ratios: Sequence[float], seed: int, place: Place) -> None:
        """Keep the pairs that the split by ratio gives to this split."""
        grouped = any(row.group for row in self._rows)
        # A frame without a group stands for itself; the slash keeps a group and a frame of one name apart.
        units = [row.group or f"/{pair.stem}" for pair, row in zip(self._pairs, self._rows, strict=True)]
        sizes = Counter(units)
        if len(sizes) < len(SPLITS):
            source, what = (place.table, "groups") if grouped else (place.images, "pairs")
            named = ", ".join(unit.removeprefix("/") for unit in sorted(sizes))
            raise DataError(
                f"{source}: {len(sizes)} {what} ({named}) cannot fill train, val and test; a group is never cut",
                f"add {what}, or lay the files out as root/train, root/val and root/test",
            )
        split_of = split_by_ratio(sizes, ratios, seed)
        kept = [i for i, unit in enumerate(units) if split_of[unit] == split]
        self._pairs = [self._pairs[i] for i in kept]
        self._rows = [self._rows[i] for i in kept]


def _whole_data_set(place: Place) -> list[Path]:
    return [file for folder in place.all_masks if folder.is_dir() for file in list_files(folder)]


def _fingerprint(root: Path, pairs: Sequence[Pair], table: Path, reading: MaskReading) -> str:
    """Hash what the frames depend on: the files by name, size and time of change, and how masks are read."""
    digest = blake2b(repr(reading).encode(), digest_size=16)
    files = [file for pair in pairs for file in (pair.image, pair.mask)]
    for file in [*files, *([table] if table.is_file() else [])]:
        stat = file.stat()
        name = file.relative_to(root) if file.is_relative_to(root) else file
        digest.update(f"{name.as_posix()}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()

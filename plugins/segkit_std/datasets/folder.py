"""Frames and masks as files in folders."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Literal, final

import numpy as np

from segkit.errors import DataError
from segkit.images import named, read_image
from segkit.kinds import DEFAULT_CLASSES, Sample
from segkit_std.datasets.frame_files import Frame, find_frames, fingerprint, splitting_of
from segkit_std.datasets.mask_auto import decide
from segkit_std.datasets.mask_edges import tell_grey
from segkit_std.datasets.mask_lines import mask_of_line
from segkit_std.datasets.mask_reading import Reading, chosen_reading
from segkit_std.datasets.pairs import list_files
from segkit_std.datasets.place import Place, find_place

_log = logging.getLogger("segkit")


@final
class Folder:
    r"""Image and mask files (jpg, png, bmp, tiff, webp) of one split, paired by stem, in the order of their stems.

    The files lie in one of three layouts:

    * ``root/train``, ``root/val`` and ``root/test``, each with ``images`` and ``masks``;
    * ``root/images`` and ``root/masks``: split by ``lists`` or by ``ratios``;
    * any two folders, named by ``images`` and ``masks``: all their pairs belong to the split asked for.

    A file ``lines.csv`` beside the folder of images may say more about the frames: column ``stem`` names the frame,
    ``group`` the video, drive or flight it was taken on, ``slope`` and ``offset`` its true horizon; what else it holds
    is passed on as text. Where groups are known, a split by ratio never cuts one.

    Where there is no folder of masks, and ``lines.csv`` holds slope and offset of every image, the masks are those of
    the lines: class 0 above ``y = slope * x + offset * height`` and class 1 below, with a margin between them ignored.

    Example:
        >>> frames = Folder("train", ["sky", "sea"], root=Path("data/boat"))  # doctest: +SKIP
        >>> frames[0].image.shape  # doctest: +SKIP
        (512, 640, 1)

    Args:
        split: "train", "val" or "test".
        classes: Names in index order.
        root: The data set's folder.
        images: The split's folder of images, relative to root.
        masks: The split's folder of masks, relative to root; only with ``images``, without it lines stand in.
        mask_values: What a mask's pixel values (of a palette: indices) mean. ``index``: the class, and 255 = ignore.
            ``0/1``: these alone. ``0/255``: black is class 0, white class 1. A list: the value or the range of values
            of each class, such as ``[0, 128]``, or ``[0, [1, 65535]]`` where each instance of class 1 has an id of its
            own, or ``[[7000, 7999], [26000, 26999]]`` where ids count within 1000s of a class; 255 = ignore unless
            listed. ``auto`` looks at up to 200 masks, spread over all splits, and decides once for all: ``index`` when
            all values are classes or 255, and 255 occurs beside a class above 0 in some mask or nowhere; ``0/255``
            when there are two classes and all values are 0 or 255, and both occur. All else is refused, there or when
            the mask is read, so a 0/255 mask is never taken for one with ignored pixels.
        mask_colors: The color of each class, for masks in which colors stand for classes: a list in the order of the
            classes, or one or several a name, such as ``{sky: [0, 0, 255], ignore: [0, 0, 0]}``.
        mask_edges: What the grey pixels of 0/255 masks are: ``threshold``: class 1 above 127, with a warning that
            gives their share; ``ignore``: 255; ``error``: a fault.
        line_margin: What lies nearer than this many pixels to a line that stands for a mask is ignored.
        ratios: Shares of train, val and test in a split by ratio.
        seed: Chooses the split by ratio.
        lists: The text file of each split that names its stems, one a line; relative to root. Frames that no list
            names are left out.
        group_pattern: A regular expression that matches whole stems, and whose one group gives the frame's group, such
            as ``(.+)_\d+``; instead of the column ``group``.

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
        mask_values: Literal["auto", "index", "0/1", "0/255"] | Sequence[int | tuple[int, int]] = "auto",
        mask_colors: Mapping[str, tuple[int, int, int] | Sequence[tuple[int, int, int]]]
        | Sequence[tuple[int, int, int]]
        | None = None,
        mask_edges: Literal["threshold", "ignore", "error"] = "threshold",
        line_margin: float = 2.0,
        ratios: tuple[float, float, float] = (0.7, 0.15, 0.15),
        seed: int = 0,
        lists: Mapping[str, str] | None = None,
        group_pattern: str | None = None,
    ) -> None:
        splitting = splitting_of(split, ratios, seed, lists, group_pattern)
        if not 2 <= len(classes) <= 255:
            raise ValueError(f"classes must be 2 to 255 names, not {len(classes)}: give such as [sky, sea]")
        if masks is not None and images is None:
            raise ValueError(f"masks go with images, not alone as {masks!r}: give images too")
        if not 0 <= line_margin < inf:
            raise ValueError(f"line_margin must be a number of pixels, 0 or more, not {line_margin}: give such as 2")
        reading = chosen_reading(mask_values, mask_colors, mask_edges, classes)

        root = Path(root)
        place = find_place(root, split, images, masks)
        self._frames = find_frames(root, place, split, splitting)
        self._margin = line_margin
        self._reading: Reading | None = None
        files = [frame.pair.mask for frame in self._frames if frame.pair.mask is not None]
        if files:
            self._reading = reading or decide(_whole_data_set(place), classes)
            if (mask_values, mask_edges) == ("0/255", "threshold"):
                tell_grey(files)
        else:
            _check_lines(place, split, classes)
        self.fingerprint = fingerprint(root, self._frames, place.table, repr(self._reading or line_margin))

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> Sample:
        """Read one frame and its mask from their files.

        Raises:
            DataError: When a file cannot be decoded, the two differ in size, or a mask value has no meaning.
        """
        frame = self._frames[index]
        image = read_image(frame.pair.image)
        mask = self._mask(frame, (image.shape[0], image.shape[1]))
        return Sample(image, mask, id=named(Path(frame.pair.stem)), group=frame.row.group, meta=dict(frame.row.meta))

    def _mask(self, frame: Frame, size: tuple[int, int]) -> np.ndarray:
        file = frame.pair.mask
        if file is None or self._reading is None:
            return mask_of_line(size, frame.row.meta["slope"], frame.row.meta["offset"], self._margin)
        mask = self._reading.read(file)
        if mask.shape != size:
            (h, w), (mask_h, mask_w) = size, mask.shape
            lies = "turn the one that lies on its side" if (h, w) == (mask_w, mask_h) else "give both the same size"
            name = named(Path(frame.pair.image.name))
            cause = f"{named(file)}: the mask is {mask_w}x{mask_h} pixels, its image {name} {w}x{h}"
            raise DataError(cause, f"{lies}, or take the pair out")
        return mask


def _whole_data_set(place: Place) -> list[Path]:
    return [file for folder in place.all_masks if folder.is_dir() for file in list_files(folder)]


def _check_lines(place: Place, split: str, classes: Sequence[str]) -> None:
    """Say that lines stand in for masks, which tell two classes apart."""
    if len(classes) != 2:
        raise DataError(
            f"{named(place.table)}: a line tells two classes apart, not {len(classes)}",
            "add a folder of masks, or name two classes",
        )
    _log.info("%s: no folder of masks; the lines of %s stand in", split, named(place.table))

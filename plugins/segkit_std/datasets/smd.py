"""SMD: films of the sea at Singapore, with their horizons."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf
from pathlib import Path
from typing import ClassVar, Final, Literal, final

import numpy as np

from segkit.errors import DataError, Fault
from segkit.images import named
from segkit.kinds import DEFAULT_CLASSES, Sample
from segkit.sources import Source
from segkit_std.datasets.film_frames import FilmFrames, count_frames
from segkit_std.datasets.frame_files import Frame, fingerprint
from segkit_std.datasets.frame_table import Row
from segkit_std.datasets.mask_lines import mask_of_line
from segkit_std.datasets.pairs import Pair
from segkit_std.datasets.published import check_split, need_folders
from segkit_std.datasets.smd_horizons import read_horizons
from segkit_std.datasets.splitting import SPLITS, check_ratios, split_by_ratio

VIEWS: Final = ("VIS_Onshore", "VIS_Onboard", "NIR")
_TRUTH = re.compile(r"(.+?)_?HorizonGT\.mat", re.IGNORECASE)
_log = logging.getLogger("segkit")


@final
class SMD:
    """Frames of the films of the Singapore Maritime Dataset, seen from the shore and from a boat, with horizon lines.

    Layout, of each view VIS_Onshore, VIS_Onboard and NIR (near infrared, from the shore): ``root/<view>/Videos/*.avi``
    and ``root/<view>/HorizonGT/<film>_HorizonGT.mat``, or without the ``_``; or the same in ``root/<view>/<view>``.
    Films without a file of horizons are left out, and so are frames without a line. Where film and file count
    differently, the frames that both have are used.

    Masks are drawn from the lines: class 0 above and class 1 below, with a margin between them ignored. So ships, and
    the coast behind them, are sea as far as they lie below the horizon, and sky above it. ``meta`` holds slope and
    offset of the line, and the film and the number of the frame.

    The set has no published splits: films are split by ratio, and none is cut. A frame's group is its film.

    Source: Prasad, Rajan, Rachmawati, Rajabally and Quek, "Video Processing From Electro-Optical Sensors for Object
    Detection and Tracking in a Maritime Environment: A Survey", IEEE Transactions on Intelligent Transportation Systems
    2017, doi:10.1109/TITS.2016.2634580.

    Args:
        split: "train", "val" or "test".
        classes: Two names: of what is above the horizon, and of what is below.
        task: "sea" or none; ground cannot be told from sky by the horizon of the sea.
        root: The folder of the views.
        views: Those to be read, of VIS_Onshore, VIS_Onboard and NIR.
        every: Takes each nth frame of a film, from its first; neighbors are almost the same.
        line_margin: What lies nearer than this many pixels to the line is ignored.
        ratios: Shares of train, val and test.
        seed: Chooses the split.

    Raises:
        ValueError: When an option is wrong.
        DataError: When files are missing or wrong, with every fault found.
    """

    source: ClassVar[Source] = Source(
        title="Singapore Maritime Dataset (SMD)",
        licence="as stated on its page",
        page="https://sites.google.com/site/dilipprasad/home/singapore-maritime-dataset",
        paper="Prasad, Rajan, Rachmawati, Rajabally, Quek, IEEE T-ITS 2017, doi:10.1109/TITS.2016.2634580",
        steps="download the archives VIS Onshore, VIS Onboard and NIR, and unpack them in ROOT; or some of them, and "
        "name these in views",
    )

    def __init__(
        self,
        split: str,
        classes: Sequence[str] = DEFAULT_CLASSES,
        task: str = "",
        *,
        root: Path,
        views: Sequence[Literal["VIS_Onshore", "VIS_Onboard", "NIR"]] = VIEWS,
        every: int = 10,
        line_margin: float = 2.0,
        ratios: tuple[float, float, float] = (0.7, 0.15, 0.15),
        seed: int = 0,
    ) -> None:
        check_split(split)
        check_ratios(ratios)
        _check(classes, task, views, every, line_margin)
        root = Path(root)
        films = _split(root, _find_films(root, views, every, self.source), split, ratios, seed)
        self._frames = [(film, number) for film in films for number in film.numbers]
        self._margin = line_margin
        self._reader = FilmFrames()
        files = [Frame(Pair(film.name, film.file, film.truth), Row(film.name)) for film in films]
        self.fingerprint = fingerprint(root, files, root / "lines.csv", f"smd {every} {line_margin}")

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> Sample:
        """Decode one frame, and draw its mask.

        Raises:
            DataError: When it cannot be decoded.
        """
        film, number = self._frames[index]
        image = self._reader.read(film.file, number)
        height, width = image.shape[:2]
        slope, offset = float(film.lines[number, 0]), float(film.lines[number, 1]) / height
        mask = mask_of_line((height, width), slope, offset, self._margin)
        meta = {"slope": slope, "offset": offset, "file": film.file.name, "frame": number}
        return Sample(image, mask, id=named(Path(f"{film.name}_{number:05}")), group=film.name, meta=meta)


@dataclass(frozen=True, eq=False)
class _Film:
    """A film and its lines, (N, 2): slope and the y at x = 0 of each frame that both have, NaN where there is none."""

    name: str
    file: Path
    truth: Path
    lines: np.ndarray
    every: int

    @cached_property
    def numbers(self) -> list[int]:
        return [number for number in range(0, len(self.lines), self.every) if np.isfinite(self.lines[number, 0])]


def _check(classes: Sequence[str], task: str, views: Sequence[str], every: int, line_margin: float) -> None:
    if len(classes) != 2:
        raise ValueError(f"classes must be two, which a line tells apart, not {len(classes)}: give such as [sky, sea]")
    if task == "ground":
        raise ValueError(
            "task must be sea or none, not 'ground', for ships and coast stand above the horizon too: use task: sea"
        )
    if not views or not set(views) <= set(VIEWS) or len(set(views)) < len(views):
        raise ValueError(f"views must be some of {', '.join(VIEWS)}, each once, not {list(views)}: give such as [NIR]")
    if every < 1:
        raise ValueError(f"every must be 1 or more, not {every}: give 1 for all frames")
    if not 0 <= line_margin < inf:
        raise ValueError(f"line_margin must be a number of pixels, 0 or more, not {line_margin}: give such as 2")


def _find_films(root: Path, views: Sequence[str], every: int, source: Source) -> list[_Film]:
    """Find all films that have a line, in the order of views and names."""
    films, faults = list[_Film](), list[Fault]()
    for view in views:
        folder = root / view / view if (root / view / view).is_dir() else root / view
        need_folders(root, (folder / "Videos", folder / "HorizonGT"), source)
        file_of = {file.stem: file for file in sorted((folder / "Videos").glob("*.avi"))}
        truth_of = {
            found[1]: file for file in (folder / "HorizonGT").iterdir() if (found := _TRUTH.fullmatch(file.name))
        }
        faults += [
            Fault(f"{named(truth_of[name])}: horizons without a film", f"add {named(folder / 'Videos' / name)}.avi")
            for name in sorted(truth_of.keys() - file_of.keys())
        ]
        if lost := file_of.keys() - truth_of.keys():
            _log.info("%s: %d films without horizons left out: %s", view, len(lost), ", ".join(sorted(lost)))
        for name in sorted(file_of.keys() & truth_of.keys()):
            try:
                films.append(_Film(name, file_of[name], truth_of[name], _lines(file_of[name], truth_of[name]), every))
            except DataError as error:
                faults += error.faults
    if faults:
        raise DataError.of(faults)
    return [film for film in films if film.numbers]


def _lines(film: Path, truth: Path) -> np.ndarray:
    lines, frames = read_horizons(truth), count_frames(film)
    if len(lines) != frames:
        _log.warning("%s: %d frames, and lines of %d; those that both have are used", named(film), frames, len(lines))
    return lines[:frames]


def _split(root: Path, films: Sequence[_Film], split: str, ratios: Sequence[float], seed: int) -> list[_Film]:
    if len(films) < len(SPLITS):
        shown = ", ".join(film.name for film in films) or "none"
        cause = f"{named(root)}: {len(films)} films with horizons ({shown}) cannot fill train, val and test"
        raise DataError(cause, "add films; none is cut")
    split_of = split_by_ratio({film.name: len(film.numbers) for film in films}, ratios, seed)
    return [film for film in films if split_of[film.name] == split]

"""Splits by lists: text files that name the frames of each split."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from segkit.errors import DataError, Fault
from segkit.images import named
from segkit_std.datasets.splitting import SPLITS


def check_lists(lists: Mapping[str, str], split: str) -> None:
    """Raise ValueError unless the lists are of splits, the one asked for among them."""
    strange = [name for name in lists if name not in SPLITS]
    if strange or split not in lists:
        raise ValueError(
            f"lists must name a file for {split}, and for no split but {', '.join(SPLITS)}, not {dict(lists)}: "
            "give such as {train: train.txt, val: val.txt, test: test.txt}"
        )


def read_lists(root: Path, lists: Mapping[str, str], stems: Collection[str]) -> dict[str, str]:
    """Read all lists, so that they say the same whatever split is asked for.

    Args:
        root: What the files' paths are relative to.
        lists: The file of each split: a stem a line; empty lines are passed over.
        stems: Those that there are. What no list names is left out.

    Returns:
        The split of each stem that is listed.

    Raises:
        DataError: With every file that cannot be read or names nothing, and every stem that is unknown, or listed
            twice.
    """
    listed: dict[str, tuple[str, str]] = {}
    faults: list[Fault] = []
    for split, name in lists.items():
        file = root / name
        try:
            lines = file.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            faults.append(Fault(f"{named(file)}: cannot be read ({error})", "save it as UTF-8 text, a stem a line"))
            continue
        if not any(line.strip() for line in lines):
            faults.append(Fault(f"{named(file)}: names no frame", "write the stem of a frame in each line"))
        for number, line in enumerate(lines, 1):
            stem, where = line.strip(), f"{named(file)}:{number}"
            if not stem:
                continue
            if stem not in stems:
                remedy = "write the file's name without its suffix" if Path(stem).stem in stems else "mend the stem"
                faults.append(Fault(f"no image and mask have the stem {stem!r}", remedy, where))
            elif stem in listed:
                cause = f"the stem {stem!r} is listed a second time, first at {listed[stem][1]}"
                faults.append(Fault(cause, "keep it in one split", where))
            else:
                listed[stem] = split, where
    if faults:
        raise DataError.of(faults)
    return {stem: split for stem, (split, _) in listed.items()}

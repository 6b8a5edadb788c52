"""``segkit data check``: everything that is wrong with the data of a folder or a recipe, without training."""

from __future__ import annotations

import dataclasses
import logging
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from segkit.assembly import Assembly, assemble
from segkit.catalog import Catalog
from segkit.dataprep.findings import Finding, Report, of_fault, printable
from segkit.dataprep.leaks import divided_groups, nearly_repeated, repeated
from segkit.dataprep.reading import SplitReading, balance, one_sided, read_split
from segkit.dataprep.suggestion import suggest
from segkit.dataprep.tree import is_mask, look, walk
from segkit.engine.build import frame_format
from segkit.errors import DataError, SegkitError
from segkit.images import read_image, read_mask_values
from segkit.kinds import Dataset
from segkit.recipe import read_recipe

_log = logging.getLogger("segkit")
_BY_DATA_SET = ("unusable", "data_set")

Namer = Callable[[str, str], str]


def check_data(source: str, overrides: Sequence[str], catalog: Catalog) -> Report:
    """Look at every file and read every frame.

    Args:
        source: A folder, read by the recipe that ``segkit init`` would write for it; or a recipe.
        overrides: ``dotted.key=value``.
        catalog: The components.

    Raises:
        UserError: When there is no such recipe, or a folder in which no frames and masks can be told apart.
    """
    assembly = _assembly(source, overrides, catalog)
    findings: list[Finding] = []
    datasets = dict(_opened(assembly, findings))
    images: dict[str, list[Path]] = defaultdict(list)
    unread = len(datasets) < len(assembly.datasets)
    for root, own in _roots(assembly).items():
        for path in walk(root, findings):
            mask = is_mask(path, root, own)
            seen = look(path, mask)
            findings += seen
            if unread and not any(finding.level == "error" for finding in seen):
                findings += _undecodable(path, mask)
            if not mask:
                images[printable(Path(path.stem))].append(path)

    def name(split: str, frame: str) -> str:
        return _file_of(images.get(frame, []), split, frame)

    readings: dict[str, SplitReading] = {}
    for split, dataset in datasets.items():
        _log.info("%s: reading %d frames", split, len(dataset))
        readings[split] = read_split(dataset, frame_format(assembly, training=True))
    findings += _about(readings, assembly.recipe.classes, name)
    facts = {split: reading.facts(assembly.recipe.classes) for split, reading in readings.items()}
    return Report(facts, sorted(_once(findings), key=lambda finding: (finding.level, finding.kind, finding.file)))


def _once(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Leave out what a data set says of a file whose own look has told why."""
    told = {finding.file for finding in findings if finding.level == "error" and finding.kind not in _BY_DATA_SET}
    for finding in dict.fromkeys(findings):
        if finding.kind not in _BY_DATA_SET or finding.file not in told or not finding.file:
            yield finding


def _assembly(source: str, overrides: Sequence[str], catalog: Catalog) -> Assembly:
    if not Path(source).is_dir():
        return assemble(read_recipe(source, overrides, catalog), catalog)
    with tempfile.TemporaryDirectory() as folder:
        recipe = Path(folder, "recipe.yaml")
        recipe.write_text(suggest(Path(source)).text(), encoding="utf-8")
        return assemble(read_recipe(recipe, overrides, catalog), catalog)


def _opened(assembly: Assembly, findings: list[Finding]) -> Iterator[tuple[str, Dataset]]:
    """Open the splits; what keeps one from being opened is added to the findings."""
    recipe = assembly.recipe
    for split, bound in assembly.datasets.items():
        try:
            yield split, bound(split=split, classes=recipe.classes, task=recipe.task)
        except DataError as error:
            findings += [of_fault(fault, "data_set") for fault in error.faults]
        except SegkitError as error:
            # the place is named when the recipe is checked; here it may be a file that nobody wrote
            findings += [of_fault(dataclasses.replace(fault, where=""), "options") for fault in error.faults]


def _roots(assembly: Assembly) -> Mapping[Path, set[Path]]:
    """Give the folders that the data sets read, with those in them that are named as folders of masks."""
    roots: dict[Path, set[Path]] = defaultdict(set)
    for part in (part for bound in assembly.datasets.values() for part in bound.parts()):
        root, masks = part.options.get("root"), part.options.get("masks")
        if isinstance(root, Path) and root.is_dir():
            roots[root] |= {root / masks} if isinstance(masks, str) else set()
    return roots


def _undecodable(path: Path, mask: bool) -> list[Finding]:
    """Decode a file that no data set could be opened to read."""
    try:
        if mask:
            read_mask_values(path)
        else:
            read_image(path)
    except DataError as error:
        return [of_fault(fault, "unusable") for fault in error.faults]
    return []


def _about(readings: Mapping[str, SplitReading], classes: Sequence[str], name: Namer) -> Iterator[Finding]:
    files = {split: [name(split, frame) for frame in reading.ids] for split, reading in readings.items()}
    for split, reading in readings.items():
        yield from reading.faults
        yield from balance(split, reading, classes)
        yield from one_sided(files[split], reading, classes)
    yield from repeated(readings, files)
    yield from nearly_repeated(readings, files)
    yield from divided_groups(readings)


def _file_of(images: Sequence[Path], split: str, frame: str) -> str:
    """Name a frame by its file when there is one of that stem, or one in a folder that is called like the split."""
    own = [path for path in images if any(split in part for part in path.parts[-3:])]
    fitting = images if len(images) == 1 else own
    if len(fitting) == 1:
        return printable(fitting[0])
    return printable(frame if frame.startswith(f"{split}/") else f"{split}/{frame}")

"""Several data sets as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from math import inf
from typing import final

from segkit.errors import DataError, Fault
from segkit.kinds import DEFAULT_CLASSES, Dataset, Make, Sample


@final
class Concat:
    """Several data sets as one, such as folders in several roots, each shared out by a weight.

    The frames of a split are those of the sources' same split, source by source. A frame's id and group begin with the
    number of its source, as in ``1/boat_0042``, for two sources may use one name. A group is not known to go on from
    one source to another: what is the same drive or film belongs into one source.

    Example:
        >>> data = Concat("train", sources=[partial(Folder, root=a), partial(Folder, root=b)])  # doctest: +SKIP

    Args:
        split: "train", "val" or "test".
        classes: Names in index order, the same for all sources.
        task: What the classes mean, the same for all sources.
        sources: The data sets, such as ``[{use: folder, root: a}, {use: folder, root: b}]``.
        weights: How often each source's training frames are taken, above 0; once when none are given. With 2.5 each is
            taken twice and half of them, always the same, a third time; with 0.1 a tenth is taken. Frames to validate
            and to test with are taken once whatever the weight, so that it does not change what is measured.

    Raises:
        ValueError: When there are no sources, or not as many weights above 0 as there are sources.
        DataError: When the sources are wrong, with every fault found.
    """

    def __init__(
        self,
        split: str,
        classes: Sequence[str] = DEFAULT_CLASSES,
        task: str = "",
        *,
        sources: Sequence[Make[Dataset] | str] = ("synthetic_horizon",),
        weights: Sequence[float] | None = None,
    ) -> None:
        if not sources or not all(map(callable, sources)):
            raise ValueError(
                f"sources must be one data set or more, not {list(sources)}: give such as [{{use: folder, root: a}}]"
            )
        if weights is not None and (len(weights) != len(sources) or not all(0 < w < inf for w in weights)):
            raise ValueError(
                f"weights must be a number above 0 for each of the {len(sources)} sources, not {list(weights)}: "
                "give such as [1, 0.5]"
            )
        self._sources = _made(sources, split, classes, task)
        shares = weights if weights is not None and split == "train" else [1.0] * len(sources)
        self._rows = [
            (number, row)
            for number, (source, share) in enumerate(zip(self._sources, shares, strict=True))
            for row in _taken(len(source), share)
        ]
        key = repr(([source.fingerprint for source in self._sources], list(shares)))
        self.fingerprint = blake2b(key.encode(), digest_size=16).hexdigest()

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> Sample:
        """Read one frame of one source.

        Raises:
            DataError: As the source does.
        """
        number, row = self._rows[index]
        sample = self._sources[number][row]
        group = f"{number}/{sample.group}" if sample.group else ""
        return replace(sample, id=f"{number}/{sample.id}", group=group)


def _made(sources: Sequence[Make[Dataset] | str], split: str, classes: Sequence[str], task: str) -> list[Dataset]:
    """Make the sources, and tell at once what is wrong with any of them."""
    made, faults = list[Dataset](), list[Fault]()
    for make in sources:
        try:
            made.append(make(split=split, classes=classes, task=task))  # type: ignore[operator]
        except DataError as error:
            faults += error.faults
    if faults:
        raise DataError.of(faults)
    return made


def _taken(count: int, weight: float) -> list[int]:
    """Give the rows of a source in order, each as often as its weight says; at least one row."""
    wanted = max(round(weight * count), min(count, 1))
    often, more = divmod(wanted, max(count, 1))
    # Hashed, not the first: neighbors in a film are nearly the same frame.
    chosen = set(sorted(range(count), key=lambda row: blake2b(b"%d" % row).digest())[:more])
    return [row for row in range(count) for _ in range(often + (row in chosen))]

"""The labels of a public data set, and which of them become which class of a recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from segkit.kinds import IGNORE
from segkit_std.datasets.mask_colors import Color, ColorReading
from segkit_std.datasets.mask_values import MaskReading

ClassMap = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Labels:
    """What the masks of a data set hold.

    Attributes:
        own: Each label's name with what stands for it in a mask: a pixel value, or a color.
        void: What stands for "not labeled", which is always ignored.
        names: More names that a recipe's class may have, each with the labels that it takes: common ones (sky, water,
            land, obstacle) and the set's own categories.
    """

    own: Mapping[str, int | Color]
    void: Sequence[int | Color]
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def taken_as(self, name: str) -> Sequence[str]:
        """Give the labels that a name takes; none for a name that is unknown."""
        return self.names.get(name, (name,) if name in self.own else ())


def class_of_each(labels: Labels, classes: Sequence[str], task: str, class_map: ClassMap | None) -> dict[str, int]:
    """Give each label that some class takes the index of that class; all others are to be ignored.

    What a class takes is said by ``class_map``, or else by the task where there are two classes (``sea``: class 0 is
    sky and land, class 1 is water, and obstacles, which may be either, are ignored; ``ground``: class 0 is sky, class 1
    every other label), or else by the class's name. Where two classes take one label, the one that takes fewer has it:
    beside ``land``, ``obstacle`` is all obstacles but land.

    Raises:
        ValueError: When a class takes no label, or the map names what is no class or no label.
    """
    wanted = _wanted(labels, classes, task, class_map)
    lost = [name for name in classes if not wanted[name]]
    if lost:
        offered = ", ".join(sorted({*labels.names, *labels.own}))
        raise ValueError(
            f"classes must be labels of this data set ({offered}), not {', '.join(lost)}: "
            "name such classes, or say in class_map which labels each class takes"
        )
    index = {name: number for number, name in enumerate(classes)}
    widest_first = sorted(classes, key=lambda name: -len(wanted[name]))
    taken = {label: index[name] for name in widest_first for label in wanted[name]}
    empty = [name for name in classes if index[name] not in taken.values()]
    if empty:
        raise ValueError(
            f"every class must take a label of its own, and other classes take all of {', '.join(empty)}: "
            "leave it out, or give class_map"
        )
    return taken


def reading_of_labels(labels: Labels, taken: Mapping[str, int]) -> MaskReading | ColorReading:
    """Give the reading of masks in which a value, or a color, stands for each label."""
    pairs = [(stands, taken.get(name, IGNORE)) for name, stands in labels.own.items()]
    pairs += [(stands, IGNORE) for stands in labels.void]
    colors = tuple((stands, index) for stands, index in pairs if isinstance(stands, tuple))
    if colors:
        return ColorReading(colors)
    values = tuple((stands, stands, index) for stands, index in pairs if isinstance(stands, int))
    return MaskReading("the labels of this data set", values, "replace the mask by the published one")


def _wanted(labels: Labels, classes: Sequence[str], task: str, class_map: ClassMap | None) -> dict[str, Sequence[str]]:
    if class_map is not None:
        _check_map(labels, classes, class_map)
        return {name: [own for given in class_map[name] for own in labels.taken_as(given)] for name in classes}
    if len(classes) == 2 and task == "ground":
        sky = labels.taken_as("sky")
        return dict(zip(classes, (sky, [name for name in labels.own if sky and name not in sky]), strict=True))
    if len(classes) == 2 and task == "sea":
        sky = labels.taken_as("sky")
        above = [*sky, *labels.taken_as("land")] if sky else []
        return dict(zip(classes, (above, labels.taken_as("water")), strict=True))
    return {name: labels.taken_as(name) for name in classes}


def _check_map(labels: Labels, classes: Sequence[str], class_map: ClassMap) -> None:
    if set(class_map) != set(classes):
        raise ValueError(
            f"class_map must name each of the classes {', '.join(classes)}, and these alone, not "
            f"{', '.join(class_map) or 'none'}: give such as {{{classes[0]}: [{next(iter(labels.own))}]}}"
        )
    offered = sorted({*labels.names, *labels.own})
    strange = [label for given in class_map.values() for label in given if label not in offered]
    if strange:
        raise ValueError(
            f"class_map must give labels of this data set ({', '.join(offered)}), not {', '.join(strange)}: name these"
        )

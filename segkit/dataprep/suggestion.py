"""``segkit init``: from a folder of frames to a recipe that trains, each line with the reason for it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from string import Template

from segkit.dataprep.findings import printable
from segkit.dataprep.images import ImageFacts, look_at_images
from segkit.dataprep.layout import TABLE, Layout, find_layout, image_files
from segkit.dataprep.masks import MASKS_OF_LINES, MaskFacts, look_at_masks
from segkit.errors import UserError

_TEMPLATE = Path(__file__).parent / "recipe.yaml.tmpl"
_HEIGHT = 160  # pixels; on two CPU cores a few minutes of training then see enough frames
_WIDEST = 4  # times the height
_STEP = 32  # the network halves the picture five times
_SEA = re.compile(r"sea(?!son)|ocean|water|marine|maritime|boat|ship|vessel|usv|coast", re.IGNORECASE)
_STEEP = 8.0  # degrees of median roll beyond which a camera is one of a drone
_BATCH = 8


@dataclass(frozen=True)
class Suggestion:
    """What a folder holds, and what follows for a recipe.

    Attributes:
        layout: Where the files lie.
        images: What the images are.
        masks: What the masks hold.
        classes: Names in index order.
        task: "sea", "ground" or empty.
    """

    layout: Layout
    images: ImageFacts
    masks: MaskFacts
    classes: Sequence[str]
    task: str

    def answered(self, classes: Sequence[str], task: str) -> Suggestion:
        """Give the suggestion with the user's words.

        Raises:
            UserError: When there are not as many names as classes, or one is no word, or there is no such task.
        """
        if task not in _TASKS:
            raise UserError(f"a task is sea, ground or none, not {task!r}", "name one of them")
        strange = [name for name in classes if not re.fullmatch(r"[\w-]+", name)]
        if strange or len(set(classes)) < len(classes):
            raise UserError(f"classes are different words, not {', '.join(map(repr, classes))}", "name such as sky,sea")
        if len(classes) != len(self.classes):
            rule = f"the masks hold {len(self.classes)} classes, {len(classes)} names were given"
            raise UserError(rule, f"name them such as {','.join(self.classes)}")
        return replace(self, classes=classes, task=task)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width for the network: about the frames' aspect, in multiples of 32."""
        width, height = self.images.size
        tall = max(_STEP, min(_HEIGHT, height // _STEP * _STEP))
        return tall, max(_STEP, min(_WIDEST * tall, round(tall * width / height / _STEP) * _STEP))

    def text(self) -> str:
        """Write the recipe."""
        height, width = self.size
        values = {
            "folder": json.dumps(str(self.layout.root), ensure_ascii=False),
            "found": self._found(),
            "classes": f"[{', '.join(self.classes)}]",
            "values": self._values(),
            "task": self.task or '""',
            "task_note": _TASKS[self.task],
            "data": self._data(),
            "size": f"[{height}, {width}]",
            "frame_size": f"{self.images.size[0]}x{self.images.size[1]}",
            "channels": "1" if self.images.grey else "3",
            "color": "grey" if self.images.grey else "color",
            "loss": "bce" if len(self.classes) == 2 else "cross_entropy",
            "degrees": "20" if self.masks.roll > _STEEP else "5",
            "batch": str(max(1, min(_BATCH, self._train_count() // 2))),
        }
        return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(values)

    def _found(self) -> str:
        counts = ", ".join(f"{name} {count}" for name, count in self.images.counts.items())
        depth = f"{self.images.bits} bit, {'grey' if self.images.grey else 'color'}"
        sizes = ", ".join(f"{w}x{h}" for w, h in self.images.sizes[:4]) + (", ..." if self.images.sizes[4:] else "")
        return f"images: {counts}; {depth}; sizes (width x height): {sizes}"

    def _values(self) -> str:
        if self.masks.colors:
            return f"{len(self.masks.colors)} colors, most frequent first; put what is no class under ignore"
        return _shortened(self.masks.values) or "none could be read"

    def _train_count(self) -> int:
        counts = self.images.counts
        return counts["train"] if "train" in counts else counts["all"] * 7 // 10

    def _data(self) -> str:
        """Write the entries that say where the frames are."""
        reading = self._reading()
        layout = self.layout
        if layout.regular:
            return "\n".join(["  use: folder", f"  {reading}", *self._splitting()])
        lines = []
        for split in layout.names:
            where = f"lists: {_flow(layout.lists)}"
            if layout.splits:
                images, masks = (json.dumps(str(folder.relative_to(layout.root))) for folder in layout.splits[split])
                where = f"images: {images}, masks: {masks}"
            lines.append(f"  {split}: {{use: folder, {where}, {reading}}}")
        return "\n".join(lines)

    def _splitting(self) -> list[str]:
        """Write how frames that lie together are split."""
        layout = self.layout
        if layout.lists:
            return [f"  lists: {_flow(layout.lists)}"]
        if layout.splits or layout.groups == TABLE:
            return []
        if layout.groups:
            return [f"  group_pattern: '{layout.groups}'  # one film stays in one split; null splits frame by frame"]
        return ["  # split by ratio, frame by frame: if they are of films, group them by group_pattern or lines.csv"]

    def _reading(self) -> str:
        if self.masks.colors:
            return f"mask_colors: {[list(color) for color in self.masks.colors]}"
        reading = self.masks.reading
        return f"mask_values: {reading if isinstance(reading, str) else list(reading)}"


_TASKS: Mapping[str, str] = {
    "": "sea (1 is water and what floats on it) or ground (0 is sky, 1 all else) name the horizon's two tasks",
    "sea": "1 is water and what floats on it, 0 is sky and coast; ground if 1 is all that is not sky",
    "ground": "0 is sky, 1 is all else; sea if 1 is water and what floats on it alone",
}


def suggest(root: Path) -> Suggestion:
    """Look at a folder.

    Args:
        root: It holds images and masks in one of the usual layouts.

    Raises:
        DataError: When no images and masks can be told apart in it.
    """
    if not str(root.absolute()).isprintable() or "${" in str(root.absolute()):
        raise UserError(f"a recipe cannot name {printable(root.absolute())}", "rename the folder: plain letters, no ${")
    layout = find_layout(root)
    images = {name: image_files(folder) for name, (folder, _) in layout.folders.items()}
    files = [file for _, folder in layout.folders.values() for file in image_files(folder)]
    masks = look_at_masks(files) if files else MASKS_OF_LINES
    task = ("sea" if _SEA.search(str(Path(*layout.root.parts[-2:]))) else "ground") if masks.horizon else ""
    return Suggestion(layout, look_at_images(images), masks, _names(masks, task), task)


def _names(masks: MaskFacts, task: str) -> list[str]:
    if task:
        return ["sky", task]
    if masks.classes == 2:
        return ["background", "foreground"]
    return ["background", *(f"class_{index}" for index in range(1, masks.classes))]


def _shortened(values: Sequence[int]) -> str:
    return ", ".join(map(str, values[:12])) + (f", ... {values[-1]}" if values[12:] else "")


def _flow(mapping: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in mapping.items()) + "}"

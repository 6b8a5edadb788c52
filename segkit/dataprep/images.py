"""What the images of a folder are: how many, how large, grey or color, how deep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from segkit.dataprep.masks import spread
from segkit.dataprep.tree import Header, header
from segkit.errors import DataError
from segkit.images import read_image

LOOKED_AT = 200  # headers, evenly spread over all splits
_DECODED = 8  # color images, to see whether their channels are equal
_DEEP = ("I", "F")


@dataclass(frozen=True)
class ImageFacts:
    """What images are.

    Attributes:
        counts: Images of each split.
        sizes: (width, height), the most frequent first; at least one.
        grey: Whether all are.
        bits: 8 or 16.
    """

    counts: Mapping[str, int]
    sizes: Sequence[tuple[int, int]]
    grey: bool
    bits: int

    @property
    def size(self) -> tuple[int, int]:
        """The most frequent width and height."""
        return self.sizes[0]


def look_at_images(splits: Mapping[str, Sequence[Path]]) -> ImageFacts:
    """Read headers; files that have none are passed over, for a check names them.

    Args:
        splits: The images of each split.

    Raises:
        DataError: When none can be read.
    """
    paths = spread([path for files in splits.values() for path in files], LOOKED_AT)
    looked = [(path, head) for path in paths if isinstance(head := header(path), Header)]
    if not looked:
        cause = f"none of {len(paths)} images looked at can be read"
        raise DataError(cause, "give frames as jpg, png, bmp, tiff or webp")
    sizes = Counter(head.size if head.orientation < 5 else head.size[::-1] for _, head in looked)
    color = [path for path, head in looked if head.mode not in ("1", "L", "LA") and not head.mode.startswith(_DEEP)]
    return ImageFacts(
        counts={split: len(files) for split, files in splits.items()},
        sizes=[(width, height) for (width, height), _ in sizes.most_common()],
        grey=all(_channels_equal(path) for path in spread(color, _DECODED)),
        bits=16 if any(head.mode.startswith(_DEEP) for _, head in looked) else 8,
    )


def _channels_equal(path: Path) -> bool:
    try:
        image = read_image(path)
    except DataError:
        return True
    return bool((image == image[..., :1]).all())

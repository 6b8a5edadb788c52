"""The grey pixels of masks that should be black and white: smooth edges, and the traces of JPEG."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from segkit.errors import DataError
from segkit.images import named, read_mask_values
from segkit_std.datasets.mask_auto import some

_log = logging.getLogger("segkit")


def grey_share(masks: Sequence[Path]) -> float:
    """Give the share of pixels between 0 and 255, over the masks that can be decoded.

    Args:
        masks: 0/255 masks.
    """
    grey = pixels = 0
    for mask in masks:
        try:
            values = read_mask_values(mask)
        except DataError:  # it is raised again when the frame is read, where on_error has a say
            continue
        grey += int(((values > 0) & (values < 255)).sum())
        pixels += values.size
    return grey / max(pixels, 1)


def tell_grey(masks: Sequence[Path]) -> None:
    """Warn of grey pixels that a threshold makes classes, with their share over up to 200 masks of a split."""
    looked_at = some(masks)
    share = grey_share(looked_at)
    if share:
        _log.warning(
            "%s: %.2g %% of the mask pixels (%d of %d masks looked at) are neither 0 nor 255; above 127 is class 1\n"
            "    mask_edges: ignore leaves them out, error refuses them",
            named(masks[0].parent),
            100 * share,
            len(looked_at),
            len(masks),
        )

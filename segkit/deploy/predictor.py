"""A trained model as a function of frames: masks, probabilities, and what its postprocess makes of them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from segkit.catalog import Catalog
from segkit.deploy.network import Network
from segkit.deploy.postprocess import bind_postprocess
from segkit.deploy.views import make_views, probabilities
from segkit.engine.folder import check_installed, tell_other_versions
from segkit.engine.frames import at_size, labels, to_uint8
from segkit.engine.model_file import distributions_of, read_card
from segkit.engine.postprocess import make_postprocess
from segkit.errors import SegkitError, one_line
from segkit.kinds import Postprocess


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model says of one frame.

    Attributes:
        mask: (H, W) uint8, class indices, at the frame's own size.
        probabilities: (K, H, W) float32, of every class, K >= 2, at the frame's own size.
        row: What the model's postprocess says, by column; empty without one.
        table: The postprocess's table; empty without one.
    """

    mask: np.ndarray
    probabilities: np.ndarray
    row: Mapping[str, Any] = field(default_factory=dict)
    table: str = ""

    @property
    def horizon(self) -> Mapping[str, Any] | None:
        """The row when it is one of the table "horizon"; else None."""
        return self.row if self.table == "horizon" else None


class Predictor:
    """A trained model as a function of frames.

    Args:
        folder: The run's folder.
        catalog: Where its components are found.
        scales: Factors of the network's size at which it sees each frame; the probabilities are averaged.
        flip: Whether it sees the mirror image of each frame too.
        tile: Height and width of windows in the frame's own pixels that it sees one by one instead of the whole frame.
        overlap: The least part of a window's side that it shares with its neighbor.
        postprocess: Options that replace those of the model's postprocess, as a recipe writes them.

    Attributes:
        card: What the model says of itself.
        postprocess: As an object; None when the model has none.

    Raises:
        UserError: When the folder holds no model, or one of a distribution that is not installed; when a view is out of
            its range, or the network cannot take a size; when an option of the postprocess does not fit.
    """

    def __init__(
        self,
        folder: Path,
        catalog: Catalog,
        *,
        scales: Sequence[float] = (1.0,),
        flip: bool = False,
        tile: tuple[int, int] | None = None,
        overlap: float = 0.25,
        postprocess: Mapping[str, Any] | None = None,
    ) -> None:
        self._views = make_views(scales, flip, tile, overlap)
        self.card = read_card(folder)
        recorded = distributions_of(self.card)
        check_installed(folder, recorded, catalog)
        tell_other_versions(recorded, {plugin.distribution: plugin.version for plugin in catalog.plugins})
        bound = bind_postprocess(self.card, catalog, postprocess)
        self.postprocess: Postprocess | None = (
            make_postprocess(bound, self.card.classes, self.card.task) if bound else None
        )
        self._title = bound.title if bound else ""
        self._network = Network(folder, catalog)
        for scale in self._views.scales:
            self._network.check(scale)

    def __call__(self, images: Sequence[np.ndarray], meta: Sequence[Mapping[str, Any]] = ()) -> list[Prediction]:
        """Look at frames.

        Args:
            images: Frames (H, W, C) uint8 or uint16, C = 1 or 3, any sizes; those of one size beside each other are
                fastest.
            meta: What is known of each, for the postprocess: ``file``, ``frame``, ``time``, ``intrinsics``.
        """
        metas = list(meta) or [{}] * len(images)
        frames = [to_uint8(image, self.card.channels) for image in images]
        predictions: list[Prediction] = []
        with torch.inference_mode():
            for members, scores, seen in self._seen(frames):
                rows = self._rows(seen, [metas[n] for n in members])
                masks, shares = labels(scores).cpu().numpy(), seen.cpu().numpy()
                table = self.postprocess.table if self.postprocess is not None else ""
                predictions += [Prediction(*each, table) for each in zip(masks, shares, rows, strict=True)]
        return predictions

    def probabilities(self, image: np.ndarray) -> Tensor:
        """Look at one frame (H, W, C) and leave the postprocess out: (K, H, W), K >= 2, on the network's device."""
        with torch.inference_mode():
            return self._views(to_uint8(image, self.card.channels), self._network)

    def _seen(self, frames: Sequence[np.ndarray]) -> Iterator[tuple[list[int], Tensor, Tensor]]:
        """Give neighbors of one size together: their numbers, what their labels follow from, and probabilities."""
        logits = self._network(frames) if frames and self._views.plain else None
        for size, group in groupby(range(len(frames)), key=lambda n: frames[n].shape[:2]):
            members = list(group)
            if logits is not None:
                own = at_size(logits[members[0] : members[-1] + 1], size)
                yield members, own, probabilities(own)
            else:
                seen = torch.stack([self._views(frames[n], self._network) for n in members])
                yield members, seen, seen

    def _rows(self, seen: Tensor, metas: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        if self.postprocess is None:
            return [{} for _ in metas]
        try:
            rows = self.postprocess(seen, metas)
            given = [list(row) for row in rows]
        except SegkitError:
            raise
        except Exception as error:  # a stranger's; its owner and the size are what helps
            cause = f"{self._title} fails on frames of {tuple(seen.shape[2:])}: {one_line(error)}"
            raise SegkitError(cause, "tell its author") from error
        columns = list(self.postprocess.columns)
        if given != [columns] * len(metas):
            cause = f"{self._title} must give a row of {', '.join(columns)} a frame, {len(metas)} of them, not {rows!r}"
            raise SegkitError(textwrap.shorten(cause, 500, placeholder=" ..."), "tell its author")
        return rows

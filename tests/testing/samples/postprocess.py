"""A postprocess that keeps its contract, and others that break it in one way each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

Row = dict[str, Any]
Meta = Sequence[Mapping[str, Any]]


class Healthy:
    """How much of each frame is sky, and how high the sky reaches down."""

    table = "sky"
    columns: Sequence[str] = ("share", "depth")

    def __init__(self, classes: Sequence[str], task: str) -> None:
        self.classes = tuple(classes)

    def __call__(self, probabilities: Tensor, meta: Meta) -> list[Row]:
        shares = [float((frame.argmax(dim=0) == 0).double().mean()) for frame in probabilities]
        return [{"share": share, "depth": self.depth(share)} for share in shares]

    def depth(self, share: float) -> float | None:
        return share if 0 < share < 1 else None

    def draw(self, image: np.ndarray, row: Mapping[str, Any]) -> np.ndarray:
        drawn = image.copy()
        drawn[: round(row["share"] * len(image)), 0] = 255
        return drawn


class SpacedTable(Healthy):
    """Gives its table a name of two words."""

    table = "the sky"


class CallersColumn(Healthy):
    """Names a column that the caller writes."""

    columns = ("share", "file")


class RepeatedColumn(Healthy):
    """Names a column twice."""

    columns = ("share", "share")


class LacksAColumn(Healthy):
    """Says nothing of a frame without a horizon."""

    def __call__(self, probabilities: Tensor, meta: Meta) -> list[Row]:
        return [{"share": row["share"]} for row in super().__call__(probabilities, meta)]


class OneRowTooFew(Healthy):
    """Leaves the last frame out."""

    def __call__(self, probabilities: Tensor, meta: Meta) -> list[Row]:
        return super().__call__(probabilities, meta)[:-1]


class OtherOrder(Healthy):
    """Has its columns in another order than it says."""

    columns = ("depth", "share")


class GivesTensors(Healthy):
    """Gives tensors of one number."""

    def __call__(self, probabilities: Tensor, meta: Meta) -> list[Row]:
        rows = super().__call__(probabilities, meta)
        return [{**row, "share": torch.tensor(row["share"])} for row in rows]


class GivesNan(Healthy):
    """Gives NaN for what there is not."""

    def __call__(self, probabilities: Tensor, meta: Meta) -> list[Row]:
        return [{**row, "depth": float("nan")} for row in super().__call__(probabilities, meta)]


class ComparesWithTheBatch(Healthy):
    """Counts from the mean of the frames that it is given together."""

    def __call__(self, probabilities: Tensor, meta: Meta) -> list[Row]:
        rows = super().__call__(probabilities, meta)
        mean = sum(row["share"] for row in rows) / len(rows)
        return [{**row, "depth": row["share"] - mean} for row in rows]


class SmoothsEverything(Healthy):
    """Averages each frame with the one before it, of whatever file that is."""

    def __init__(self, classes: Sequence[str], task: str) -> None:
        super().__init__(classes, task)
        self.last: float | None = None

    def __call__(self, probabilities: Tensor, meta: Meta) -> list[Row]:
        rows = super().__call__(probabilities, meta)
        for row in rows:
            before, self.last = self.last, row["share"]
            row["depth"] = row["share"] if before is None else (row["share"] + before) / 2
        return rows


class LooksAtAFewPixels(Healthy):
    """Estimates from pixels that it draws by chance."""

    def __call__(self, probabilities: Tensor, meta: Meta) -> list[Row]:
        chosen = torch.randint(probabilities[0, 0].numel(), (20,))
        return super().__call__(probabilities.flatten(2)[..., chosen], meta)


class NeedsTheFile(Healthy):
    """Does not work where the file is not known."""

    def __call__(self, probabilities: Tensor, meta: Meta) -> list[Row]:
        names = [of_frame["file"] for of_frame in meta]
        return super().__call__(probabilities, meta)[: len(names)]


class CountsWhatItIsTold(Healthy):
    """Makes more of frames of which more is known."""

    def __call__(self, probabilities: Tensor, meta: Meta) -> list[Row]:
        rows = super().__call__(probabilities, meta)
        return [{**row, "depth": len(of_frame)} for row, of_frame in zip(rows, meta, strict=True)]


class NeedsBothClasses(Healthy):
    """Refuses a frame that is all sky, or has none."""

    def depth(self, share: float) -> float | None:
        return 1 / (1 / share - 1)


class NeedsADecision(Healthy):
    """Refuses a frame whose classes are equally probable everywhere."""

    def __call__(self, probabilities: Tensor, meta: Meta) -> list[Row]:
        if not (probabilities[:, 0] != probabilities[:, 1]).any():
            raise ValueError("nothing to be seen")
        return super().__call__(probabilities, meta)


class NeedsEvenSizes(Healthy):
    """Looks at blocks of two pixels by two, and at nothing where there is none."""

    def __call__(self, probabilities: Tensor, meta: Meta) -> list[Row]:
        return super().__call__(torch.nn.functional.avg_pool2d(probabilities, 2), meta)


class KeepsTheFirstSize(Healthy):
    """Weighs the rows of a frame by weights that it makes for the first one."""

    def __init__(self, classes: Sequence[str], task: str) -> None:
        super().__init__(classes, task)
        self.weights: Tensor | None = None

    def __call__(self, probabilities: Tensor, meta: Meta) -> list[Row]:
        if self.weights is None:
            self.weights = torch.ones(probabilities.shape[2])[:, None]
        return super().__call__(probabilities * self.weights, meta)


class WritesIntoProbabilities(Healthy):
    """Makes the most probable class certain, in place."""

    def __call__(self, probabilities: Tensor, meta: Meta) -> list[Row]:
        return super().__call__(probabilities.round_(), meta)


class WritesIntoMeta(Healthy):
    """Notes at each frame what it found."""

    def __call__(self, probabilities: Tensor, meta: Meta) -> list[Row]:
        rows = super().__call__(probabilities, meta)
        for row, of_frame in zip(rows, meta, strict=True):
            of_frame["found"] = row["share"]  # type: ignore[index]
        return rows


class DrawsInGrey(Healthy):
    """Draws into a picture without color."""

    def draw(self, image: np.ndarray, row: Mapping[str, Any]) -> np.ndarray:
        return super().draw(image, row)[..., 0]


class DrawsInFloat(Healthy):
    """Draws into a picture of floating-point numbers."""

    def draw(self, image: np.ndarray, row: Mapping[str, Any]) -> np.ndarray:
        return super().draw(image, row) / 255.0


class DrawsWhatIsThere(Healthy):
    """Cannot draw a value that is None."""

    def draw(self, image: np.ndarray, row: Mapping[str, Any]) -> np.ndarray:
        drawn = image.copy()
        drawn[: round(row["depth"] * len(image))] = 255
        return drawn


class DrawsIntoTheImage(Healthy):
    """Draws into the image that it is given."""

    def draw(self, image: np.ndarray, row: Mapping[str, Any]) -> np.ndarray:
        image[:1] = 255
        return image


class TakesFromTheRow(Healthy):
    """Takes out of the row what it has drawn."""

    def draw(self, image: np.ndarray, row: Mapping[str, Any]) -> np.ndarray:
        drawn = super().draw(image, row)
        row.pop("share")  # type: ignore[attr-defined]
        return drawn

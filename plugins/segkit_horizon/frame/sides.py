"""Which classes lie above the horizon, which below it, and which on either side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from segkit.kinds import IGNORE

_SKY = "sky"
_WATER = ("sea", "water")


@dataclass(frozen=True)
class Sides:
    """The classes by their index; the horizon parts ``sky`` from ``below``, and ``neither`` says nothing of it."""

    sky: int
    below: tuple[int, ...]
    neither: tuple[int, ...]

    @classmethod
    def of(cls, classes: Sequence[str], task: str = "", below: Sequence[str] | None = None) -> Sides:
        """Tell them by their names.

        The sky is the class of that name, else the first. Of two classes the other one lies below the horizon. Of more,
        those named sea or water do, and what floats on the water or stands at its edge reaches to both sides of the
        line; where there is no water, or the task is ground, all but the sky lie below.

        Args:
            classes: Names of the classes, in index order.
            task: The model's, "sea" or "ground"; empty where it is not known.
            below: Names of the classes below the horizon, instead.

        Raises:
            ValueError: When ``below`` is empty, or names what is no class or the sky.
        """
        names = tuple(classes)
        sky = names.index(_SKY) if _SKY in names else 0
        others = [index for index in range(len(names)) if index != sky]
        if below is not None:
            known = [names[index] for index in others]
            if not below or not set(below) <= set(known):
                raise ValueError(f"below must name classes other than the sky, not {list(below)}: choose of {known}")
            chosen = [index for index in others if names[index] in below]
        else:
            water = [index for index in others if names[index] in _WATER]
            chosen = water if water and len(others) > 1 and task != "ground" else others
        return cls(sky, tuple(chosen), tuple(index for index in others if index not in chosen))

    def mask(self, labels: Tensor) -> Tensor:
        """Give class indices (N, H, W), 255 = ignored, as uint8: 0 above, 1 below, 255 ignored or on neither side."""
        if (self.sky, self.below, self.neither) == (0, (1,), ()):
            return labels.to(torch.uint8)
        table = torch.full((IGNORE + 1,), IGNORE, dtype=torch.uint8, device=labels.device)
        table[self.sky] = 0
        table[list(self.below)] = 1
        return table[labels.long()]

    def sea(self, probabilities: Tensor) -> Tensor:
        """Give what ``fit_lines`` takes, of probabilities (N, K, H, W).

        It is the probability (N, H, W) of what lies below, or the mask of the likeliest classes when there are classes
        on neither side.
        """
        if self.neither:
            return self.mask(probabilities.max(dim=1).indices)
        if len(self.below) == 1:
            return probabilities[:, self.below[0]].float()
        return 1 - probabilities[:, self.sky].float()

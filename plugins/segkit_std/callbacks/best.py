"""Keep the best epoch's weights."""

from __future__ import annotations

import math
from typing import Any

from segkit.hooks import hookimpl
from segkit.kinds import Run


class Best:
    """Saves ``model.safetensors`` when the monitored value is better than in every epoch before.

    An epoch whose value is missing or not finite is never the best; of equal epochs the first is kept.

    Attributes:
        value: The best value so far; NaN while there is none.
        epoch: Its epoch, from 0; -1 while there is none.
    """

    def __init__(self) -> None:
        self.value = math.nan
        self.epoch = -1

    @hookimpl
    def validation_end(self, run: Run) -> None:
        """Save the weights if this epoch is the best."""
        value = float(run.values.get(run.monitor, math.nan))
        if not math.isfinite(value):
            return
        better = value > self.value if run.higher_is_better else value < self.value
        if self.epoch < 0 or better:
            run.save_weights(run.dir / "model.safetensors")
            self.value, self.epoch = value, run.epoch

    def state_dict(self) -> dict[str, Any]:
        """Give value and epoch."""
        return {"value": self.value, "epoch": self.epoch}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take value and epoch back."""
        self.value, self.epoch = state["value"], state["epoch"]

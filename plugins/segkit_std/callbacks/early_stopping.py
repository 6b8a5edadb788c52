"""Stop when validation no longer improves."""

from __future__ import annotations

import math
from typing import Any

from segkit.hooks import hookimpl
from segkit.kinds import Run


class EarlyStopping:
    """Ends the run after ``patience`` epochs without improvement of the monitored value.

    An epoch whose value is missing or not finite counts as one without improvement.

    Args:
        patience: Epochs in a row that may pass without improvement before the run ends.
        min_delta: By how much more than this a value must beat the best one to count as an improvement.

    Raises:
        ValueError: When patience is below 1, or min_delta negative or not finite.
    """

    def __init__(self, patience: int = 5, min_delta: float = 0.0) -> None:
        if patience < 1:
            raise ValueError(f"patience must be 1 or more epochs, not {patience}: give such as 5")
        if not (math.isfinite(min_delta) and min_delta >= 0):
            raise ValueError(f"min_delta must be finite and not negative, not {min_delta}: give such as 0.001")
        self.patience = patience
        self.min_delta = min_delta
        self._best = math.nan
        self._best_epoch = -1
        self._waited = 0

    @hookimpl
    def epoch_end(self, run: Run) -> str | None:
        """Give the reason to stop, or None to go on."""
        value = float(run.values.get(run.monitor, math.nan))
        gain = value - self._best if run.higher_is_better else self._best - value
        if math.isfinite(value) and (self._best_epoch < 0 or gain > self.min_delta):
            self._best, self._best_epoch, self._waited = value, run.epoch, 0
            return None
        self._waited += 1
        return self._reason(run.monitor) if self._waited >= self.patience else None

    def _reason(self, monitor: str) -> str:
        if self._best_epoch < 0:
            return f"early stopping: {monitor} had no finite value in {self._waited} epochs"
        best = self._best_epoch + 1  # people count from 1
        return (
            f"early stopping: validation worsened from epoch {best + 1} on; {monitor} was best in epoch {best} "
            f"({self._best:.4f}) and not better in the {self._waited} since"
        )

    def state_dict(self) -> dict[str, Any]:
        """Give the best value, its epoch, and the epochs waited since."""
        return {"best": self._best, "best_epoch": self._best_epoch, "waited": self._waited}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take them back."""
        self._best, self._best_epoch, self._waited = state["best"], state["best_epoch"], state["waited"]

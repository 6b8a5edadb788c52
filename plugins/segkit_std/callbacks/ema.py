"""Validate and keep weights that are averaged over the steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from segkit.hooks import hookimpl
from segkit.kinds import Run


class Ema:
    """Keeps an exponential moving average of the weights; it, and not the last step, is validated, saved and tested.

    After step n every floating-point tensor of the model, running statistics included, is averaged as
    ``average = d * average + (1 - d) * weights`` with ``d = min(decay, (1 + n) / (10 + n))``: the average of a short
    run thus forgets its random beginning. What is no floating-point number is copied. Averaging iterates: Polyak,
    Juditsky, Acceleration of Stochastic Approximation by Averaging, 1992, DOI 10.1137/0330046; the average that warms
    up is TensorFlow's ``ExponentialMovingAverage(num_updates=...)``.

    Training goes on from its own weights: they are put aside at the start of a validation and back at the end of the
    epoch, after every other callback.

    Args:
        decay: The most that the old average counts in a step.

    Raises:
        ValueError: When decay is not in [0, 1).
    """

    def __init__(self, decay: float = 0.998) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"decay must be at least 0 and below 1, not {decay}: give such as 0.998")
        self.decay = decay
        self._average: dict[str, Tensor] = {}
        self._own: dict[str, Tensor] = {}

    @hookimpl
    def run_start(self, run: Run) -> None:
        """Bring an average that was read from a checkpoint to where the model is."""
        weights = run.model.state_dict()
        self._average = {name: average.to(weights[name]) for name, average in self._average.items()}

    @hookimpl
    def step_end(self, run: Run) -> None:
        """Take the step's weights into the average."""
        weights = run.model.state_dict()
        if not self._average:
            self._average = _copied(weights)
            return
        share = 1 - min(self.decay, (1 + run.step) / (10 + run.step))
        for name, tensor in weights.items():
            average = self._average[name]
            if tensor.is_floating_point():
                average.lerp_(tensor, share)
            else:
                average.copy_(tensor)

    @hookimpl
    def validation_start(self, run: Run) -> None:
        """Put the average into the model."""
        if self._average:
            self._own = _copied(run.model.state_dict())
            run.model.load_state_dict(self._average)

    @hookimpl(trylast=True)
    def epoch_end(self, run: Run) -> None:
        """Put the weights of training back."""
        if self._own:
            run.model.load_state_dict(self._own)
            self._own = {}

    def state_dict(self) -> dict[str, Any]:
        """Give the average."""
        return {"average": _copied(self._average)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take it back."""
        self._average = _copied(state["average"])


def _copied(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in tensors.items()}

"""A callback that keeps its contract, and others that break it in one way each."""

from __future__ import annotations

from typing import Any

from segkit.hooks import hookimpl
from segkit.kinds import Run


class Healthy:
    """Ends the run after some epochs.

    Args:
        epochs: How many.
    """

    def __init__(self, epochs: int = 3) -> None:
        self.epochs, self.heard = epochs, 0

    @hookimpl
    def epoch_end(self, run: Run) -> Any:
        self.heard += 1
        return self.reason(run) if self.heard >= self.epochs else None

    def reason(self, run: Run) -> Any:
        return f"{self.heard} epochs are enough"

    def state_dict(self) -> dict[str, Any]:
        return {"heard": self.heard}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.heard = state["heard"]


class Misspelt(Healthy):
    """Waits for an event that does not exist."""

    @hookimpl
    def epoch_ends(self, run: Run) -> None:
        pass


class Deaf:
    """Marks no method as an event's."""

    def epoch_end(self, run: Run) -> None:
        pass


class Flag(Healthy):
    """Ends the run with True in place of a reason."""

    def reason(self, run: Run) -> Any:
        return True


class Expects(Healthy):
    """Takes for granted that the monitored value is there."""

    def reason(self, run: Run) -> Any:
        return f"{run.values[run.monitor]}"

    @hookimpl
    def validation_end(self, run: Run) -> None:
        self.reason(run)


class Changes(Healthy):
    """Writes into the run."""

    @hookimpl
    def run_start(self, run: Run) -> None:
        run.stopped = "I say so"


class Talks(Healthy):
    """Speaks on standard output."""

    @hookimpl
    def run_start(self, run: Run) -> None:
        print("off we go")  # noqa: T201 - that is the fault


class Unsaved(Healthy):
    """Begins to count anew when it goes on."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        pass


class Pickled(Healthy):
    """Keeps in its state what no checkpoint can hold."""

    def state_dict(self) -> dict[str, Any]:
        return {"heard": self}


class Divides(Healthy):
    """Takes for granted that a run makes a step before it ends."""

    @hookimpl
    def run_end(self, run: Run) -> None:
        self.share = run.total_steps / run.step

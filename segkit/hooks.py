"""The pluggy hooks: what a plugin module answers when asked, and what a callback hears during a run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from segkit.kinds import Run
    from segkit.spec import CommandSpec, ComponentSpec

PROJECT = "segkit"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class DiscoveryHooks:
    """What a module behind a ``segkit`` entry point may implement. It must import without torch."""

    @hookspec
    def segkit_components(self) -> Iterable[ComponentSpec]:  # type: ignore[empty-body]
        """Give the specs of the plugin's components, as a list or a generator."""

    @hookspec
    def segkit_commands(self) -> Iterable[CommandSpec]:  # type: ignore[empty-body]
        """Give the specs of the plugin's verbs, as a list or a generator."""


class RunHooks:
    """The events of a run, in their order. A callback implements any of them, each with one read-only Run."""

    @hookspec
    def run_start(self, run: Run) -> None:
        """Hear that everything is built and, on a resumed run, restored; the next thing is a step."""

    @hookspec
    def epoch_start(self, run: Run) -> None:
        """Hear that the data order of a new epoch begins (again, after a resume in its middle)."""

    @hookspec
    def step_end(self, run: Run) -> None:
        """Hear that the optimizer made a step; ``run.values`` holds train/loss and train/lr."""

    @hookspec
    def validation_start(self, run: Run) -> None:
        """Hear that the validation set is about to be measured, with the weights that the model has after this."""

    @hookspec
    def validation_end(self, run: Run) -> None:
        """Hear that the validation set was measured; ``run.values`` holds val/loss and val/<metric>."""

    @hookspec
    def epoch_end(self, run: Run) -> str | None:
        """Hear that an epoch is over and validated. A text that is returned stops the run and is its reason."""

    @hookspec
    def run_end(self, run: Run) -> None:
        """Hear that training is over, was interrupted or failed; called once in any case."""

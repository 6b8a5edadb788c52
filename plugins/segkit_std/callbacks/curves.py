"""Draw how training goes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from segkit.hooks import hookimpl
from segkit.kinds import Run

_TRAIN, _VALIDATION, _BEST = "#0072b2", "#d55e00", "#009e73"  # told apart by the color-blind too (Okabe and Ito 2008)


class Curves:
    """Draws ``curves.png`` each epoch: training and validation loss, and below them the monitored value.

    The best epoch is marked; values that are missing or not finite leave a gap.
    """

    def __init__(self) -> None:
        self._history: dict[str, list[float]] = {"epoch": [], "train": [], "validation": [], "monitor": []}

    @hookimpl
    def epoch_end(self, run: Run) -> None:
        """Add the epoch and draw."""
        latest = {
            "epoch": run.epoch + 1,
            "train": run.values.get("train/loss", math.nan),
            "validation": run.values.get("val/loss", math.nan),
            "monitor": run.values.get(run.monitor, math.nan),
        }
        for name, value in latest.items():
            self._history[name].append(float(value))
        figure = _draw(self._history, run)
        part = run.dir / "curves.png.part"
        figure.savefig(part, format="png")
        part.replace(run.dir / "curves.png")

    def state_dict(self) -> dict[str, Any]:
        """Give the history."""
        return {name: list(values) for name, values in self._history.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take the history back."""
        self._history = {name: list(values) for name, values in state.items()}


def _draw(history: dict[str, list[float]], run: Run) -> Figure:
    figure = Figure(figsize=(7, 6), dpi=110)  # no pyplot: it keeps figures in a global
    top, bottom = figure.subplots(2, 1, sharex=True)
    figure.subplots_adjust(left=0.13, right=0.97, top=0.97, bottom=0.09, hspace=0.08)  # a layout engine costs as much
    epochs = history["epoch"]
    _line(top, epochs, history["train"], _TRAIN, "training")
    _line(top, epochs, history["validation"], _VALIDATION, "validation")
    top.set_ylabel("loss")
    top.legend(frameon=False)
    _line(bottom, epochs, history["monitor"], _VALIDATION, run.monitor)
    _mark_best(bottom, epochs, history["monitor"], run.higher_is_better)
    bottom.set_ylabel(run.monitor)
    bottom.set_xlabel("epoch")
    bottom.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in (top, bottom):
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _line(axes: Axes, epochs: Sequence[float], values: Sequence[float], color: str, label: str) -> None:
    axes.plot(epochs, values, color=color, label=label, marker="o", markersize=3, linewidth=1.5)


def _mark_best(axes: Axes, epochs: Sequence[float], values: Sequence[float], higher_is_better: bool) -> None:
    finite = [(value, epoch) for value, epoch in zip(values, epochs, strict=True) if math.isfinite(value)]
    if not finite:
        return
    sign = 1 if higher_is_better else -1
    value, epoch = max(finite, key=lambda point: sign * point[0])
    label = f"best: {value:.4f} in epoch {epoch:.0f}"
    axes.plot([epoch], [value], "o", color=_BEST, markersize=8, label=label)
    axes.legend(*([part[-1]] for part in axes.get_legend_handles_labels()), frameon=False)

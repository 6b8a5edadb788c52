"""A run without an engine, and the plugin manager that an engine would call its callbacks through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pluggy
import pytest

from segkit.hooks import PROJECT, RunHooks


@dataclass
class FakeRun:
    """Every field of ``segkit.kinds.Run``, set by hand; frames are a bright sky over a dark ground."""

    dir: Path
    classes: Sequence[str] = ("sky", "ground")
    monitor: str = "val/iou_mean"
    higher_is_better: bool = True
    epochs: int = 10
    epoch: int = 0
    steps_per_epoch: int = 88
    total_steps: int = 880
    step: int = 0
    values: dict[str, float] = field(default_factory=dict)
    stopped: str = ""
    model: object = None
    saved: list[Path] = field(default_factory=list)
    frames: tuple[np.ndarray, np.ndarray] | None = None
    seconds_left: float = 65.0

    def time_left(self) -> float:
        return self.seconds_left

    def validation_frames(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        images, masks = _scene() if self.frames is None else self.frames
        return images[:count], masks[:count]

    def predict(self, images: np.ndarray) -> np.ndarray:
        classes: np.ndarray = (images.mean(axis=3) < 128).astype(np.uint8)
        return classes

    def save_weights(self, path: Path) -> None:
        self.saved.append(path)


def _scene() -> tuple[np.ndarray, np.ndarray]:
    masks = np.zeros((12, 32, 64), np.uint8)
    masks[:, 16:] = 1
    images = np.where(masks == 1, 40, 200).astype(np.uint8)[..., None].repeat(3, axis=3)
    masks[:, :, :8] = 255
    return images, masks


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


@pytest.fixture
def hooks() -> Callable[[object], pluggy.HookRelay]:
    """Register a callback the way the engine does, and give what calls its events."""

    def register(callback: object) -> pluggy.HookRelay:
        manager = pluggy.PluginManager(PROJECT)
        manager.add_hookspecs(RunHooks)
        manager.register(callback)
        manager.check_pending()
        return manager.hook

    return register

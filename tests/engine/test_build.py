"""What cannot work is refused by name, before any frame is read and before there is a run folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import segkit
from segkit.errors import RecipeError
from segkit.hooks import hookimpl
from segkit.kinds import Run, Sample

OWNER = "of made-for-tests 1.0"


class Unreadable:
    """A data set that must not be read."""

    fingerprint = "unreadable"

    def __init__(self, split: str) -> None:
        self.split = split

    def __len__(self) -> int:
        return 14

    def __getitem__(self, index: int) -> Sample:
        raise AssertionError("a frame was read")


@pytest.fixture
def refused(plug: Any, cli: Any, recipe: Path, tmp_path: Path) -> Any:
    """``refused(*overrides)`` gives what a run says that is refused with exit code 2."""
    data = f"data={{use: '{plug('dataset', 'unreadable', Unreadable)}', size: [32, 64]}}"

    def says(*overrides: str) -> str:
        outcome = cli("run", recipe, f"run.dir={tmp_path / 'run'}", data, *overrides)
        assert outcome.code == 2
        assert "Traceback" not in outcome.err
        assert not (tmp_path / "run").exists()
        return str(outcome.err)

    return says


def broken(**_: Any) -> None:
    raise ValueError("power must be odd, not 4: give 3")


class BrokenInside:
    def __init__(self) -> None:
        raise KeyError("absent")


@pytest.mark.parametrize(
    ("kind", "override"),
    [
        ("loss", "loss={name}"),
        ("metric", "metrics=[iou, {name}]"),
        ("augment", "augment=[{name}]"),
        ("callback", "callbacks=[{name}]"),
        ("optimizer", "optimizer={name}"),
        ("scheduler", "scheduler={name}"),
        ("model", "model={name}"),
    ],
)
def test_a_constructor_that_raises_is_told_with_its_owner(refused: Any, plug: Any, kind: str, override: str) -> None:
    said = refused(override.format(name=plug(kind, "broken", broken)))
    assert f"{kind} 'broken' {OWNER}: power must be odd, not 4: give 3" in said


def test_an_error_of_another_type_is_told_with_its_type(refused: Any, plug: Any) -> None:
    said = refused(f"augment=[{plug('augment', 'inside', BrokenInside)}]")
    assert f"augment 'inside' {OWNER}: KeyError: 'absent'" in said


def test_all_that_cannot_be_made_is_told_at_once(refused: Any, plug: Any) -> None:
    said = refused(f"loss={plug('loss', 'one', broken)}", f"augment=[{plug('augment', 'two', broken)}]")
    assert "loss 'one'" in said
    assert "augment 'two'" in said


class Network(nn.Module):
    """Gives logits of the shape that it is told."""

    def __init__(self, channels: int = 1, shrink: int = 1) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, channels, 1, stride=shrink)

    def forward(self, images: Tensor) -> Any:
        return self.layer(images)


@pytest.mark.parametrize(
    ("options", "shape"),
    [("channels: 2", "(1, 2, 32, 64)"), ("shrink: 2", "(1, 1, 16, 32)"), ("channels: 3", "(1, 3,")],
)
def test_a_model_of_a_wrong_shape_is_refused(refused: Any, plug: Any, options: str, shape: str) -> None:
    said = refused(f"model={{use: '{plug('model', 'network', Network)}', {options}}}")
    assert f"model 'network' {OWNER} gave {shape}" in said
    assert "where logits are (1, 1, 32, 64)" in said


def test_a_model_that_gives_no_tensor_outside_of_training_is_refused(refused: Any, plug: Any) -> None:
    class Pair(Network):
        def forward(self, images: Tensor) -> Any:
            return self.layer(images), []

    assert f"model 'pair' {OWNER} gave tuple where logits are" in refused(f"model={plug('model', 'pair', Pair)}")


def test_a_model_that_fails_is_refused_with_its_words(refused: Any, plug: Any) -> None:
    class Fails(Network):
        def forward(self, images: Tensor) -> Any:
            raise RuntimeError("sizes must divide by 48")

    said = refused(f"model={plug('model', 'fails', Fails)}")
    assert f"model 'fails' {OWNER} fails on a frame of (32, 64): RuntimeError: sizes must divide by 48" in said


def test_a_callback_for_an_unknown_event_is_refused(refused: Any, plug: Any) -> None:
    class Listener:
        @hookimpl
        def epoch_ended(self, run: Run) -> None: ...

    said = refused(f"callbacks=[{plug('callback', 'listener', Listener)}]")
    assert f"callback 'listener' {OWNER}" in said
    assert "unknown hook 'epoch_ended'" in said


def test_a_callback_with_an_unknown_argument_is_refused(refused: Any, plug: Any) -> None:
    class Listener:
        @hookimpl
        def epoch_end(self, trainer: Any) -> None: ...

    said = refused(f"callbacks=[{plug('callback', 'listener', Listener)}]")
    assert f"callback 'listener' {OWNER}" in said
    assert "'trainer'" in said


@pytest.mark.parametrize(
    ("kind", "override"), [("metric", "metrics=[iou, iou]"), ("callback", "callbacks=[best, best]")]
)
def test_what_is_named_twice_is_refused(refused: Any, kind: str, override: str) -> None:
    assert f"{kind} {override.partition('[')[2][:-1].split(', ')[0]!r} is named twice" in refused(override)


def test_a_monitor_that_nothing_gives_is_refused_with_those_that_are_given(refused: Any) -> None:
    said = refused("train.monitor=val/iou_see")
    assert "nothing gives 'val/iou_see'" in said
    assert "val/iou_sea" in said


def test_a_mean_for_another_number_of_channels_is_refused(refused: Any) -> None:
    said = refused("data.normalize={mean: [0.5], std: [0.2]}")
    assert "1 means and 1 deviations for 3 channels" in said


def test_check_refuses_the_same_and_reads_no_frame(plug: Any, recipe: Path) -> None:
    data = f"data={{use: '{plug('dataset', 'unreadable', Unreadable)}', size: [32, 64]}}"
    segkit.check(recipe, [data])
    with pytest.raises(RecipeError, match="power must be odd"):
        segkit.check(recipe, [data, f"loss={plug('loss', 'broken', broken)}"])


def test_a_full_run_folder_is_refused_and_told_how_to_go_on(recipe: Path, tmp_path: Path, cli: Any) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").touch()
    outcome = cli("run", recipe, f"run.dir={tmp_path / 'full'}")
    assert outcome.code == 2
    assert "is not empty" in outcome.err
    assert f"--resume {tmp_path / 'full'}" in outcome.err


def test_a_batch_larger_than_the_training_set_is_refused(recipe: Path, tmp_path: Path, cli: Any) -> None:
    outcome = cli("run", recipe, f"run.dir={tmp_path / 'run'}", "train.batch_size=5", "train.accumulate=3")
    assert outcome.code == 2
    assert "batch_size x accumulate = 15, more than the 14 training frames" in outcome.err
    assert not (tmp_path / "run").exists()


def test_losses_hear_of_classes_and_their_training_pixels(run: Any, plug: Any) -> None:
    heard: list[tuple[Sequence[str], Sequence[int]]] = []

    class Counting:
        def __init__(self, classes: Sequence[str], class_counts: Sequence[int]) -> None:
            heard.append((tuple(classes), list(class_counts)))

        def __call__(self, logits: Tensor, target: Tensor) -> Tensor:
            return torch.square(logits).mean()

    name = plug("loss", "counting", Counting)
    run("run", f"loss={name}", "data.bow=0.0", "train.steps=1", "train.monitor=val/loss")  # a bow is ignored
    assert all(classes == ("sky", "sea") for classes, _ in heard)
    assert sum(heard[-1][1]) == 14 * 32 * 64  # at network size
    assert min(heard[-1][1]) > 0

"""Batch norm is warned of, before training, where its statistics could be those of one frame or of one value."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import segkit
from segkit.engine.batch_norm import lone_frame, warnings, watch
from segkit.engine.fit import Trainer
from segkit.recipe import Train

MAP = {"block.norm": (1, 8, 4, 4)}
PIXEL = {"pool.norm": (1, 8, 1, 1)}


@pytest.mark.parametrize(
    ("frames", "train", "alone"),
    [
        (14, Train(batch_size=1), True),
        (14, Train(batch_size=1, drop_last=True), True),
        (14, Train(batch_size=4), False),  # the last batch holds two
        (13, Train(batch_size=4), True),
        (12, Train(batch_size=4), False),
        (13, Train(batch_size=4, drop_last=True), False),
        (13, Train(batch_size=4, accumulate=2), True),  # the last step is cut into batches of 4 and of 1
        (14, Train(batch_size=4, accumulate=3), False),
        (13, Train(batch_size=4, epochs=None, steps=3), False),  # training ends before the fourth batch
        (13, Train(batch_size=4, epochs=None, steps=4), True),
        (13, Train(batch_size=4, accumulate=2, epochs=None, steps=2), True),
        (13, Train(batch_size=4, epochs=None, max_time="1h"), True),
    ],
)
def test_a_frame_is_alone_in_a_batch_of_one_or_in_the_last_batch(frames: int, train: Train, alone: bool) -> None:
    assert bool(lone_frame(train, frames)) == alone


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize(("batch_size", "accumulate"), [(4, 1), (13, 1), (3, 2), (2, 3), (1, 2)])
def test_it_is_warned_of_exactly_when_training_takes_a_batch_of_one(
    run: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, batch_size: int, accumulate: int,
    drop_last: bool,
) -> None:  # fmt: skip
    taken: list[int] = []
    take = Trainer.take

    def note(trainer: Trainer, rows: list[int]) -> Any:
        taken.append(len(rows))
        return take(trainer, rows)

    monkeypatch.setattr(Trainer, "take", note)
    cut = [f"train.batch_size={batch_size}", f"train.accumulate={accumulate}", f"train.drop_last={drop_last}".lower()]
    with caplog.at_level(logging.WARNING, "segkit"):
        run("run", *cut, "train.epochs=1", "data.counts=[13, 2, 2]")
    assert ("batch norm can meet a batch of one" in caplog.text) == (1 in taken)


def test_a_larger_map_is_normalized_by_one_frames_statistics() -> None:
    (line,) = warnings(MAP, Train(batch_size=4), 13)
    assert "\n" not in line
    assert "batch norm can meet a batch of one" in line
    assert "of 13 training frames in batches of 4 the last one of an epoch is alone" in line
    assert "block.norm (1, 8, 4, 4)" in line
    assert "set model.norm=group, or another train.batch_size or train.drop_last=true" in line


def test_a_map_of_one_pixel_is_refused_by_torch_and_each_case_has_its_line() -> None:
    lines = warnings({**MAP, **PIXEL}, Train(batch_size=1), 13)
    assert len(lines) == 2
    assert "train.batch_size is 1; it is in block.norm (1, 8, 4, 4): set model.norm=group, or another" in lines[0]
    assert "one value a channel, which torch refuses in training" in lines[1]
    assert "1x1 in pool.norm (1, 8, 1, 1)" in lines[1]
    assert "or a larger data.size" in lines[1]
    assert "drop_last" not in "".join(lines)  # it does not help where every batch is of one
    assert "pool.norm" not in lines[0]
    assert warnings(PIXEL, Train(batch_size=1), 13) == lines[1:]


def test_nothing_is_said_without_a_lone_frame_or_without_batch_norm() -> None:
    assert warnings({**MAP, **PIXEL}, Train(batch_size=4), 14) == []
    assert warnings({}, Train(batch_size=1), 14) == []


def test_of_many_layers_three_are_named() -> None:
    (line,) = warnings({f"layer{i}": (1, 8, 4, 4) for i in range(9)}, Train(batch_size=1), 13)
    assert "layer0 (1, 8, 4, 4), layer1 (1, 8, 4, 4), layer2 (1, 8, 4, 4) and 6 more" in line


def test_what_every_kind_of_batch_norm_is_given_is_noted_and_the_fewest_values_count() -> None:
    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.twice, self.tokens, self.sync = nn.BatchNorm2d(3), nn.BatchNorm1d(3), nn.SyncBatchNorm(3)
            self.group, self.unused = nn.GroupNorm(3, 3), nn.BatchNorm2d(3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            small = self.twice(nn.functional.avg_pool2d(self.twice(x), 4))
            return self.group(self.sync(self.tokens(x.flatten(2)).reshape(x.shape))) + small.mean()

    network = Network().eval()
    with watch(network) as shapes:
        network(torch.zeros(1, 3, 8, 4))
    assert shapes == {"twice": (1, 3, 2, 1), "tokens": (1, 3, 32), "sync": (1, 3, 8, 4)}
    network(torch.zeros(1, 3, 4, 4))
    assert shapes["tokens"] == (1, 3, 32)  # nothing is noted behind the watch


@pytest.fixture
def said(recipe: Path, caplog: pytest.LogCaptureFixture) -> Any:
    """``said(*overrides)`` gives the warnings of a check that finds no fault."""

    def check(*overrides: str) -> list[str]:
        caplog.clear()
        with caplog.at_level(logging.WARNING, "segkit"):
            segkit.check(recipe, overrides)
        return [record.getMessage() for record in caplog.records]

    return check


def test_check_warns_and_finds_no_fault(said: Any) -> None:
    (line,) = said("train.batch_size=13")
    assert "of 14 training frames in batches of 13" in line
    assert "backbone.levels.0.0.1 (1, 4, 32, 64)" in line
    assert said("train.batch_size=13", "train.drop_last=true") == []
    assert said("train.batch_size=13", "model.norm=group") == []
    assert said("train.batch_size=1", "model.norm=sync_batch")
    assert said() == []


def test_a_map_of_one_pixel_is_warned_of_and_torch_does_refuse_it(said: Any, run: Any) -> None:
    tiny = ["train.batch_size=13", "data.size=[32, 32]", "model.backbone.widths=[2, 2, 2, 2, 2, 2]"]
    several, single = said(*tiny)
    assert "batch of one" in several
    assert "1x1 in backbone.levels.5.0.1 (1, 2, 1, 1)" in single
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        run("run", *tiny)


def test_the_command_line_says_it_on_standard_error_and_ends_well(cli: Any, recipe: Path) -> None:
    outcome = cli("check", recipe, "train.batch_size=13")
    assert outcome.code == 0
    assert "no fault found" in outcome.out
    assert "batch norm can meet a batch of one" in outcome.err
    assert cli("check", recipe).err == ""

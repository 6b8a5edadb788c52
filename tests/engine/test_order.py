"""Data order, steps of an epoch, and the shares of ranks."""

from __future__ import annotations

import subprocess
import sys

import pytest

from segkit.engine.order import epoch_order, rows_of_rank, seed_for, steps_per_epoch
from segkit.engine.plan import MARGIN, Pace, epoch_steps, make_plan, steps_in
from segkit.errors import RecipeError
from segkit.recipe import Train


def test_an_order_is_a_permutation_of_its_own_for_each_epoch_and_seed() -> None:
    orders = [epoch_order(seed, epoch, 50) for seed in (0, 1) for epoch in range(3)]
    assert all(sorted(order) == list(range(50)) for order in orders)
    assert len({tuple(order) for order in orders}) == 6


def test_orders_and_seeds_are_those_of_another_process() -> None:
    code = (
        "from segkit.engine.order import epoch_order, seed_for; print(epoch_order(3, 2, 40), seed_for(3, 'step', 7, 1))"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert there.stdout.strip() == f"{epoch_order(3, 2, 40)} {seed_for(3, 'step', 7, 1)}"


def test_every_step_and_rank_has_a_seed_of_its_own() -> None:
    seeds = {seed_for(seed, "step", step, rank) for seed in range(3) for step in range(50) for rank in range(4)}
    assert len(seeds) == 3 * 50 * 4
    assert all(0 <= seed < 2**63 for seed in seeds)


@pytest.mark.parametrize(
    ("frames", "images", "drop_last", "expected"),
    [
        (700, 8, False, 88),
        (700, 8, True, 87),
        (704, 8, False, 88),
        (704, 8, True, 88),
        (8, 8, False, 1),
        (1, 1, True, 1),
    ],
)
def test_steps_of_an_epoch(frames: int, images: int, drop_last: bool, expected: int) -> None:
    assert steps_per_epoch(frames, images, drop_last) == expected
    assert epoch_steps(Train(batch_size=images, drop_last=drop_last), frames) == expected


def test_a_step_takes_batch_size_times_accumulate_images() -> None:
    train = Train(batch_size=3, accumulate=2, clip_norm=0.5, checkpoint_every=4)
    plan = make_plan(train, seed=5, frames=14, higher_is_better=True, total_steps=9)
    assert (plan.images_per_step, plan.steps_per_epoch, plan.total_steps) == (6, 3, 9)
    assert (plan.seed, plan.clip_norm, plan.checkpoint_every, plan.monitor) == (5, 0.5, 4, "val/iou_mean")


def test_a_step_of_more_images_than_there_are_is_refused() -> None:
    with pytest.raises(RecipeError, match="batch_size x accumulate = 16, more than the 15 training frames"):
        epoch_steps(Train(batch_size=8, accumulate=2), 15)


@pytest.mark.parametrize("world", [1, 2, 3, 5])
@pytest.mark.parametrize("count", [1, 4, 7, 15])
def test_ranks_share_all_rows_evenly(world: int, count: int) -> None:
    rows = list(range(100, 100 + count))
    shares = [rows_of_rank(rows, rank, world) for rank in range(world)]
    assert len({len(mine) for mine, _ in shares}) == 1  # all of them take part in every backward pass
    real = [row for mine, fills in shares for row in (mine[:-1] if fills else mine)]
    assert sorted(real) == rows
    assert all(set(mine) <= set(rows) for mine, _ in shares)


@pytest.mark.parametrize(
    ("budget", "pace", "per_epoch", "expected"),
    [
        (100, Pace(1, 4), 10, 66),  # 6 epochs of 14 s, then 6 steps and a validation: 94 s
        (14, Pace(1, 4), 10, 10),  # one epoch exactly
        (13, Pace(1, 4), 10, 9),  # 9 steps and a validation
        (17.9, Pace(1, 4), 10, 10),  # what is left holds no validation
        (19, Pace(1, 4), 10, 11),
        (5, Pace(1, 4), 10, 1),
        (0.5, Pace(1, 4), 10, 1),  # at least one
        (30, Pace(0.5, 0), 7, 60),
    ],
)
def test_steps_that_fit_into_a_time(budget: float, pace: Pace, per_epoch: int, expected: int) -> None:
    time = budget / MARGIN if budget != 100 else 100  # the first case has the margin worked out by hand: 94 s
    assert steps_in(time + 1e-9, pace, per_epoch) == expected


def test_a_rank_takes_every_world_th_row_and_fills_its_share_up() -> None:
    assert rows_of_rank([10, 11, 12, 13, 14], 0, 2) == ([10, 12, 14], False)
    assert rows_of_rank([10, 11, 12, 13, 14], 1, 2) == ([11, 13, 10], True)

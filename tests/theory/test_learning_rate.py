"""T12: the learning rate.

On a quadratic of curvature L a step at rate a multiplies the distance to the minimum by 1 - aL. So 1/L lands in the
minimum at once, a rate above it overshoots, one above 2/L moves away, and a very small one crawls. Where directions
differ in curvature the steepest one sets the limit, and the flattest one the time. Schedules begin with a rate near the
limit and end with a small one.
"""

from __future__ import annotations

from math import cos, pi
from typing import Any

import pytest
import torch
from torch import nn

import segkit

CURVATURE = 6.0  # of 3x^2 + 5x + 4


def distances(rate: float, steps: int, curvatures: tuple[float, ...] = (CURVATURE,)) -> list[list[float]]:
    """The places of plain gradient descent from (1, ...) on half the sum of L x^2, after each step."""
    x = nn.Parameter(torch.ones(len(curvatures), dtype=torch.float64))
    optimizer = segkit.build("optimizer", "sgd", {"lr": rate}, params=[x])
    scale, seen = torch.tensor(curvatures, dtype=torch.float64), []
    for _ in range(steps):
        optimizer.zero_grad()
        (0.5 * scale * x**2).sum().backward()
        optimizer.step()
        seen.append(x.tolist())
    return seen


def limit(curvatures: tuple[float, ...]) -> float:
    """The largest rate at which descent does not move away, by bisection."""
    low, high = 0.0, 10.0
    for _ in range(25):
        middle = (low + high) / 2
        stays = max(map(abs, distances(middle, 20, curvatures)[-1])) <= 1
        low, high = (middle, high) if stays else (low, middle)
    return low


@pytest.mark.parametrize("curvatures", [(CURVATURE,), (0.25,), (1.0, 40.0)])
def test_the_limit_of_the_rate_is_two_over_the_largest_curvature(curvatures: tuple[float, ...]) -> None:
    assert limit(curvatures) == pytest.approx(2 / max(curvatures), rel=1e-5)
    assert limit(curvatures) != pytest.approx(1 / max(curvatures), rel=0.1)


def test_one_over_the_curvature_lands_in_the_minimum() -> None:
    assert distances(1 / CURVATURE, 1) == [[pytest.approx(0, abs=1e-12)]]


def test_a_rate_that_is_too_high_overshoots_and_beyond_the_limit_moves_away() -> None:
    overshooting = [x for (x,) in distances(1.5 / CURVATURE, 3)]
    assert overshooting == pytest.approx([-0.5, 0.25, -0.125])
    assert [x for (x,) in distances(2.5 / CURVATURE, 3)] == pytest.approx([-1.5, 2.25, -3.375])


def test_a_rate_that_is_too_low_crawls() -> None:
    assert distances(0.001 / CURVATURE, 100)[-1] == [pytest.approx(0.999**100)]
    assert distances(0.001 / CURVATURE, 100)[-1][0] > 0.9
    assert abs(distances(0.9 / CURVATURE, 10)[-1][0]) < 1e-9


def test_the_flattest_direction_takes_the_time_that_the_steepest_one_dictates() -> None:
    """Curvatures 1 and 40, at the rate 1/40: the steep one is there at once, the flat one keeps 97.5 % a step."""
    flat, steep = distances(1 / 40, 20, (1.0, 40.0))[-1]
    assert steep == pytest.approx(0, abs=1e-12)
    assert flat == pytest.approx(0.975**20)


def rates(name: str, total: int, **options: Any) -> list[float]:
    """The rate of every step, of a peak of 1."""
    optimizer = segkit.build("optimizer", "sgd", {"lr": 1.0}, params=[nn.Parameter(torch.zeros(1))])
    given = {"optimizer": optimizer, "total_steps": total, "steps_per_epoch": 10}
    scheduler = segkit.build("scheduler", name, options, **given)
    seen = []
    for _ in range(total):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return seen


def test_cosine_falls_along_half_a_cosine() -> None:
    assert rates("cosine", 40) == pytest.approx([(1 + cos(pi * step / 40)) / 2 for step in range(40)])


def test_one_cycle_rises_to_its_peak_and_falls_to_almost_nothing() -> None:
    seen = rates("one_cycle", 40)
    top = seen.index(max(seen))
    assert max(seen) == pytest.approx(1)
    assert seen[0] < 0.1
    assert seen[-1] < 1e-3
    assert seen == [*sorted(seen[:top]), *sorted(seen[top:], reverse=True)]


def test_a_warm_up_grows_evenly_from_a_small_rate() -> None:
    """One epoch of ten steps; the rate is kept from then on."""
    assert rates("constant", 15, warmup_epochs=1.0) == pytest.approx([(n + 1) / 10 for n in range(10)] + [1.0] * 5)


def test_a_falling_rate_settles_where_a_constant_one_keeps_jumping() -> None:
    """x^2 with noise on the gradient: the constant rate ends as noisy as it is, the cosine one near the minimum."""

    def end(schedule: str) -> float:
        torch.manual_seed(0)
        x = nn.Parameter(torch.ones(500, dtype=torch.float64))
        optimizer = segkit.build("optimizer", "sgd", {"lr": 0.3}, params=[x])
        scheduler = segkit.build("scheduler", schedule, {}, optimizer=optimizer, total_steps=200, steps_per_epoch=10)
        for _ in range(200):
            x.grad = 2 * x.detach() + torch.randn(500, dtype=torch.float64)
            optimizer.step()
            scheduler.step()
        return float(x.detach().square().mean())

    # at a constant rate a the variance is a / (4 - 4a) = 0.107
    assert end("constant") == pytest.approx(0.3 / (4 - 4 * 0.3), rel=0.2)
    assert end("cosine") < 0.2 * end("constant")

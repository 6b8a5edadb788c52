from __future__ import annotations

import itertools
from math import cos, pi, sin

import numpy as np
import pytest
from numpy.typing import NDArray

from segkit_horizon.confidence import deviation, share_within
from segkit_horizon.smoothing import JUMP_FRAMES, LineFilter, Sighting

Array = NDArray[np.float64]


def boat(time: float) -> tuple[float, float]:
    """A boat that rolls by 10 degrees in 4 s and pitches by 5 % of the height in 3 s: normal in degrees, place."""
    return 90 + 10 * sin(2 * pi * time / 4), 3 + 5 * cos(2 * pi * time / 3)


def noisy(times: Array, seed: int = 0, confidence: float = 0.5) -> list[Sighting]:
    """Sightings with the errors that their confidence says."""
    rng, spread = np.random.default_rng(seed), 0.5 * deviation(confidence)
    off = rng.normal(0, spread, (len(times), 2))
    return [Sighting(boat(t)[0] + a, boat(t)[1] + b, confidence) for t, (a, b) in zip(times, off, strict=True)]


def followed(times: Array, sightings: list[Sighting | None]) -> list[Sighting | None]:
    line = LineFilter()
    return [line(float(t), sighting) for t, sighting in zip(times, sightings, strict=True)]


def rms(times: Array, lines: list[Sighting | None]) -> tuple[float, float]:
    off = np.array([[line.normal_deg, line.middle_pct] for line in lines if line]) - [boat(t) for t in times]
    angle, place = np.sqrt(np.mean(off**2, axis=0))
    return float(angle), float(place)


@pytest.mark.parametrize("rate", [10, 25, 60])
def test_a_rolling_boat_is_followed_better_than_it_is_seen(rate: int) -> None:
    times = np.arange(0, 20, 1 / rate)
    seen = noisy(times)
    raw, smooth = rms(times, list(seen)), rms(times[5:], followed(times, list(seen))[5:])
    angle, place = {10: (0.9, 0.95), 25: (0.75, 0.8), 60: (0.55, 0.65)}[rate]
    assert smooth[0] < angle * raw[0]
    assert smooth[1] < place * raw[1]


def test_the_filter_agrees_with_kalmans_equations() -> None:
    """One step worked out with plain matrices."""
    first, second, dt = Sighting(80.0, 2.0, 0.6), Sighting(80.6, 1.7, 0.9), 0.04
    line = LineFilter()
    line(1.0, first)
    given = line(1.0 + dt, second)
    for k, (before, after, push, speed) in enumerate([(80.0, 80.6, 100.0, 20.0), (2.0, 1.7, 1000.0, 40.0)]):
        p = np.diag([(0.5 * deviation(0.6)) ** 2, speed**2])
        f = np.array([[1, dt], [0, 1]])
        p = f @ p @ f.T + push * np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
        gain = p[0, 0] / (p[0, 0] + (0.5 * deviation(0.9)) ** 2)
        expected = before + gain * (after - before)
        assert given is not None
        assert (given.normal_deg, given.middle_pct)[k] == pytest.approx(expected, rel=1e-9)


def test_a_line_trusted_more_moves_the_answer_more() -> None:
    moved = []
    for confidence in (0.05, 0.4, 0.95):
        line = LineFilter()
        line(0.0, Sighting(90.0, 0.0, 0.9))
        given = line(0.04, Sighting(90.4, 0.0, confidence))
        assert given is not None
        moved.append(given.normal_deg - 90)
    assert moved == sorted(moved)
    assert moved[2] > 2 * moved[0] > 0


def test_outliers_are_left_out() -> None:
    times, rng = np.arange(0, 20, 0.04), np.random.default_rng(1)
    seen = noisy(times)
    wrong = rng.random(len(times)) < 0.15
    wrong[:10] = False
    spoilt = [
        Sighting(s.normal_deg + rng.choice([-1, 1]) * rng.uniform(8, 90), s.middle_pct + rng.uniform(-30, 30), 0.5)
        if bad
        else s
        for s, bad in zip(seen, wrong, strict=True)
    ]
    lines = followed(times, list(spoilt))
    assert all(lines)
    clean, kept = rms(times, followed(times, list(seen))), rms(times, lines)
    assert kept[0] < 1.3 * clean[0]
    assert kept[1] < 1.3 * clean[1]
    assert rms(times, list(spoilt))[0] > 20 * clean[0]


def test_a_sound_line_is_hardly_ever_taken_for_an_outlier() -> None:
    times = np.arange(0, 60, 0.04)
    lines = followed(times, list(noisy(times, seed=2)))
    assert sum(line is None or line.confidence < 0.4999 for line in lines) <= 0.01 * len(times)


def test_a_gap_is_carried_over_with_a_confidence_that_falls() -> None:
    times = np.arange(0, 6, 0.04)
    seen: list[Sighting | None] = list(noisy(times, confidence=0.9))
    for k in range(100, 112):
        seen[k] = None
    lines = followed(times, seen)
    gap = [line for line in lines[99:112] if line]
    assert len(gap) == 13
    falling = [line.confidence for line in gap]
    assert falling[0] == pytest.approx(0.9)
    assert all(later < before for before, later in itertools.pairwise(falling))
    assert 0 < falling[12] < 0.2
    off = max(abs(line.normal_deg - boat(t)[0]) for t, line in zip(times[100:106], gap[1:7], strict=True))
    assert off < 1.0
    assert lines[112] is not None
    assert lines[112].confidence == pytest.approx(0.9)


def test_after_a_second_without_a_line_there_is_none() -> None:
    line = LineFilter()
    line(0.0, Sighting(90.0, 0.0, 0.9))
    answers = [line(k / 25, None) for k in range(1, 40)]
    assert all(answers[k] is not None for k in range(25))
    assert all(answer is None for answer in answers[25:])
    assert line(40 / 25, Sighting(20.0, 5.0, 0.4)) == Sighting(20.0, 5.0, 0.4)


def test_a_view_that_has_really_jumped_is_taken_up_with_the_third_frame() -> None:
    times = np.arange(0, 4, 0.04)
    seen: list[Sighting | None] = [
        Sighting(90.0, 0.0, 0.9) if k < 50 else Sighting(130.0, 20.0, 0.9) for k in range(100)
    ]
    lines = followed(times, seen)
    for k, line in enumerate(lines):
        assert line is not None
        assert line.normal_deg == pytest.approx(90.0 if k < 50 + JUMP_FRAMES - 1 else 130.0, abs=0.1)
    assert [line.confidence < 0.9 - 1e-6 for line in lines[49:54] if line] == [False, True, True, False, False]


def test_outliers_in_a_row_that_do_not_agree_are_no_jump() -> None:
    times = np.arange(0, 2, 0.04)
    seen: list[Sighting | None] = [Sighting(90.0, 0.0, 0.9) for _ in times]
    for k, angle in zip(range(20, 26), (120, 60, 150, 20, 170, 110), strict=True):
        seen[k] = Sighting(float(angle), 25.0 * (-1) ** k, 0.9)
    assert all(line is not None and line.normal_deg == pytest.approx(90.0, abs=0.1) for line in followed(times, seen))


@pytest.mark.parametrize("later", [0.0, -3.0, 1.5])
def test_a_time_that_does_not_rise_or_jumps_begins_anew(later: float) -> None:
    line = LineFilter()
    line(10.0, Sighting(90.0, 0.0, 0.9))
    line(10.04, Sighting(90.0, 0.0, 0.9))
    assert line(10.04 + later, Sighting(-120.0, 30.0, 0.3)) == Sighting(-120.0, 30.0, 0.3)


def test_a_frame_without_a_horizon_at_the_start_has_none() -> None:
    line = LineFilter()
    assert line(0.0, None) is None
    assert line(0.04, Sighting(90.0, 0.0, 0.8)) == Sighting(90.0, 0.0, 0.8)


def test_the_angle_runs_on_over_the_half_turn() -> None:
    """A drone that rolls on and on, 30 degrees a second."""
    times = np.arange(0, 14, 0.04)
    angles = [180 - (180 - 30 * t) % 360 for t in times]
    lines = followed(times, [Sighting(angle, 0.0, 0.9) for angle in angles])
    for angle, line in zip(angles[20:], lines[20:], strict=True):
        assert line is not None
        assert -180 < line.normal_deg <= 180
        assert abs((line.normal_deg - angle + 180) % 360 - 180) < 0.5


@pytest.mark.parametrize("confidence", [0.05, 0.3, 0.683**2, 0.9, 0.99])
def test_errors_of_that_deviation_are_within_the_bounds_as_often_as_the_confidence_says(confidence: float) -> None:
    spread = 0.5 * deviation(confidence)
    errors = np.random.default_rng(0).normal(0, spread, (200_000, 2))
    assert np.mean((np.abs(errors) < 0.5).all(axis=1)) == pytest.approx(confidence, abs=0.004)
    assert share_within(spread, spread) == pytest.approx(confidence, rel=1e-9)


def test_no_confidence_is_beyond_measure() -> None:
    assert 0 < deviation(1.0) < deviation(0.99) < deviation(0.5) < deviation(0.0) < 100

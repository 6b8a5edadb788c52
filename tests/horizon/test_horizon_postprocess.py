from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import atan, cos, inf, radians, sin, sqrt, tan
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from segkit_horizon.frame.lenses import fit_through, lens_of
from segkit_horizon.frame.sides import Sides
from segkit_horizon.line import Lens, fit_lines
from segkit_horizon.postprocess._sea import sea_columns
from segkit_horizon.postprocess.horizon import Horizon

HEIGHT, WIDTH = 240, 320
FOCAL = 400.0
BIG_R = 6_371_000 / 0.87
Row = dict[str, Any]

CAMERA: dict[str, Any] = {"focal_px": FOCAL, "camera_height_m": 4.0}


def sea(normal_deg: float, middle: float = 0.0, size: tuple[int, int] = (HEIGHT, WIDTH)) -> Tensor:
    """Two-class probabilities (2, H, W) of a line so far from the frame's middle; a blur of a pixel."""
    y, x = torch.meshgrid(*(torch.arange(side) + 0.5 for side in size), indexing="ij")
    n = radians(normal_deg)
    below = torch.sigmoid(4 * ((x - size[1] / 2) * cos(n) + (y - size[0] / 2) * sin(n) - middle))
    return torch.stack([1 - below, below])


def row(probabilities: Tensor, meta: Mapping[str, Any] | None = None, **options: Any) -> Row:
    return Horizon(("sky", "sea"), "sea", **options)(probabilities[None], [meta or {}])[0]


@pytest.mark.parametrize("estimator", ["robust", "least_squares"])
def test_a_row_describes_its_line(estimator: str) -> None:
    """A line 10 px below the middle, that falls to the right by 20 degrees."""
    given = row(sea(110.0, 10.0), estimator=estimator)
    slope, center = tan(radians(20)), 120 + 10 / cos(radians(20))
    assert (given["answer"], given["estimator"]) == ("line", estimator)
    assert given["slope"] == pytest.approx(slope, abs=1e-3)
    assert given["center_y_px"] == pytest.approx(center, abs=0.05)
    assert given["offset"] == pytest.approx((center - slope * 160) / HEIGHT, abs=1e-3)
    assert given["normal_deg"] == pytest.approx(110, abs=0.05)
    assert given["roll_deg"] == pytest.approx(20, abs=0.05)
    assert given["rho_px"] == pytest.approx(10 + 160 * cos(radians(110)) + 120 * sin(radians(110)), abs=0.05)
    assert 0 <= given["confidence"] <= 1
    assert given["differs_deg"] < 0.1
    assert given["residual_px"] < 0.3
    assert [given[name] for name in ("pitch_deg", "horizon_m", "near_low_m", "near_high_m")] == [None] * 4


def test_a_vertical_line_has_no_slope() -> None:
    given = row(sea(0.0), **CAMERA)
    assert given["answer"] == "line"
    assert given["roll_deg"] == pytest.approx(-90, abs=0.05)
    assert [given[name] for name in ("slope", "offset", "center_y_px")] == [None] * 3


@pytest.mark.parametrize("value", [0, 1])
def test_all_sky_and_all_sea_have_no_horizon_and_no_numbers(value: int) -> None:
    given = row(torch.stack([torch.full((HEIGHT, WIDTH), p) for p in (1.0 - value, float(value))]), **CAMERA)
    assert (given.pop("answer"), given.pop("estimator"), given.pop("confidence")) == ("no_horizon", "robust", 0.0)
    assert set(given.values()) == {None}


def test_the_two_estimators_differ_where_a_ship_stands_on_the_line() -> None:
    given = sea(90.0)
    given[:, 60:120, 20:60] = torch.tensor([0.0, 1.0]).view(2, 1, 1)
    robust, plain = row(given), row(given, estimator="least_squares")
    apart = abs(robust["normal_deg"] - plain["normal_deg"])
    assert apart > 1
    assert robust["differs_deg"] == pytest.approx(apart, rel=1e-6)
    assert plain["differs_deg"] == pytest.approx(apart, rel=1e-6)
    assert robust["roll_deg"] == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("roll", [0.0, 25.0, -140.0])
@pytest.mark.parametrize("pitch", [-6.0, 0.0, 9.0])
def test_the_pitch_is_that_of_the_camera_whatever_its_roll(roll: float, pitch: float) -> None:
    """With the axis that much above the horizontal, the dipped horizon lies f tan(pitch + dip) below the middle."""
    dip = sqrt(2 * 4.0 / BIG_R)
    given = row(sea(90 + roll, FOCAL * tan(radians(pitch) + dip)), **CAMERA)
    assert given["pitch_deg"] == pytest.approx(pitch, abs=0.02)
    assert given["horizon_m"] == pytest.approx(sqrt(2 * 4.0 * BIG_R), rel=1e-3)


def test_the_sea_begins_where_the_lower_edge_looks() -> None:
    """Half the frame, 120 px, below the horizon, which itself is lower than level by the dip."""
    given = row(sea(90.0), **CAMERA)
    near = 4.0 / tan(atan(120 / FOCAL) + sqrt(2 * 4.0 / BIG_R))
    assert given["near_low_m"] < near < given["near_high_m"] < 1.1 * given["near_low_m"]
    far = row(sea(90.0, 110.0), **CAMERA)
    depression = atan(120 / FOCAL) - atan(110 / FOCAL) + sqrt(2 * 4.0 / BIG_R)
    distance = BIG_R * (depression - sqrt(depression**2 - 2 * 4.0 / BIG_R))
    assert far["near_low_m"] < distance < far["near_high_m"] < 1.3 * far["near_low_m"]
    assert row(sea(-90.0), **CAMERA)["near_low_m"] is None  # upside down the lower edge is sky


def test_a_sea_that_may_begin_at_the_horizon_ends_nowhere() -> None:
    line = {"normal_deg": 90.0, "rho_px": HEIGHT - 0.4, "confidence": 0.5}
    *_, low, high = sea_columns(line, (HEIGHT, WIDTH), Lens(FOCAL, FOCAL, 160.0, 120.0), 4.0)
    assert 0 < low < inf == high


def test_what_a_frame_says_of_its_camera_comes_first() -> None:
    intrinsics = {"fx": 800.0, "fy": 800.0, "cx": 160.0, "cy": 120.0}
    told = {"intrinsics": intrinsics, "camera_height_m": 8.0}
    assert row(sea(90.0, 5.0), told, **CAMERA) == row(sea(90.0, 5.0), focal_px=800.0, camera_height_m=8.0)
    assert row(sea(90.0, 5.0), told) == row(sea(90.0, 5.0), told, **CAMERA)


def test_a_bent_horizon_is_straight_behind_its_lens() -> None:
    k1, k2, fx, fy, cx, cy = -0.3, 0.1, FOCAL, FOCAL, 150.0, 125.0
    y, x = np.meshgrid(np.arange(HEIGHT) + 0.5, np.arange(WIDTH) + 0.5, indexing="ij")
    u, v = (x - cx) / fx, (y - cy) / fy
    a, b = u, v
    for _ in range(60):  # the pinhole's point that the lens shows there
        r = a * a + b * b
        a, b = u / (1 + k1 * r + k2 * r * r), v / (1 + k1 * r + k2 * r * r)
    below = torch.from_numpy(b * fy + cy - 0.05 * (a * fx + cx) - 40 > 0).float()
    options: dict[str, Any] = {"focal_px": FOCAL, "center": (cx, cy), "distortion": (k1, k2, 0.0, 0.0, 0.0)}
    given = row(torch.stack([1 - below, below]), **options)
    assert given["slope"] == pytest.approx(0.05, abs=2e-3)
    assert given["offset"] == pytest.approx(40 / HEIGHT, abs=1e-3)
    drawn = Horizon(**options).draw(np.full((HEIGHT, WIDTH, 3), 128, np.uint8), given)
    changed = (drawn[30:] != 128).any(axis=2)  # below the text
    assert changed.any(axis=0).mean() > 0.98
    for c in np.flatnonzero(changed.any(axis=0)):
        edge = np.flatnonzero(np.diff(below[:, c].numpy()))[0] + 1
        assert abs(np.flatnonzero(changed[:, c]).mean() + 30.5 - edge) < 1.0


@pytest.mark.parametrize("normal_deg", [90.0, 50.0, 0.0, -120.0])
@pytest.mark.parametrize("size", [(480, 640), (1080, 1920)])
def test_the_line_is_drawn_where_it_is(normal_deg: float, size: tuple[int, int]) -> None:
    given = row(sea(normal_deg, 60.0, size))
    image = np.full((*size, 3), 128, np.uint8)
    drawn = Horizon().draw(image, given)
    image[:] = 128
    y, x = np.indices(size) + 0.5
    n = radians(normal_deg)
    away = np.abs((x - size[1] / 2) * cos(n) + (y - size[0] / 2) * sin(n) - 60)
    changed = (drawn != 128).any(axis=2)
    changed[: size[0] // 8, : size[1] // 2] = away[: size[0] // 8, : size[1] // 2] < 1  # the text
    assert changed[away < 0.7].all()
    assert away[changed].max() < 6


def test_a_frame_without_a_horizon_is_drawn_with_words_only() -> None:
    given = row(torch.stack([torch.ones(HEIGHT, WIDTH), torch.zeros(HEIGHT, WIDTH)]))
    drawn = Horizon().draw(np.full((HEIGHT, WIDTH, 3), 128, np.uint8), given)
    assert (drawn[:40] != 128).any()
    assert (drawn[40:] == 128).all()


def film(count: int, name: str = "a.mp4", start: int = 0) -> list[dict[str, Any]]:
    return [{"file": name, "frame": n, "time": n / 25} for n in range(start, start + count)]


def rows(horizon: Horizon, frames: Sequence[Tensor], meta: Sequence[Mapping[str, Any]]) -> list[Row]:
    return horizon(torch.stack(list(frames)), meta)


def test_a_smoothed_film_leaves_an_outlier_out_and_carries_the_line_over_a_frame_without() -> None:
    frames = [sea(90 + 0.2 * n, 0.5 * n) for n in range(14)]
    frames[8], frames[11] = sea(150.0, -60.0), torch.stack([torch.ones(HEIGHT, WIDTH), torch.zeros(HEIGHT, WIDTH)])
    plain, smooth = rows(Horizon(), frames, film(14)), rows(Horizon(smooth=True), frames, film(14))
    assert plain[8]["roll_deg"] == pytest.approx(60, abs=0.1)
    assert plain[11]["answer"] == "no_horizon"
    for n, given in enumerate(smooth):
        assert given["answer"] == "line"
        assert given["roll_deg"] == pytest.approx(0.2 * n, abs=0.3)
        n_rad = radians(given["normal_deg"])
        assert given["rho_px"] - 160 * cos(n_rad) - 120 * sin(n_rad) == pytest.approx(0.5 * n, abs=0.7)
        assert given["slope"] == pytest.approx(tan(radians(given["roll_deg"])), rel=1e-9, abs=1e-9)
    for n in (8, 11):
        assert smooth[n]["confidence"] < smooth[n - 1]["confidence"]
    assert smooth[11]["residual_px"] is None


def test_smoothing_forgets_a_film_when_the_next_begins() -> None:
    horizon = Horizon(smooth=True)
    rows(horizon, [sea(90.0)] * 5, film(5))
    second = rows(horizon, [sea(150.0)], film(1, "b.mp4", start=5))[0]
    assert second["roll_deg"] == pytest.approx(60, abs=0.05)
    still_first = rows(horizon, [sea(90.0)] * 2, film(2, "c.mp4"))[0]
    assert still_first["roll_deg"] == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("meta", [{}, {"file": "a.png"}, {"time": 3.0}])
def test_frames_of_no_film_are_not_smoothed(meta: Mapping[str, Any]) -> None:
    frames = [sea(90.0), sea(100.0), sea(170.0)]
    assert rows(Horizon(smooth=True), frames, [meta] * 3) == rows(Horizon(), frames, [meta] * 3)


def test_an_obstacle_says_nothing_of_the_line() -> None:
    """A quay with a house that hides the horizon at the right, and is more than half of what is not sky."""
    below = sea(90.0)[1]
    obstacle = torch.zeros(HEIGHT, WIDTH)
    obstacle[40:, 140:] = 1
    given = torch.stack([(1 - below) * (1 - obstacle), below * (1 - obstacle), obstacle])
    for classes, task in ((("sky", "water", "obstacle"), "sea"), (("sky", "sea", "land"), "")):
        found = Horizon(classes, task, "least_squares")(given[None], [{}])[0]
        assert found["roll_deg"] == pytest.approx(0, abs=0.05)
        assert found["center_y_px"] == pytest.approx(120, abs=0.3)
    tilted = Horizon(("sky", "water", "obstacle"), "ground", "least_squares")(given[None], [{}])[0]
    assert abs(tilted["roll_deg"]) > 5


@pytest.mark.parametrize(
    ("classes", "task", "expected"),
    [
        (("sky", "sea"), "sea", (0, (1,), ())),
        (("background", "foreground"), "", (0, (1,), ())),
        (("sea", "sky"), "sea", (1, (0,), ())),
        (("sky", "water", "obstacle"), "sea", (0, (1,), (2,))),
        (("obstacle", "water", "sky"), "sea", (2, (1,), (0,))),
        (("sky", "water", "obstacle"), "ground", (0, (1, 2), ())),
        (("sky", "road", "building"), "ground", (0, (1, 2), ())),
        (("sky", "road", "building"), "", (0, (1, 2), ())),
    ],
)
def test_the_sides_follow_from_the_names(classes: tuple[str, ...], task: str, expected: tuple[Any, ...]) -> None:
    sides = Sides.of(classes, task)
    assert (sides.sky, sides.below, sides.neither) == expected


def test_masks_of_sides_keep_what_is_ignored() -> None:
    labels = torch.tensor([[[0, 1, 2, 255]]])
    assert Sides.of(("sky", "water", "boat")).mask(labels).tolist() == [[[0, 1, 255, 255]]]
    assert Sides.of(("land", "sky", "hills")).mask(labels).tolist() == [[[1, 0, 1, 255]]]
    assert Sides.of(("sky", "sea")).mask(labels.clamp(max=1)).tolist() == [[[0, 1, 1, 1]]]


def test_frames_with_several_lenses_are_each_fitted_through_their_own() -> None:
    bent = Lens(FOCAL, FOCAL, 160.0, 120.0, (-0.3, 0.1, 0.0, 0.0, 0.0))
    frames = torch.stack([sea(90.0 + 5 * n, 20.0)[1] for n in range(4)])
    lenses = [None, bent, None, bent]
    together = fit_through(frames, "robust", lenses)
    for n, lens in enumerate(lenses):
        alone = fit_lines(frames[n : n + 1], "robust", lens)
        assert float(together.normal[n]) == pytest.approx(float(alone.normal[0]), rel=1e-9)
        assert float(together.rho[n]) == pytest.approx(float(alone.rho[0]), rel=1e-9)
    assert abs(float(together.rho[3] - fit_lines(frames[3:]).rho[0])) > 0.05


def test_intrinsics_that_lack_something_are_refused() -> None:
    assert lens_of({}) is None
    assert lens_of({"intrinsics": {"fx": 1, "fy": 2, "cx": 3, "cy": 4}}) == Lens(1.0, 2.0, 3.0, 4.0)
    with pytest.raises(ValueError, match=r"must hold fx, fy, cx and cy, not \['cx', 'fx'\]: give fy, cy too"):
        lens_of({"intrinsics": {"fx": 1, "cx": 3}})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"estimator": "ransac"}, "estimator must be one of .*, not 'ransac': give robust"),
        ({"focal_px": 0.0}, "focal_px must be above 0, not 0.0: give"),
        ({"camera_height_m": -1.0}, "camera_height_m must be above 0, not -1.0: give"),
        ({"camera_height_m": float("nan")}, "camera_height_m must be above 0, not nan: give"),
        ({"center": (1.0, 2.0)}, r"center needs focal_px, which is not given, not \(1.0, 2.0\) alone: give both"),
        ({"distortion": (0.1, 0.0, 0.0, 0.0, 0.0)}, "distortion needs focal_px"),
        ({"focal_px": 9.0, "center": (inf, 2.0)}, "cx and cy must be finite, not inf"),
        ({"below": ["sky"]}, "below must name classes other than the sky"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Horizon(("sky", "sea"), "sea", **options)

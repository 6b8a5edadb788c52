from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import atan, cos, degrees, hypot, isnan, pi, radians, sin, tan
from typing import Any, Literal

import numpy as np
import pytest
import torch
from torch import Tensor

from segkit_horizon.line import Lens
from segkit_horizon.metrics._errors import angle_error, center_error, line_error
from segkit_horizon.metrics.horizon_line import HorizonLine

HEIGHT, WIDTH = 100, 160


def level(row: int) -> Tensor:
    """A mask (H, W): sky down to a row, sea below."""
    return (torch.arange(HEIGHT).view(-1, 1) >= row).long().expand(HEIGHT, WIDTH).clone()


def tilted(slope: float, offset: float, flip: bool = False) -> Tensor:
    """A mask with the sea below the line y = slope * x + offset * H, or above it; whole pixels by their centers."""
    y, x = torch.arange(HEIGHT).view(-1, 1) + 0.5, torch.arange(WIDTH) + 0.5
    return ((y >= slope * x + offset * HEIGHT) != flip).long()


def sure(masks: Tensor, classes: int = 2) -> Tensor:
    """Logits (N, K, H, W) that predict the masks."""
    logits = torch.stack([10.0 * (masks == k) for k in range(classes)], dim=1)
    return logits[:, 1:] - logits[:, :1] if classes == 2 else logits


def measured(
    seen: Sequence[Tensor],
    true: Sequence[Tensor],
    meta: Sequence[Mapping[str, Any]] = (),
    classes: Sequence[str] = ("sky", "sea"),
    estimator: Literal["robust", "least_squares"] = "robust",
    below: list[str] | None = None,
) -> dict[str, float]:
    metric = HorizonLine(classes, estimator, below)
    target = torch.stack(list(true))
    metric.update(sure(torch.stack(list(seen)), len(classes)), target, meta or [{}] * len(target))
    return {name: float(value) for name, value in metric.compute().items()}


@pytest.mark.parametrize("estimator", ["robust", "least_squares"])
def test_a_line_three_rows_too_low_is_three_pixels_off(estimator: Literal["robust", "least_squares"]) -> None:
    values = measured([level(43)], [level(40)], estimator=estimator)
    for name in ("center_px", "center_pct", "line_px"):
        for key in ("mean", "median", "p25", "p95"):
            assert values[f"{name}_{key}"] == pytest.approx(3, abs=1e-6)
    assert values["angle_deg_mean"] == pytest.approx(0, abs=1e-6)
    assert (values["beyond_1deg_2pct"], values["beyond_5deg_5pct"]) == (1, 0)
    assert values["missed"] == 0
    assert isnan(values["invented"])


def test_percentiles_are_those_of_the_frames_errors() -> None:
    rows = [0, 1, 1, 2, 3, 5, 8, 13, 4, 20]
    values = measured([level(40 + row) for row in rows], [level(40)] * 10)
    assert values["center_px_mean"] == pytest.approx(np.mean(rows))
    assert values["center_px_median"] == pytest.approx(np.median(rows))
    assert values["center_pct_p25"] == pytest.approx(np.percentile(rows, 25))
    assert values["line_px_p95"] == pytest.approx(np.percentile(rows, 95))
    assert values["beyond_1deg_2pct"] == pytest.approx(np.mean(np.array(rows) > 2))
    assert values["beyond_5deg_5pct"] == pytest.approx(np.mean(np.array(rows) > 5))


@pytest.mark.parametrize("degree", [-30.0, 2.0, 20.0])
def test_the_angle_is_that_between_the_lines(degree: float) -> None:
    """Both lines through the middle of the frame: no error at the center."""
    slope = tan(radians(degree))
    values = measured([tilted(slope, 0.5 - slope * WIDTH / 2 / HEIGHT)], [level(50)])
    assert values["angle_deg_mean"] == pytest.approx(abs(degree), abs=0.15)
    assert values["center_px_mean"] == pytest.approx(0, abs=0.2)
    assert values["beyond_5deg_5pct"] == float(abs(degree) > 5)
    # The true line's points lie up to 80 px from the middle, and 40 in the mean.
    assert values["line_px_mean"] == pytest.approx(40 * sin(radians(abs(degree))), abs=0.2)


def test_a_swap_of_sky_and_sea_is_half_a_turn() -> None:
    values = measured([1 - level(50)], [level(50)])
    assert values["angle_deg_mean"] == pytest.approx(180, abs=1e-6)
    assert values["center_px_mean"] == pytest.approx(0, abs=1e-6)


def test_a_frame_without_an_answer_counts_as_beyond_and_as_missed() -> None:
    values = measured([level(40), torch.zeros(HEIGHT, WIDTH).long()], [level(40), level(40)])
    assert values["missed"] == 0.5
    assert values["beyond_5deg_5pct"] == values["beyond_1deg_2pct"] == 0.5
    assert values["line_px_mean"] == pytest.approx(0, abs=1e-6)


def test_frames_without_a_horizon_count_in_a_figure_of_their_own() -> None:
    sky, sea = torch.zeros(HEIGHT, WIDTH).long(), torch.ones(HEIGHT, WIDTH).long()
    values = measured([level(30), sea, sky, level(40)], [sky, sea, sky, level(40)])
    assert values["invented"] == pytest.approx(1 / 3)
    assert (values["missed"], values["beyond_5deg_5pct"]) == (0, 0)


def test_nothing_but_frames_without_a_horizon_leaves_the_rest_undefined() -> None:
    sky = torch.zeros(HEIGHT, WIDTH).long()
    values = measured([sky, sky], [sky, sky])
    assert values.pop("invented") == 0
    assert all(isnan(value) for value in values.values())


def test_the_line_of_the_meta_comes_before_that_of_the_target() -> None:
    known = [{"slope": 0.0, "offset": 0.47}, {"slope": float("nan"), "offset": float("nan")}, {}]
    values = measured([level(40)] * 3, [level(40)] * 3, known)
    assert values["center_px_mean"] == pytest.approx(7 / 3, abs=1e-6)
    assert values["center_px_median"] == pytest.approx(0, abs=1e-6)


def test_a_true_line_that_misses_the_frame_is_none() -> None:
    values = measured([level(40)], [torch.zeros(HEIGHT, WIDTH).long()], [{"slope": 0.1, "offset": 1.4}])
    assert values["invented"] == 1
    assert isnan(values["missed"])


@pytest.mark.parametrize("slope", [-0.8, 0.0, 0.3])
@pytest.mark.parametrize("flip", [False, True])
def test_the_target_says_on_which_side_of_the_metas_line_the_sea_is(slope: float, flip: bool) -> None:
    mask = tilted(slope, 0.5 - slope * WIDTH / 2 / HEIGHT, flip)
    values = measured([mask], [mask], [{"slope": slope, "offset": 0.5 - slope * WIDTH / 2 / HEIGHT}])
    assert values["angle_deg_mean"] == pytest.approx(0, abs=0.15)
    assert values["center_px_mean"] == pytest.approx(0, abs=0.3)


def test_an_obstacle_is_on_neither_side() -> None:
    """A boat across the line, of which the prediction sees much more than there is."""
    true, seen = level(50), level(50)
    true[35:55, 40:60] = 2
    seen[20:60, 20:90] = 2
    classes = ("sky", "water", "obstacle")
    assert measured([seen], [true], classes=classes)["line_px_mean"] == pytest.approx(0, abs=1e-6)
    # Counted as lying below the horizon it would pull the least-squares line up.
    wrong = measured([seen], [true], classes=classes, estimator="least_squares", below=["water", "obstacle"])
    assert wrong["line_px_mean"] > 1


@pytest.mark.parametrize("estimator", ["robust", "least_squares"])
def test_what_the_target_ignores_may_be_anything(estimator: Literal["robust", "least_squares"]) -> None:
    """The camera's own boat, labeled 255, up to the horizon and taken for sky."""
    true, seen = level(50), level(50)
    true[45:, 30:130], seen[45:, 30:130] = 255, 0
    values = measured([seen], [true], estimator=estimator)
    assert values["line_px_mean"] == pytest.approx(0, abs=1e-6)
    assert values["angle_deg_mean"] == pytest.approx(0, abs=1e-6)


def test_the_sky_is_found_by_its_name() -> None:
    classes = ("obstacle", "water", "sky")
    order = torch.tensor([2, 1])
    values = measured([order[level(43)]], [order[level(40)]], classes=classes)
    assert values["center_px_mean"] == pytest.approx(3, abs=1e-6)
    assert values["angle_deg_mean"] == pytest.approx(0, abs=1e-6)


def test_a_lens_that_bends_is_seen_through() -> None:
    """Masks as the lens shows a straight line; it is drawn by searching each column for where it crosses."""
    intrinsics = {"fx": 90.0, "fy": 90.0, "cx": 80.0, "cy": 50.0, "distortion": [-0.25, 0.06, 0.0, 0.0, 0.0]}
    lens = Lens(90.0, 90.0, 80.0, 50.0, (-0.25, 0.06, 0.0, 0.0, 0.0))
    y, x = np.meshgrid(np.arange(HEIGHT) + 0.5, np.arange(WIDTH) + 0.5, indexing="ij")
    straight = lens.undistort(torch.tensor(np.stack([x, y], axis=-1)))
    known = {"slope": 0.1, "offset": 0.2}
    mask = (straight[..., 1] >= 0.1 * straight[..., 0] + 0.2 * HEIGHT).long()
    through = measured([mask], [mask], [{**known, "intrinsics": intrinsics}])
    blind = measured([mask], [mask], [known])
    assert through["line_px_mean"] < 0.15
    assert blind["line_px_mean"] > 1
    both = measured([mask, level(40)], [mask, level(41)], [{**known, "intrinsics": intrinsics}, {}])
    assert both["line_px_mean"] == pytest.approx((through["line_px_mean"] + 1) / 2, abs=1e-6)


def test_a_process_without_frames_takes_part() -> None:
    """Two ranks of which the second has seen nothing, with the exchange between them played."""
    busy, idle = HorizonLine(("sky", "sea")), HorizonLine(("sky", "sea"))
    for row in (43, 44):
        busy.update(sure(level(row)[None]), level(40)[None], [{}])
    states: list[Tensor] = []

    def gather(state: Tensor, group: object) -> list[Tensor]:
        states.append(state)
        return [state]

    for metric in (busy, idle):
        metric.sync(dist_sync_fn=gather, distributed_available=lambda: True)
        metric.unsync()
    assert len({(state.ndim, state.dtype) for state in states}) == 1
    busy.distributed_available_fn, busy.dist_sync_fn = lambda: True, lambda state, group: states
    assert float(busy.compute()["center_px_mean"]) == pytest.approx(3.5, abs=1e-5)


def lines(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of lines that all cross the frame: normals and rho, (2, count) each."""
    rng = np.random.default_rng(0)
    normal = rng.uniform(-pi, pi, (2, count))
    through = rng.uniform(0, 1, (2, count, 2)) * [WIDTH, HEIGHT]
    return normal, through[..., 0] * np.cos(normal) + through[..., 1] * np.sin(normal)


def test_the_mean_distance_agrees_with_a_walk_along_the_true_line() -> None:
    normal, rho = lines(200)
    given = line_error((normal[0], rho[0]), (normal[1], rho[1]), (HEIGHT, WIDTH))
    walk = np.linspace(-300, 300, 120_001)
    for k in range(200):
        x = rho[0, k] * cos(normal[0, k]) - walk * sin(normal[0, k])
        y = rho[0, k] * sin(normal[0, k]) + walk * cos(normal[0, k])
        inside = (x >= 0) & (x <= WIDTH) & (y >= 0) & (y <= HEIGHT)
        away = np.abs(x * cos(normal[1, k]) + y * sin(normal[1, k]) - rho[1, k])
        assert given[k] == pytest.approx(away[inside].mean(), rel=2e-3, abs=0.01)


def test_the_center_error_is_read_along_the_middle_column_or_the_middle_row() -> None:
    normal, rho = lines(200)
    given = center_error((normal[0], rho[0]), (normal[1], rho[1]), (HEIGHT, WIDTH))
    for k in range(200):
        steep = abs(degrees(atan(tan(normal[0, k])))) < 45  # the normal lies near the x axis
        cells = [
            (r - HEIGHT / 2 * sin(n)) / cos(n) if steep else (r - WIDTH / 2 * cos(n)) / sin(n)
            for n, r in zip(normal[:, k], rho[:, k], strict=True)
        ]
        assert given[k] == pytest.approx(min(abs(cells[0] - cells[1]), hypot(HEIGHT, WIDTH)), rel=1e-9)


def test_the_center_error_is_never_more_than_the_diagonal() -> None:
    true, seen = (np.array([pi / 2]), np.array([50.0])), (np.array([0.0]), np.array([20.0]))
    assert center_error(true, seen, (HEIGHT, WIDTH)) == pytest.approx(hypot(HEIGHT, WIDTH))


@pytest.mark.parametrize(("first", "second", "apart"), [(179, -179, 2), (-90, 90, 180), (10, 350, 20), (0, 0, 0)])
def test_angles_are_compared_around_the_circle(first: float, second: float, apart: float) -> None:
    lines = [(np.radians([angle]), np.zeros(1)) for angle in (first, second)]
    assert angle_error(lines[0], lines[1]) == pytest.approx([apart], abs=1e-9)


def test_an_unknown_estimator_is_refused() -> None:
    with pytest.raises(ValueError, match=r"estimator must be one of \['robust', 'least_squares'\], not 'ransac'"):
        HorizonLine(estimator="ransac")  # type: ignore[arg-type]


@pytest.mark.parametrize("below", [[], ["sky"], ["see"]])
def test_classes_that_cannot_lie_below_are_refused(below: list[str]) -> None:
    with pytest.raises(ValueError, match=r"below must name classes other than the sky, not .*: choose of \['sea'\]"):
        HorizonLine(("sky", "sea"), below=below)

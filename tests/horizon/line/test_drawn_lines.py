from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from segkit_horizon.line import ESTIMATORS, Lines, fit_lines

Errors = tuple[np.ndarray, np.ndarray]


def half_planes(degrees: list[float], distance: float = 0.0, size: tuple[int, int] = (96, 128)) -> Tensor:
    """Probabilities that are 0.5 on a line, and rise by a quarter a pixel along its normal."""
    x = torch.arange(size[1], dtype=torch.float64) + 0.5 - size[1] / 2
    y = torch.arange(size[0], dtype=torch.float64).unsqueeze(1) + 0.5 - size[0] / 2
    angles = torch.deg2rad(torch.tensor(degrees, dtype=torch.float64)).view(-1, 1, 1)
    return (0.5 + (angles.cos() * x + angles.sin() * y - distance) / 4).clamp(0, 1)


def turned(lines: Lines, degrees: np.ndarray | float) -> np.ndarray:
    """How far the normals are turned from these angles, in degrees."""
    return np.abs((lines.normal_deg.numpy() - degrees + 180) % 360 - 180)


@pytest.mark.slow
def test_a_thousand_noisy_lines_of_any_roll_are_found(draw) -> None:  # type: ignore[no-untyped-def]
    degrees, pixels, found = [], [], 0
    for first in range(0, 1000, 50):
        drawn = [draw(480, 640, seed) for seed in range(first, first + 50)]
        lines = fit_lines(torch.from_numpy(np.stack([frame.sea for frame in drawn])))
        degrees.append(turned(lines, np.array([frame.degrees for frame in drawn])))
        pixels.append(np.abs(lines.middle_distance.numpy() - [frame.distance for frame in drawn]))
        found += int(lines.found.sum())
    missed = [np.where(np.isnan(errors), np.inf, errors) for errors in map(np.concatenate, (degrees, pixels))]
    assert found >= 995
    assert np.quantile(missed[0], 0.95) <= 0.1
    assert np.quantile(missed[1], 0.95) <= 0.5


def test_every_roll_is_exact_where_the_boundary_is() -> None:
    degrees = [float(angle) for angle in range(-179, 181)]
    lines = fit_lines(half_planes(degrees, 7.3).float())
    assert lines.found.all()
    assert turned(lines, np.array(degrees)).max() < 0.02
    assert (lines.middle_distance - 7.3).abs().max() < 0.02
    assert lines.residual.max() < 0.1


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_sub_pixel_line_is_read_from_probabilities(estimator: str) -> None:
    lines = fit_lines(half_planes([90.0, 80.0], 3.37), estimator)
    assert lines.middle_distance.tolist() == pytest.approx([3.37, 3.37], abs=0.01)
    assert lines.slope.tolist() == pytest.approx([0.0, np.tan(np.radians(-10))], abs=1e-3)


def test_figures_of_a_line_follow_from_each_other() -> None:
    lines = fit_lines(half_planes([90 + 20.0], 5.0))
    slope, height, width = np.tan(np.radians(20)), 96, 128
    center = height / 2 + 5 / np.cos(np.radians(20))
    assert lines.roll_deg.item() == pytest.approx(20, abs=0.02)  # clockwise: the right end is lower
    assert lines.slope.item() == pytest.approx(slope, abs=1e-3)
    assert lines.center_y.item() == pytest.approx(center, abs=0.02)
    assert lines.offset.item() * height == pytest.approx(center - slope * width / 2, abs=0.05)


def test_a_vertical_line_has_no_slope_and_only_the_robust_estimator_sees_it() -> None:
    upright = torch.zeros(2, 64, 64, dtype=torch.uint8)
    upright[0, :, 40:] = 1
    upright[1, :, :40] = 1
    lines = fit_lines(upright)
    assert lines.normal_deg.tolist() == pytest.approx([0, 180], abs=1e-4)
    assert lines.rho.tolist() == pytest.approx([40, -40], abs=1e-4)
    assert lines.roll_deg.tolist() == pytest.approx([-90, 90], abs=1e-4)
    assert not fit_lines(upright, "least_squares").found.any()
    assert fit_lines(upright).boundary.isnan().all()


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_frame_upside_down_has_the_same_slope_and_half_a_turn_more_roll(estimator: str) -> None:
    degrees = [70.0, 90.0, 115.0]
    up, down = fit_lines(half_planes(degrees, 4.0), estimator), fit_lines(1 - half_planes(degrees, 4.0), estimator)
    assert down.slope.tolist() == pytest.approx(up.slope.tolist(), abs=1e-3)
    assert down.offset.tolist() == pytest.approx(up.offset.tolist(), abs=1e-3)
    assert turned(down, up.normal_deg.numpy()) == pytest.approx([180] * 3, abs=0.02)
    assert down.roll_deg[1].abs().item() == pytest.approx(180, abs=0.02)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.uint8, torch.int64])
def test_all_sky_all_sea_and_all_ignored_have_no_horizon(estimator: str, dtype: torch.dtype) -> None:
    sea = torch.zeros(3, 32, 48, dtype=dtype)
    sea[1:] = 1
    if dtype != torch.float32:
        sea[2] = 255
    lines = fit_lines(sea, estimator)
    assert not lines.found.any()
    assert lines.confidence.tolist() == [0, 0, 0]
    for figure in (lines.normal, lines.rho, lines.residual, lines.slope, lines.offset, lines.roll_deg, lines.boundary):
        assert figure.isnan().all()


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_blob_in_the_sky_and_a_chessboard_are_no_horizon(estimator: str) -> None:
    sea = torch.zeros(2, 96, 128, dtype=torch.uint8)
    sea[0, 40:50, 60:75] = 1
    sea[1] = (torch.arange(96).unsqueeze(1) // 8 + torch.arange(128) // 8) % 2
    assert not fit_lines(sea, estimator).found.any()


def test_a_horizon_that_cuts_a_corner_is_found() -> None:
    lines = fit_lines(half_planes([45.0, -135.0], 70.0))  # the corners lie at 79
    assert lines.found.all()
    assert lines.middle_distance.tolist() == pytest.approx([70, 70], abs=0.1)
    assert turned(lines, np.array([45.0, -135.0])).max() < 0.3


def test_masts_hulls_holes_and_an_ignored_bow_move_the_robust_line_by_less_than_a_tenth_of_a_pixel() -> None:
    sea = (half_planes([95.0], 6.0, (192, 256)) >= 0.5).to(torch.uint8)
    clean = fit_lines(sea)
    sea[0, 40:110, 60:62] = 1  # a mast that is taken for water
    sea[0, 95:115, 100:150] = 0  # a hull
    sea[0, 140:160, 30:60] = 0  # a hole
    sea[0, 10:30, 180:230] = 1  # a cloud
    sea[0, 150:, 90:170] = 255  # the own bow
    lines = fit_lines(sea)
    assert turned(lines, clean.normal_deg.numpy())[0] < 0.1
    assert (lines.middle_distance - clean.middle_distance).abs().item() < 0.1
    plain = fit_lines(sea, "least_squares")
    assert turned(plain, clean.normal_deg.numpy())[0] > 0.5  # the definition sees all of it


def test_a_line_depends_neither_on_its_batch_nor_on_when_it_is_asked_for(draw) -> None:  # type: ignore[no-untyped-def]
    sea = torch.from_numpy(np.stack([draw(96, 160, seed).sea for seed in range(8)])).float()
    sea[3] = 0
    together, again = fit_lines(sea), fit_lines(sea)
    assert torch.equal(together.normal.nan_to_num(9), again.normal.nan_to_num(9))
    for index in range(8):
        alone = fit_lines(sea[index : index + 1])
        for name in ("normal", "rho", "residual", "confidence"):
            one, other = getattr(alone, name)[0].item(), getattr(together, name)[index].item()
            assert one == pytest.approx(other, abs=1e-4, nan_ok=True)


def test_an_empty_batch_has_no_lines() -> None:
    assert len(fit_lines(torch.zeros(0, 32, 48)).found) == 0


@pytest.mark.parametrize("sea", [torch.zeros(32, 48), torch.zeros(1, 32, 48, dtype=torch.bool)])
def test_what_is_no_batch_of_frames_is_refused(sea: Tensor) -> None:
    with pytest.raises(ValueError, match="sea must be"):
        fit_lines(sea)


def test_an_unknown_estimator_is_refused() -> None:
    with pytest.raises(ValueError, match="estimator must be one of"):
        fit_lines(torch.zeros(1, 32, 48), "ransac")

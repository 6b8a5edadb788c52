from __future__ import annotations

from math import nan, pi

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from segkit_horizon.line import ESTIMATORS, Lens, difference, fit_lines

LENS = Lens(300.0, 310.0, 165.0, 118.0, (-0.25, 0.06, 0.002, -0.001, 0.0))
SIZE = (240, 320)


def columns(counts: list[int], height: int = 12) -> Tensor:
    """A mask (1, height, W) of which each column is sky down to its count."""
    return (torch.arange(height).view(1, -1, 1) >= torch.tensor(counts)).to(torch.uint8)


def opencv(lens: Lens) -> tuple[np.ndarray, np.ndarray]:
    """The lens as OpenCV has it: there a pixel's center is a whole number."""
    matrix = np.array([[lens.fx, 0, lens.cx - 0.5], [0, lens.fy, lens.cy - 0.5], [0, 0, 1]])
    return matrix, np.array(lens.distortion)


def test_the_plain_line_is_that_of_numpy_through_the_columns_that_hold_both_classes() -> None:
    counts = [0, 3, 4, 4, 7, 5, 9, 12, 12, 11]
    used = [c for c, count in enumerate(counts) if 0 < count < 12]
    slope, at_zero = np.polyfit(np.array(used) + 0.5, [counts[c] for c in used], 1)
    lines = fit_lines(columns(counts), "least_squares")
    assert lines.slope.item() == pytest.approx(slope)
    assert lines.offset.item() == pytest.approx(at_zero / 12)
    assert lines.boundary[0].tolist() == pytest.approx([nan, 3, 4, 4, 7, 5, 9, nan, nan, 11], nan_ok=True)
    heights = np.array([counts[c] for c in used]) - slope * (np.array(used) + 0.5) - at_zero
    assert lines.residual.item() == pytest.approx(np.sqrt(np.mean(heights**2)) / np.hypot(1, slope))


def test_ignored_pixels_count_as_what_they_lie_in_and_end_a_column_that_they_make_unsure() -> None:
    mask = columns([5, 5, 6, 6, 7, 7])
    mask[0, 1:3, 0] = 255  # in the sky
    mask[0, 0, 1] = 255  # at the sky's end
    mask[0, 10:, 2] = 255  # below the sea: the own bow
    mask[0, 5, 3] = 255  # the last of the sky, or the first of the sea
    mask[0, :, 4] = 255
    assert fit_lines(mask).boundary[0].tolist() == pytest.approx([5, 5, 6, nan, nan, 7], nan_ok=True)


def test_the_boundary_counts_all_sky_of_a_column_with_the_fractions_that_probabilities_tell() -> None:
    sea = torch.tensor([0.0, 0.2, 0.7, 0.9, 0.4, 1.0]).view(1, 6, 1)
    # Passes 0.5 at 1.5 + 0.3 / 0.5, at 3.5 + 0.4 / 0.5 and at 4.5 + 0.1 / 0.6.
    assert fit_lines(sea).boundary.item() == pytest.approx(2.1 + (4.5 + 1 / 6 - 4.3), abs=1e-5)


def test_the_difference_of_two_answers_wraps_and_is_nan_where_one_has_none() -> None:
    x, y = torch.arange(64.0) + 0.5, torch.arange(64.0).unsqueeze(1) + 0.5
    nearly = torch.stack([y - 30 + 0.02 * (x - 32), y - 32 - 0.02 * (x - 32), y - 32 + 0 * x])
    other = torch.stack([y - 30 - 0.02 * (x - 32), y - 36 - 0.02 * (x - 32), 0 * x - y - 99])
    degrees, pixels = difference(*(fit_lines((0.5 + frames / 4).clamp(0, 1)) for frames in (nearly, other)))
    turn = 2 * np.degrees(np.arctan(0.02))
    assert degrees.tolist() == pytest.approx([turn, 0, nan], abs=0.02, nan_ok=True)
    assert pixels.tolist() == pytest.approx([0, 4, nan], abs=0.02, nan_ok=True)


def test_the_lens_bends_points_as_opencv_does_and_straightens_them_again() -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(0, 1, (200, 2)) * [SIZE[1], SIZE[0]]
    matrix, distortion = opencv(LENS)
    rays = np.c_[(points - [LENS.cx, LENS.cy]) / [LENS.fx, LENS.fy], np.ones(200)]
    seen = cv2.projectPoints(rays.reshape(-1, 1, 3), np.zeros(3), np.zeros(3), matrix, distortion)[0].reshape(-1, 2)
    bent = LENS.distort(torch.from_numpy(points))
    assert np.abs(bent.numpy() - 0.5 - seen).max() < 1e-9
    assert (LENS.undistort(bent) - torch.from_numpy(points)).abs().max() < 1e-6


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("roll", [-25.0, 0.0, 12.0])
def test_a_bent_horizon_is_found_as_the_straight_line_that_it_is(estimator: str, roll: float) -> None:
    normal = np.radians(90 + roll)
    rho = 160 * np.cos(normal) + 70 * np.sin(normal)
    # Each pixel's center is straightened by OpenCV's own iteration, and its distance from the line is what is drawn.
    grid = np.stack(np.meshgrid(np.arange(SIZE[1]), np.arange(SIZE[0])), axis=-1).reshape(-1, 1, 2).astype(np.float64)
    matrix, distortion = opencv(LENS)
    straight = cv2.undistortPoints(grid, matrix, distortion, P=matrix).reshape(*SIZE, 2) + 0.5
    below = straight @ [np.cos(normal), np.sin(normal)] - rho
    sea = torch.from_numpy(np.clip(0.5 + below, 0, 1))[None]
    lines = fit_lines(sea, estimator, LENS)
    assert lines.normal_deg.item() == pytest.approx(90 + roll, abs=0.05)
    assert lines.rho.item() == pytest.approx(rho, abs=0.1)
    naive = fit_lines(sea, estimator)
    assert naive.residual.item() > 5 * lines.residual.item() or naive.residual.item() > 0.5
    curve = LENS.curve(lines.normal.item(), lines.rho.item(), SIZE)
    at = curve.floor().long().clamp(max=torch.tensor([SIZE[1] - 1, SIZE[0] - 1]))
    assert np.abs(below[at[:, 1], at[:, 0]]).max() < 1.0  # the curve's pixels are those that the line passes
    assert curve[:, 0].min() < 2
    assert curve[:, 0].max() > SIZE[1] - 2


def test_a_line_outside_of_the_frame_has_no_curve() -> None:
    assert len(LENS.curve(pi / 2, -4000.0, SIZE)) == 0


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ((0.0, 1.0, 0.0, 0.0), "fx and fy must be above 0"),
        ((1.0, 1.0, nan, 0.0), "cx and cy must be finite"),
        ((1.0, 1.0, 0.0, 0.0, (0.1, 0.2)), "distortion must be five"),
    ],
)
def test_a_lens_that_cannot_be_is_refused(values: tuple[float, ...], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        Lens(*values)  # type: ignore[arg-type]

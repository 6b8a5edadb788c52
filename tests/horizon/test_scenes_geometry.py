"""Where the scenes' cameras see things: against rotation matrices, OpenCV's lens and the line itself."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from segkit_horizon.scenes.camera import Camera
from segkit_horizon.scenes.canvas import Canvas
from segkit_horizon.scenes.dataset import SyntheticHorizon
from segkit_horizon.scenes.lens import Lens, draw_lens, margin

CAMERAS = [
    Camera(120, 160, 140.0, math.radians(roll), math.radians(pitch), altitude, (80.0, 60.0))
    for roll, pitch, altitude in [(0, 0, 2.0), (12, -5, 3.0), (-48, 9, 60.0), (100, 4, 30.0), (-170, -8, 30.0)]
]


@pytest.mark.parametrize("camera", CAMERAS)
def test_points_fall_where_rotation_matrices_put_them(camera: Camera) -> None:
    points = np.random.default_rng(0).uniform((-20, 0, 40), (20, 25, 90), (50, 3))
    cos, sin = math.cos(camera.pitch), math.sin(camera.pitch)
    pitch = np.array([[1, 0, 0], [0, cos, sin], [0, -sin, cos]])  # rows: the unrolled camera's right, down and ahead
    cos, sin = math.cos(camera.roll), math.sin(camera.roll)
    roll = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    level = np.stack([points[:, 0], camera.altitude - points[:, 1], points[:, 2]])
    seen = roll @ pitch @ level
    expected = camera.focal * seen[:2] / seen[2] + np.array([[80.0], [60.0]])
    np.testing.assert_allclose(camera.project(points), expected.T, atol=1e-9)


@pytest.mark.parametrize("camera", CAMERAS)
def test_what_is_as_high_as_the_camera_lies_on_the_line(camera: Camera) -> None:
    points = np.array([(x, camera.altitude, z) for x in (-30.0, 0.0, 30.0) for z in (50.0, 5e3)])
    x, y = camera.project(points).T
    np.testing.assert_allclose(y, camera.slope * x + camera.offset * camera.height, atol=1e-9)


@pytest.mark.parametrize("camera", CAMERAS)
def test_a_pixel_looks_at_the_ground_that_falls_on_it(camera: Camera) -> None:
    rays, below = camera.rays(), camera.below()
    rows, columns = np.nonzero((rays.down > 0.02) & (rays.forward > 0.2))
    assert len(rows) > 1000
    assert (below[rows, columns] > 0).all()
    far = camera.altitude / rays.down[rows, columns].astype(float)
    ground = np.stack([far * rays.right[rows, columns], 0 * far, far * rays.forward[rows, columns]], 1)
    np.testing.assert_allclose(camera.project(ground), np.stack([columns + 0.5, rows + 0.5], 1), atol=0.01)


def test_what_is_behind_the_camera_falls_nowhere() -> None:
    assert np.isnan(CAMERAS[0].project(np.array([(0.0, 0.0, -5.0), (0.0, 0.0, 0.1)]))).all()


def test_a_wider_frame_sees_the_same_through_its_middle() -> None:
    camera = CAMERAS[1]
    wide = camera.widened(7)
    np.testing.assert_allclose(wide.below()[7:-7, 7:-7], camera.below(), atol=1e-4)
    np.testing.assert_allclose(wide.rays().down[7:-7, 7:-7], camera.rays().down, atol=1e-6)


@pytest.mark.parametrize(("k1", "k2"), [(-0.2, 0.01), (-0.05, -0.01), (0.04, 0.0)])
def test_the_lens_bends_as_opencv_says(k1: float, k2: float) -> None:
    """Project what the undistorted places show through OpenCV's own camera: it falls on the pixel centers."""
    camera, lens = CAMERAS[0], Lens(k1, k2)
    x, y = lens.places(camera).astype(float)
    rays = np.stack([(x - 80) / 140, (y - 60) / 140, np.ones_like(x)], 2).reshape(-1, 1, 3)
    matrix = np.array([[140.0, 0, 80], [0, 140.0, 60], [0, 0, 1]])
    seen, _ = cv2.projectPoints(rays, np.zeros(3), np.zeros(3), matrix, np.array(lens.coefficients))
    columns, rows = np.meshgrid(np.arange(160) + 0.5, np.arange(120) + 0.5)
    np.testing.assert_allclose(seen.reshape(120, 160, 2), np.stack([columns, rows], 2), atol=0.01)


def test_with_a_lens_the_mask_is_the_line_bent() -> None:
    """Undistorted by OpenCV from ``meta`` alone, pixels farther than one from the line are on its right side."""
    size = (96, 128)
    data = SyntheticHorizon(frame_size=size, distortion=1.0, land=0.0, birds=0.0, bow=0.0)
    columns, rows = np.meshgrid(np.arange(128) + 0.5, np.arange(96) + 0.5)
    pixels, bent = np.stack([columns, rows], 2).reshape(-1, 1, 2), 0.0
    for sample in (data[i] for i in range(12)):
        inside = sample.meta["intrinsics"]
        matrix = np.array([[inside["fx"], 0, inside["cx"]], [0, inside["fy"], inside["cy"]], [0, 0, 1]])
        flat = cv2.undistortPoints(pixels, matrix, np.array(inside["distortion"]), P=matrix).reshape(96, 128, 2)
        roll = math.radians(sample.meta["roll_deg"])
        line = sample.meta["slope"] * flat[..., 0] + sample.meta["offset"] * 96
        below = (flat[..., 1] - line) * math.cos(roll)
        sure = np.abs(below) > 1
        np.testing.assert_array_equal(sample.mask[sure], (below[sure] > 0).astype(np.uint8))
        straight = rows - sample.meta["slope"] * columns - sample.meta["offset"] * 96
        bent = max(bent, float(np.abs(straight * math.cos(roll) - below)[np.abs(below) < 1].max(initial=0)))
    assert bent > 2  # without the lens's part the line would be this many pixels off


def test_light_is_laid_as_far_as_it_covers_and_named_from_a_half() -> None:
    canvas = Canvas(CAMERAS[0])
    canvas.light[:] = 0.2
    cover = np.zeros((120, 160), np.float32)
    cover[0, :3] = (0.25, 0.5, 1.0)
    canvas.lay(cover, np.full((3, 1, 1), 1.0, np.float32), 3)
    np.testing.assert_allclose(canvas.light[:, 0, :4], [[0.4, 0.6, 1.0, 0.2]] * 3, atol=1e-6)
    assert canvas.ids[0, :4].tolist() == [0, 3, 3, 0]


@pytest.mark.parametrize("camera", [CAMERAS[0], Camera(192, 128, 90.0, 0.2, 0.1, 3.0, (20.0, 150.0))])
def test_every_lens_that_is_drawn_can_be_undone_and_needs_little_more_than_the_frame(camera: Camera) -> None:
    drawn = [draw_lens(np.random.default_rng(seed), camera) for seed in range(300)]
    seen = np.stack(np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5))
    center = np.array(camera.center)[:, None, None]
    for lens in drawn:
        places = lens.places(camera)
        assert margin(places) < max(camera.height, camera.width) / 2
        flat = (places - center) / camera.focal
        square = (flat**2).sum(axis=0)
        bent = flat * (1 + lens.k1 * square + lens.k2 * square**2) * camera.focal + center
        np.testing.assert_allclose(bent, seen, atol=0.01)

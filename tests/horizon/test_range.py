from __future__ import annotations

from dataclasses import dataclass
from math import atan, cos, degrees, inf, radians, sin, sqrt, tan

import numpy as np
import pytest
from numpy.typing import NDArray

from segkit_horizon.frame.segment import segment
from segkit_horizon.line.lens import Lens
from segkit_horizon.range import Sigma, dip, horizon_distance, nadir, sea_distance, sea_ranges

Array = NDArray[np.float64]

BIG_R = 6_371_000 / 0.87
SIZE = (480, 640)
FOCAL = 320 / tan(radians(22.5))
PINHOLE = Lens(FOCAL, FOCAL, 320.0, 240.0)


def turn(axis: int, angle: float) -> Array:
    """A rotation about an axis, from its definition by the other two."""
    a, b = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[a, a] = matrix[b, b] = cos(angle)
    matrix[a, b], matrix[b, a] = -sin(angle), sin(angle)
    return matrix


@dataclass
class World:
    """A camera over a ball: z up, the camera at (0, 0, height), the water's nearest point at the origin."""

    height: float
    roll: float
    pitch: float
    heading: float = 0.0
    lens: Lens = PINHOLE

    def project(self, points: Array) -> Array:
        """Points of the world (n, 3) to undistorted pixels (n, 2); NaN behind the camera."""
        forward = np.array([cos(self.heading), sin(self.heading), 0.0])
        right = np.array([sin(self.heading), -cos(self.heading), 0.0])
        level = np.stack([right, [0.0, 0.0, -1.0], forward])  # rows: the axes x right, y down, z forward
        axes = turn(2, self.roll) @ turn(0, self.pitch) @ level
        x, y, z = axes @ (points - [0.0, 0.0, self.height]).T
        z = np.where(z > 0, z, np.nan)
        return np.stack([self.lens.fx * x / z + self.lens.cx, self.lens.fy * y / z + self.lens.cy], axis=1)

    def water(self, arc: Array | float, heading: Array) -> Array:
        """Points of the ball's surface at an arc's length from the origin."""
        angle = np.broadcast_to(np.asarray(arc) / BIG_R, np.shape(heading))
        side = BIG_R * np.sin(angle)
        # R cos - R, without the loss of digits.
        return np.stack([side * np.cos(heading), side * np.sin(heading), -2 * BIG_R * np.sin(angle / 2) ** 2], axis=1)

    def horizon(self) -> Array:
        """The pixels in the frame of the circle on which lines of sight touch the ball."""
        touch = BIG_R * np.arccos(BIG_R / (BIG_R + self.height))
        pixels = self.project(self.water(touch, self.heading + np.linspace(-1.5, 1.5, 60001)))
        inside = (pixels > 0).all(axis=1) & (pixels < SIZE[::-1]).all(axis=1)
        return pixels[inside]

    def line(self) -> tuple[float, float] | None:
        """The straight line through the horizon's pixels by principal components, even in pixels; its normal, rho."""
        curve = self.horizon()
        if len(curve) < 100:
            return None
        length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
        even = np.linspace(0, length[-1], 2001)
        curve = np.stack([np.interp(even, length, curve[:, k]) for k in (0, 1)], axis=1)
        middle = curve.mean(axis=0)
        normal = np.linalg.svd(curve - middle, full_matrices=False)[2][1]
        wet = self.project(self.water(200.0, np.array([self.heading])))[0]
        if (wet - middle) @ normal < 0:
            normal = -normal
        return float(np.arctan2(normal[1], normal[0])), float(normal @ middle)


def scenes(count: int, seed: int = 0, lens: Lens = PINHOLE) -> list[tuple[World, float, float, float, Array]]:
    """Worlds with their line, and a point of the water that is in the frame: (world, normal, rho, distance, pixel)."""
    rng = np.random.default_rng(seed)
    found: list[tuple[World, float, float, float, Array]] = []
    while len(found) < count:
        world = World(
            rng.uniform(2, 10), rng.uniform(-np.pi, np.pi), radians(rng.uniform(-14, 14)), rng.uniform(-3, 3), lens
        )
        line = world.line()
        distance = float(np.exp(rng.uniform(np.log(50), np.log(2000))))
        heading = world.heading + radians(rng.uniform(-22, 22))
        pixel = world.project(world.water(distance, np.array([heading])))[0]
        if line is not None and (pixel > 0).all() and (pixel < SIZE[::-1]).all():
            found.append((world, *line, distance, pixel))
    return found


def test_the_visible_horizon_from_two_meters_is_as_far_and_as_low_as_worked_out_by_hand() -> None:
    assert horizon_distance(2.0) == pytest.approx(5412, abs=0.5)
    assert degrees(dip(2.0)) == pytest.approx(0.0423, abs=5e-5)


@pytest.mark.parametrize("height", [0.5, 2.0, 10.0, 120.0])
def test_the_horizon_agrees_with_the_formulas_for_small_angles(height: float) -> None:
    assert dip(height) == pytest.approx(sqrt(2 * height / BIG_R), rel=1e-4)
    assert horizon_distance(height) == pytest.approx(sqrt(2 * height * BIG_R), rel=1e-4)


@pytest.mark.parametrize(("distance", "height"), [(500, 2), (2000, 2), (5000, 2), (3000, 10), (20000, 40)])
def test_the_sea_far_off_agrees_with_the_formula_for_small_angles(distance: float, height: float) -> None:
    assert sea_distance(height / distance + distance / (2 * BIG_R), height) == pytest.approx(distance, rel=2e-3)


def test_the_sea_near_by_is_where_the_plane_says() -> None:
    assert sea_distance(atan(10 / 20), 10.0) == pytest.approx(20.0, rel=1e-4)
    assert sea_distance(radians(90), 10.0) == pytest.approx(0.0, abs=1e-9)


def test_at_the_horizon_and_above_the_sea_is_infinitely_far() -> None:
    edge = float(dip(3.0))
    assert sea_distance([edge * 0.999, 0.0, -0.3, edge], 3.0).tolist() == [inf] * 4
    assert sea_distance(edge * (1 + 1e-9), 3.0) == pytest.approx(horizon_distance(3.0), rel=1e-3)


def level(below_px: float, sigma_px: float = 0.0, height: float = 2.0) -> tuple[str, float, float, float]:
    """Range of a point so far below a level horizon through the frame's middle, worked by the small camera of H1."""
    ranges = sea_ranges([320.0, 240.0 + below_px], np.pi / 2, 240.0, SIZE, PINHOLE, height, Sigma(point_px=sigma_px))
    return str(ranges.answer), float(ranges.distance), float(ranges.low), float(ranges.high)


def test_five_hundred_meters_is_two_and_a_half_pixels_below_the_horizon_and_not_six_hundred_and_seven() -> None:
    assert pytest.approx(772.5, abs=0.1) == FOCAL
    below = FOCAL * (2 / 500 + 500 / (2 * BIG_R) - sqrt(4 / BIG_R))
    assert below == pytest.approx(2.55, abs=0.01)
    assert pytest.approx(607, abs=1) == 2 / (below / FOCAL)  # what a flat sea would make of it
    # The line is the horizon's in the mean; in the frame's middle the curve bulges by some hundredths of a pixel.
    assert level(below)[1] == pytest.approx(500, rel=0.015)


def test_two_thousand_meters_is_a_third_of_a_pixel_below_the_horizon() -> None:
    below = FOCAL * (2 / 2000 + 2000 / (2 * BIG_R) - sqrt(4 / BIG_R))
    assert below == pytest.approx(0.31, abs=0.005)
    assert pytest.approx(5032, rel=0.01) == 2 / (below / FOCAL)
    assert level(below)[1] == pytest.approx(2000, rel=0.04)


def test_one_pixel_at_five_hundred_meters_is_a_quarter_less_or_half_as_much_again() -> None:
    _, distance, low, high = level(2.55, sigma_px=1.0)
    assert low / distance - 1 == pytest.approx(-0.25, abs=0.01)
    assert high / distance - 1 == pytest.approx(0.49, abs=0.02)


def test_the_range_is_within_a_percent_of_the_truth_on_a_round_sea_at_any_roll_and_pitch() -> None:
    errors = []
    for world, normal, rho, distance, pixel in scenes(300):
        ranges = sea_ranges(pixel, normal, rho, SIZE, PINHOLE, world.height)
        assert ranges.answer == "below"
        assert ranges.low == ranges.high == ranges.distance
        errors.append(abs(float(ranges.distance) / distance - 1))
    assert max(errors) < 0.01


def test_the_interval_holds_the_truth_in_two_cases_of_three() -> None:
    rng, inside, far = np.random.default_rng(5), [], []
    for world, normal, rho, distance, pixel in scenes(300, seed=1):
        angle, offset, point = rng.uniform([0.02, 0.1, 0.0], [0.15, 0.8, 0.8])
        sigma = Sigma(angle, offset, point)
        first, last = segment(normal, rho, SIZE)
        middle = (first + last) / 2
        turned = normal + np.radians(angle) * rng.normal(size=20)
        across = np.stack([np.cos(turned), np.sin(turned)], axis=-1)
        moved = across @ middle + offset * rng.normal(size=20)
        seen = pixel + point * rng.normal(size=(20, 1)) * across
        ranges = sea_ranges(seen, turned, moved, SIZE, PINHOLE, world.height, sigma)
        inside += ((ranges.low <= distance) & (distance <= ranges.high)).tolist()
        far += [distance > 800] * 20
    assert 0.63 <= np.mean(inside) <= 0.73
    assert 0.63 <= np.mean(np.array(inside)[np.array(far)]) <= 0.73


def test_below_at_and_above_the_horizon_are_told_apart() -> None:
    assert level(3.0, 1.0)[0] == "below"
    answer, distance, low, high = level(0.5, 1.0)
    assert (answer, high) == ("at", inf)
    assert 0 < low < distance < inf
    answer, distance, low, high = level(-0.5, 1.0)
    assert (answer, distance, high) == ("at", inf, inf)
    assert 0 < low < inf
    answer, *numbers = level(-1.5, 1.0)
    assert answer == "above"
    assert np.isnan(numbers).all()
    assert level(-0.5)[0] == "above"


def test_an_interval_far_off_ends_nearer_the_better_the_line_is() -> None:
    lows = [level(1.0, sigma)[2] for sigma in (0.05, 0.2, 0.8, 2.0)]
    assert lows == sorted(lows, reverse=True)


def test_the_line_counts_more_the_farther_along_it_a_point_lies() -> None:
    points = [[320.0, 250.0], [620.0, 250.0]]
    ranges = sea_ranges(points, np.pi / 2, 240.0, SIZE, PINHOLE, 4.0, Sigma(angle_deg=0.3))
    assert ranges.low[0] == pytest.approx(ranges.high[0])
    lever = 300 * tan(radians(0.3))
    shifted = sea_ranges([[620.0, 250.0 + lever], [620.0, 250.0 - lever]], np.pi / 2, 240.0, SIZE, PINHOLE, 4.0)
    assert ranges.low[1] == pytest.approx(shifted.distance[0], rel=1e-3)
    assert ranges.high[1] == pytest.approx(shifted.distance[1], rel=1e-3)


def test_many_lines_and_points_at_once_are_each_as_alone() -> None:
    rows = scenes(6, seed=3)
    heights, normals, rhos = (np.array(v) for v in zip(*((w.height, n, r) for w, n, r, _, _ in rows), strict=True))
    pixels = np.array([pixel for *_, pixel in rows])
    together = sea_ranges(pixels, normals, rhos, SIZE, PINHOLE, heights, Sigma(0.1, 0.3, 0.2))
    for k, (world, normal, rho, _, pixel) in enumerate(rows):
        alone = sea_ranges(pixel, normal, rho, SIZE, PINHOLE, world.height, Sigma(0.1, 0.3, 0.2))
        assert together.answer[k] == alone.answer
        assert together.low[k] == pytest.approx(float(alone.low), rel=1e-9)
        assert together.high[k] == pytest.approx(float(alone.high), rel=1e-9)


def test_a_lens_that_bends_is_seen_through() -> None:
    """The bend is worked out here term by term, and half a pixel of it is hundreds of meters."""
    k1, k2, p1, p2, k3 = distortion = (-0.28, 0.09, 0.0007, -0.0004, -0.01)
    lens = Lens(FOCAL, FOCAL * 1.02, 311.0, 246.0, distortion)
    straight = Lens(FOCAL, FOCAL * 1.02, 311.0, 246.0)
    for world, normal, rho, distance, pixel in scenes(40, seed=4, lens=straight):
        x, y = (pixel[0] - lens.cx) / lens.fx, (pixel[1] - lens.cy) / lens.fy
        r = x * x + y * y
        bent = 1 + k1 * r + k2 * r**2 + k3 * r**3
        seen_x = x * bent + 2 * p1 * x * y + p2 * (r + 2 * x * x)
        seen_y = y * bent + p1 * (r + 2 * y * y) + 2 * p2 * x * y
        seen = [seen_x * lens.fx + lens.cx, seen_y * lens.fy + lens.cy]
        ranges = sea_ranges(seen, normal, rho, SIZE, lens, world.height)
        assert float(ranges.distance) == pytest.approx(distance, rel=0.01)


def test_down_is_down_whatever_the_roll_and_the_pitch() -> None:
    for world, normal, rho, _, _ in scenes(50, seed=6):
        true = turn(2, world.roll) @ turn(0, world.pitch) @ [0.0, 1.0, 0.0]
        assert degrees(np.arccos(np.clip(nadir(normal, rho, SIZE, PINHOLE, world.height) @ true, -1, 1))) < 2e-3


def test_a_line_that_misses_the_frame_still_gives_a_range() -> None:
    """The axis 20 degrees below the horizontal: the horizon is above the frame, the sea all over it."""
    world = World(6.0, 0.0, radians(-20))
    touch = BIG_R * np.arccos(BIG_R / (BIG_R + 6.0))
    sign = 1 if world.project(world.water(touch, np.zeros(1)))[0, 1] < 0 else -1
    world = World(6.0, 0.0, sign * radians(-20))
    rho = float(world.project(world.water(touch, np.zeros(1)))[0, 1])
    pixel = world.project(world.water(20.0, np.zeros(1)))[0]
    assert rho < 0 < pixel[1] < 480
    assert float(sea_ranges(pixel, np.pi / 2, rho, SIZE, PINHOLE, 6.0).distance) == pytest.approx(20.0, rel=0.01)


@pytest.mark.parametrize("height", [0.0, -2.0, float("nan")])
def test_a_camera_below_the_water_is_refused(height: float) -> None:
    with pytest.raises(ValueError, match="height_m must be above 0, not"):
        sea_ranges([1.0, 2.0], np.pi / 2, 1.0, SIZE, PINHOLE, height)


def test_without_a_line_the_range_is_unknown() -> None:
    ranges = sea_ranges([[320.0, 300.0]] * 2, [np.pi / 2, np.nan], [240.0, np.nan], SIZE, PINHOLE, 2.0)
    assert ranges.answer.tolist() == ["below", "unknown"]
    assert np.isnan([ranges.distance[1], ranges.low[1], ranges.high[1]]).all()

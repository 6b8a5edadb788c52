"""The rendered data set: exact lines, pure in (seed, split, index), and no work for a threshold."""

from __future__ import annotations

import hashlib
import math
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from segkit.kinds import Sample
from segkit_horizon.scenes.dataset import SyntheticHorizon

SMALL = (48, 80)
FRAMES = 200
PRESETS = ("boat", "drone", "street", "infrared", "any")
OPEN_SEA = {"land": 0.0, "birds": 0.0, "bow": 0.0, "distortion": 0.0}


@pytest.fixture(scope="module")
def frames() -> list[Sample]:
    data = SyntheticHorizon()
    return [data[i] for i in range(FRAMES)]


def digest(samples: Sequence[Sample]) -> str:
    return hashlib.sha256(
        b"".join(s.image.tobytes() + s.mask.tobytes() + repr(s).encode() for s in samples)
    ).hexdigest()


def test_samples_have_the_promised_form(frames: list[Sample]) -> None:
    for index, sample in enumerate(frames[:20]):
        assert sample.image.shape == (128, 256, 3)
        assert sample.mask.shape == (128, 256)
        assert sample.image.dtype == sample.mask.dtype == np.dtype(np.uint8)
        assert sample.image.flags.c_contiguous
        assert sample.mask.flags.c_contiguous
        assert sample.id == f"train/{index:05d}"
        assert set(sample.meta) == {"slope", "offset", "roll_deg", "intrinsics", "camera_height_m"}
        assert set(sample.meta["intrinsics"]) == {"fx", "fy", "cx", "cy", "distortion"}
        assert 1.5 <= sample.meta["camera_height_m"] <= 9


@pytest.mark.parametrize("preset", ["boat", "infrared"])
def test_the_mask_of_an_open_sea_with_boats_is_the_line_at_pixel_centers(preset: str) -> None:
    data = SyntheticHorizon(preset=preset, boats=1.0, frame_size=(64, 96), **OPEN_SEA)
    for sample in (data[i] for i in range(10)):
        slope, offset = sample.meta["slope"], sample.meta["offset"]
        for row in range(64):
            for column in range(96):
                above = row + 0.5 < slope * (column + 0.5) + offset * 64
                assert sample.mask[row, column] == (0 if above else 1)


def test_a_drone_may_fly_upside_down_and_its_line_still_parts_the_frame() -> None:
    data = SyntheticHorizon(preset="drone", task="sea", counts=(400, 1, 1), frame_size=(32, 32), boats=1.0, **OPEN_SEA)
    x, y = np.arange(32) + 0.5, np.arange(32)[:, None] + 0.5
    turned = seas = 0
    for sample in (data[i] for i in range(400)):
        below = y >= sample.meta["slope"] * x + sample.meta["offset"] * 32
        if abs(sample.meta["roll_deg"]) > 90:
            turned += 1
            below = ~below
        if sample.mask.any():  # over land there is no sea at all
            seas += 1
            np.testing.assert_array_equal(sample.mask, below.astype(np.uint8))
    assert turned >= 2
    assert seas >= 20


def test_roll_is_the_slope_as_an_angle_and_bounded(frames: list[Sample]) -> None:
    rolls = [sample.meta["roll_deg"] for sample in frames]
    for sample, roll in zip(frames, rolls, strict=True):
        assert math.tan(math.radians(roll)) == pytest.approx(sample.meta["slope"], abs=1e-12)
    assert max(map(abs, rolls)) <= 30
    assert min(rolls) < -10 < 10 < max(rolls)


def test_the_picture_changes_where_the_mask_does(frames: list[Sample]) -> None:
    """Across the line, four pixels apart, the frame differs more than within the sky above it or the sea below it."""
    larger = counted = 0
    for sample in frames:
        rows = (sample.mask == 0).sum(axis=0)
        columns = np.flatnonzero((rows >= 8) & (rows <= 128 - 8))
        if len(columns) < 128:
            continue
        line = rows[columns]
        above, over = (sample.image[line - far, columns].astype(float).mean(0) for far in (3, 7))
        below, under = (sample.image[line + far, columns].astype(float).mean(0) for far in (2, 6))
        across = np.abs(above - below).max()
        larger += across > max(np.abs(above - over).max(), np.abs(below - under).max())
        counted += 1
    assert counted > 100
    assert larger / counted > 0.8


@pytest.mark.parametrize("preset", PRESETS)
def test_any_order_and_several_threads_give_the_same_frames(preset: str) -> None:
    data, again = (SyntheticHorizon(preset=preset, frame_size=SMALL) for _ in range(2))
    forward = [data[i] for i in range(12)]
    backward = [again[i] for i in reversed(range(12))]
    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(data.__getitem__, range(12)))
    assert digest(forward) == digest(backward[::-1]) == digest(at_once)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_another_process_gives_the_same_frames(threads: str) -> None:
    program = (
        f"import cv2; cv2.setNumThreads({threads});"
        "from concurrent.futures import ThreadPoolExecutor as Pool;"
        "from segkit_horizon.scenes.dataset import SyntheticHorizon as S; import hashlib;"
        "d = S('val', preset='any', seed=5, rain=0.5, distortion=0.5);"
        "s = list(Pool(2).map(d.__getitem__, range(8)));"
        "data = b''.join(a.image.tobytes() + a.mask.tobytes() + repr(a).encode() for a in s);"
        "print(hashlib.sha256(data).hexdigest())"
    )
    environment = os.environ | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads, "PYTHONHASHSEED": threads}
    told = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    data = SyntheticHorizon("val", preset="any", seed=5, rain=0.5, distortion=0.5)
    assert told.stdout.strip() == digest([data[i] for i in range(8)])


def test_frames_do_not_depend_on_counts_or_on_the_global_generator() -> None:
    np.random.seed(1)  # noqa: NPY002 - it is the global generator that must not matter
    few = SyntheticHorizon(counts=(2, 1, 1), frame_size=SMALL)[1]
    np.random.seed(2)  # noqa: NPY002
    assert digest([few]) == digest([SyntheticHorizon(frame_size=SMALL)[1]])


def test_no_two_frames_share_a_scene() -> None:
    """Neither within a split, nor across splits, nor across seeds."""
    lines = [
        SyntheticHorizon(split, seed=seed, counts=(40, 40, 40), frame_size=(4, 8))[i].meta["offset"]
        for split in ("train", "val", "test")
        for seed in (0, 1, 2**40)
        for i in range(40)
    ]
    assert len(set(lines)) == len(lines)


def test_length_and_index_follow_counts() -> None:
    for split, count in (("train", 3), ("val", 2), ("test", 1)):
        data = SyntheticHorizon(split, counts=(3, 2, 1), frame_size=SMALL)
        assert len(data) == count
        assert [data[i].id for i in range(count)] == [f"{split}/{i:05d}" for i in range(count)]
        for index in (count, -1):
            with pytest.raises(IndexError, match=rf"in \[0, {count}\), not {index}"):
                data[index]
    assert [len(SyntheticHorizon(split)) for split in ("train", "val", "test")] == [600, 80, 120]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"split": "valid"}, "split must be one of train, val, test, not 'valid': give"),
        ({"classes": ("sea",)}, r"classes must be two names, sky first, .*, not \['sea'\]: give"),
        ({"classes": ("sea", "sky")}, r"classes must be two names, sky first, .*, not \['sea', 'sky'\]: give"),
        ({"classes": ("sky", "sea", "boat")}, "or three or four of sky, water, land, obstacle, not"),
        ({"classes": ("water", "sky", "land")}, "sky first, or three or four"),
        ({"classes": ("sky", "land", "land")}, "sky first, or three or four"),
        ({"preset": "plane"}, "preset must be one of boat, drone, street, infrared, any, not 'plane': give"),
        ({"task": "street"}, "task must be sea or ground, not 'street': give"),
        ({"counts": (600, 0, 120)}, r"counts must be three numbers of at least 1, not \(600, 0, 120\): give"),
        ({"counts": (600, 80)}, r"counts must be three numbers of at least 1, not \(600, 80\): give"),
        ({"frame_size": (0, 256)}, r"frame_size must be a height and a width, at least 1, not \(0, 256\): give"),
        ({"frame_size": (128,)}, r"frame_size must be a height and a width, at least 1, not \(128,\): give"),
        ({"seed": -1}, "seed must be 0 or more, not -1: give"),
        ({"max_roll": 181.0}, r"max_roll must be in \[0, 180\] degrees, not 181.0: give"),
        ({"max_roll": math.nan}, "max_roll must be in .* not nan: give"),
        ({"infrared": 1.5}, r"infrared must be a share in \[0, 1\], not 1.5: give"),
        ({"haze": -0.1}, r"haze must be a share in \[0, 1\], not -0.1: give"),
        ({"bow": math.nan}, r"bow must be a share in \[0, 1\], not nan: give"),
    ],
)
def test_a_wrong_option_is_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        SyntheticHorizon(**options)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (33, 1), (31, 57), (200, 64)])
def test_any_size_renders(size: tuple[int, int], preset: str) -> None:
    data = SyntheticHorizon(preset=preset, frame_size=size)
    for sample in (data[i] for i in range(12)):
        assert sample.image.shape == (*size, 3)
        assert sample.mask.shape == size
        assert set(np.unique(sample.mask)) <= {0, 1, 255}


def test_infrared_and_max_roll_are_obeyed() -> None:
    def gray(infrared: float) -> list[bool]:
        data = SyntheticHorizon(infrared=infrared, frame_size=SMALL)
        return [bool((data[i].image == data[i].image[..., :1]).all()) for i in range(12)]

    assert not any(gray(0.0))
    assert all(gray(1.0))
    level, steep = SyntheticHorizon(max_roll=0.0, frame_size=SMALL), SyntheticHorizon(max_roll=60.0, frame_size=SMALL)
    assert {level[i].meta["roll_deg"] for i in range(5)} == {0.0}
    rolls = [abs(steep[i].meta["roll_deg"]) for i in range(40)]
    assert 30 < max(rolls) <= 60


def test_fingerprint_follows_whatever_changes_a_pixel() -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"split": "val"},
        {"preset": "any"},
        {"task": "ground"},
        {"classes": ("sky", "water", "obstacle")},
        {"classes": ("sky", "obstacle", "water")},
        {"counts": (599, 80, 120)},
        {"frame_size": (128, 255)},
        {"seed": 1},
        {"max_roll": 29.0},
        {"infrared": 0.21},
        {"haze": 0.21},
        {"sensor": 0.21},
    ]
    texts = [SyntheticHorizon(**change).fingerprint for change in changes]
    assert len(set(texts)) == len(changes)
    same = SyntheticHorizon(classes=["background", "foreground"], counts=(600, 1, 1), max_roll=30)
    assert same.fingerprint == texts[0]
    assert SyntheticHorizon(task="").fingerprint == SyntheticHorizon(task="ground").fingerprint
    assert np.__version__ in texts[0]
    assert cv2.__version__ in texts[0]


def test_it_can_be_pickled() -> None:
    data = SyntheticHorizon("test", seed=3, frame_size=SMALL)
    copy = pickle.loads(pickle.dumps(data))
    assert (len(copy), copy.fingerprint) == (len(data), data.fingerprint)
    assert digest([copy[4]]) == digest([data[4]])


def test_classes_are_balanced_and_some_frames_have_one_alone(frames: list[Sample]) -> None:
    shares = np.array([(sample.mask == 1).mean() for sample in frames])
    assert 0.4 < shares.mean() < 0.6
    assert 0 < ((shares == 0) | (shares == 1)).mean() < 0.06
    assert ((shares > 0.05) & (shares < 0.95)).mean() > 0.85


@pytest.mark.parametrize("preset", PRESETS)
def test_a_threshold_does_not_solve_it(preset: str) -> None:
    """Otsu's threshold, even told for each frame whether the sky is the brighter side, stays at 0.75 mean IoU."""
    task = "sea" if preset in ("boat", "infrared") else "ground"
    data = SyntheticHorizon(preset=preset, task=task, frame_size=(96, 144))
    confusion = np.zeros((2, 2))
    for sample in (data[i] for i in range(FRAMES)):
        gray = np.rint(sample.image @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
        bright, valid = (gray > otsu(gray)).astype(np.uint8), sample.mask != 255
        both = [tally(sample.mask[valid], guess[valid]) for guess in (bright, 1 - bright)]
        confusion += max(both, key=lambda matrix: float(matrix.trace()))
    hits = confusion.diagonal()
    mean_iou = float((hits / (confusion.sum(0) + confusion.sum(1) - hits)).mean())
    assert 0.55 < mean_iou <= 0.75


def tally(truth: NDArray[np.uint8], guess: NDArray[np.uint8]) -> NDArray[np.int64]:
    return np.bincount((2 * truth + guess).reshape(-1), minlength=4).reshape(2, 2)


def otsu(gray: NDArray[np.uint8]) -> int:
    """The level that parts the histogram so that the variance between its parts is largest (Otsu 1979)."""
    counts = np.bincount(gray.reshape(-1), minlength=256).astype(float)
    below, sums = counts.cumsum()[:-1], (counts * np.arange(256)).cumsum()
    above, total = counts.sum() - below, sums[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sums[:-1] / below - (total - sums[:-1]) / above) ** 2
    return int(np.nan_to_num(between).argmax())

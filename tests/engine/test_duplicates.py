"""Near-duplicates across splits: found where frames recur, and not where scenes are only alike."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import segkit
from segkit.engine.cache import CachedFrames, open_frames
from segkit.engine.duplicates import BITS, NEAR, Duplicate, difference_hash, find_duplicates, summary, tell_duplicates
from segkit.engine.scan import FrameFormat
from segkit.kinds import Sample

DATA = Path(os.environ.get("SEGKIT_DATA", Path(__file__).parents[3] / "shared" / "data"))
UAV = DATA / "horizon_uav"
SPLITS = ("train", "val", "test")
needs_real_frames = pytest.mark.skipif(not UAV.is_dir(), reason=f"no frames in {UAV}: SEGKIT_DATA names their folder")


class Pictures:
    """A data set of given pictures."""

    def __init__(self, pictures: Sequence[np.ndarray], fingerprint: str) -> None:
        self.pictures, self.fingerprint = pictures, fingerprint

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> Sample:
        picture = self.pictures[index]
        return Sample(picture, np.zeros(picture.shape[:2], np.uint8), f"frame{index}")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGKIT_CACHE", str(tmp_path / "cache"))


def opened(dataset: Any, split: str, size: tuple[int, int] = (64, 96), cache: str = "auto") -> Any:
    return open_frames(dataset, FrameFormat(size, 3, 2, "fail"), cache, split)


def scene(seed: int, size: tuple[int, int] = (60, 90)) -> np.ndarray:
    """Smooth clouds of color."""
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 12, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((size[1], size[0]), Image.Resampling.BICUBIC))


def tensor(*pictures: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)


def test_a_bit_says_whether_a_field_is_brighter_than_its_neighbor() -> None:
    """Against plain loops, on a picture of which every field is a whole number of pixels."""
    picture = np.random.default_rng(3).integers(0, 256, (16 * 17, 16 * 17, 1), dtype=np.uint8)
    wide = [[picture[r * 17 : r * 17 + 17, c * 16 : c * 16 + 16].mean() for c in range(17)] for r in range(16)]
    tall = [[picture[r * 16 : r * 16 + 16, c * 17 : c * 17 + 17].mean() for c in range(16)] for r in range(17)]
    expected = [wide[r][c + 1] > wide[r][c] for r in range(16) for c in range(16)]
    expected += [tall[r + 1][c] > tall[r][c] for r in range(16) for c in range(16)]
    assert difference_hash(tensor(picture))[0].tolist() == expected
    assert len(expected) == BITS


def changed(picture: np.ndarray) -> dict[str, np.ndarray]:
    noise = np.random.default_rng(0).normal(0, 3, picture.shape)
    smaller = Image.fromarray(picture).resize((70, 48)).resize((90, 60))
    return {
        "brighter": (picture * 0.7 + 60).astype(np.uint8),
        "noisy": (picture + noise).clip(0, 255).astype(np.uint8),
        "smaller": np.asarray(smaller),
        "marked": np.where(np.indices((60, 90)).sum(axis=0)[..., None] < 8, 255, picture).astype(np.uint8),
    }


@pytest.mark.parametrize("how", ["brighter", "noisy", "smaller", "marked"])
def test_a_picture_that_was_changed_a_little_is_still_found(how: str) -> None:
    for seed in range(20):
        one, other = difference_hash(tensor(scene(seed), changed(scene(seed))[how]))
        assert (one != other).sum() <= NEAR


def test_other_scenes_and_mirrored_ones_differ_in_about_half_of_the_bits() -> None:
    hashes = difference_hash(tensor(*map(scene, range(40)), scene(0)[:, ::-1]))
    apart = [int((one != other).sum()) for n, one in enumerate(hashes) for other in hashes[:n]]
    assert min(apart) > 4 * NEAR
    assert abs(np.mean(apart) - BITS / 2) < BITS / 20


def sea(sky: tuple[int, int, int], water: tuple[int, int, int], size: int = 64) -> np.ndarray:
    """A sky that brightens toward the line and the right, over a darker water: one hash whatever the colors."""
    light = np.linspace(0.3, 0.8, size // 2)[:, None, None] + np.linspace(0, 0.2, size)[:, None]
    return np.concatenate([light * sky, light[::-1] * water]).astype(np.uint8)


def test_smooth_scenes_of_other_colors_are_no_duplicates_and_copies_of_them_are() -> None:
    blue, gray = sea((90, 150, 230), (30, 60, 90)), sea((190, 180, 150), (60, 110, 100))
    one, other = difference_hash(tensor(blue, gray))
    assert (one != other).sum() <= NEAR
    train, darker = Pictures([blue], "a"), (gray * 0.8 + 10).astype(np.uint8)
    val = Pictures([gray, (blue * 0.8 + 10).astype(np.uint8), darker], "b")
    found = find_duplicates({"train": opened(train, "train"), "val": opened(val, "val")})
    assert [pair.second for pair in found] == [("val", "frame1")]


def test_even_pictures_are_duplicates() -> None:
    splits = {name: opened(Pictures([np.full((64, 64, 3), 9, np.uint8)], name), name) for name in ("train", "val")}
    assert len(find_duplicates(splits)) == 1


def test_pairs_are_named_by_split_and_id_and_only_across_splits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segkit.engine.duplicates._COMPARED", 3)  # several blocks, the last one smaller
    monkeypatch.setattr("segkit.engine.duplicates._READ", 2)
    train = Pictures([scene(0), scene(1), scene(1), scene(2), scene(3)], "a")
    val = Pictures([scene(9), scene(2), scene(8), changed(scene(0))["noisy"]], "b")
    test = Pictures([scene(9)], "c")
    frames = {"train": opened(train, "train"), "val": opened(val, "val"), "test": opened(test, "test")}
    found = find_duplicates(frames)
    assert [(pair.first, pair.second) for pair in found] == [
        (("train", "frame0"), ("val", "frame3")),
        (("train", "frame3"), ("val", "frame1")),
        (("val", "frame0"), ("test", "frame0")),
    ]
    assert [pair.bits for pair in found][1:] == [0, 0]
    assert 0 <= found[0].bits <= NEAR
    assert find_duplicates({"train": frames["train"]}) == []


def test_the_warning_counts_the_pairs_names_a_few_and_says_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    pictures = [scene(seed) for seed in range(5)]
    frames = {split: opened(Pictures(pictures, split), split) for split in ("train", "val")}
    caplog.clear()
    with caplog.at_level(logging.WARNING, "segkit"):
        tell_duplicates(frames)
    (record,) = caplog.records
    first, second = record.getMessage().splitlines()
    assert first.startswith("5 pairs of frames are nearly the same in two splits")
    assert first.endswith(
        ": train/frame0 and val/frame0; train/frame1 and val/frame1; train/frame2 and val/frame2; ..."
    )
    assert "split by group" in second
    one = [Duplicate(("train", "a"), ("val", "b"), 3)]
    assert summary(one).startswith("1 pair of frames is nearly the same")
    assert summary(one).endswith(": train/a and val/b")


def test_nothing_is_said_where_nothing_is_found_or_frames_are_not_cached(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "segkit"):
        tell_duplicates({s: opened(Pictures([scene(n)], s), s) for n, s in enumerate(SPLITS)})
        tell_duplicates({s: opened(Pictures([scene(0)], s), s, cache="off") for s in SPLITS})
    assert not caplog.records


def test_drawn_scenes_are_not_taken_for_each_other() -> None:
    frames = {}
    for split in SPLITS:
        options = {"counts": [150, 60, 60], "frame_size": [64, 96]}
        data = segkit.build("dataset", "synthetic_horizon", options, split=split, classes=("sky", "sea"), task="sea")
        frames[split] = opened(data, split)
    assert find_duplicates(frames) == []


def real(by: str) -> dict[str, CachedFrames]:
    """The drone's frames, all in one folder, split by ratio."""
    return {split: opened(segkit.build(**by_ratio(by, split)), split, size=(160, 160)) for split in SPLITS}


def by_ratio(root: str, split: str) -> dict[str, Any]:
    options = {"root": root, "mask_values": "index"}
    return {"kind": "dataset", "name": "folder", "options": options, "split": split, "classes": ("sky", "ground")}


@pytest.fixture
def drone(tmp_path: Path) -> Path:
    """All frames of the drone in one folder, by links."""
    root = tmp_path / "drone"
    for part in ("images", "masks"):
        (root / part).mkdir(parents=True)
        for split in SPLITS:
            for file in (UAV / split / part).iterdir():
                (root / part / file.name).symlink_to(file)
    return root


def alike(frames: dict[str, CachedFrames]) -> set[tuple[tuple[str, str], tuple[str, str]]]:
    """Compare pixel by pixel: the pairs whose grey values differ by less than 5 on average (others: 6 and more)."""
    grey = {split: part.batch(range(len(part)))[0].float().mean(dim=1).flatten(1) for split, part in frames.items()}
    found = set()
    for one, other in (("train", "val"), ("train", "test"), ("val", "test")):
        apart = torch.cdist(grey[one], grey[other], p=1) / grey[one].shape[1]
        for row, column in (apart < 5).nonzero().tolist():
            found.add(((one, frames[one].ids[row]), (other, frames[other].ids[column])))
    return found


@needs_real_frames
def test_real_frames_split_one_by_one_are_caught_and_split_by_flight_are_not(drone: Path) -> None:
    frames = real(str(drone))
    caught = find_duplicates(frames)
    assert {(pair.first, pair.second) for pair in caught} == alike(frames)
    assert len(caught) >= 20
    groups = {}
    rows = ["stem,group"]
    for split in SPLITS:
        for line in (UAV / split / "lines.csv").read_text().splitlines()[1:]:
            stem, group = line.split(",")[:2]
            groups[stem] = group
            rows.append(f"{stem},{group}")
    assert all(groups[pair.first[1]] == groups[pair.second[1]] for pair in caught)
    (drone / "lines.csv").write_text("\n".join(rows))
    assert find_duplicates(real(str(drone))) == []


@needs_real_frames
def test_it_costs_less_than_a_millisecond_a_frame(drone: Path) -> None:
    frames = real(str(drone))
    begun = time.process_time()
    find_duplicates(frames)
    assert (time.process_time() - begun) / sum(map(len, frames.values())) < 1e-3

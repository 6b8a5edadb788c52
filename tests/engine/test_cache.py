"""Frames at network size: read once, cached whole or not at all, the same with and without a cache."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from segkit.engine import cache
from segkit.engine.cache import CachedFrames, Frames, LiveFrames, cache_folder, open_frames
from segkit.engine.frames import resize_image, resize_mask, to_uint8
from segkit.engine.scan import FrameFormat
from segkit.errors import DataError
from segkit.kinds import Sample

FORM = FrameFormat((32, 48), 3, 2, "fail")
SIZES = ((40, 70), (32, 48), (41, 33), (70, 40))


class Scenes:
    """Frames of several sizes, grey, color and 16-bit, with some that cannot be used; counts how often it is read."""

    def __init__(self, bad: tuple[int, ...] = (), fingerprint: str = "scenes 1") -> None:
        self.fingerprint, self.bad, self.reads = fingerprint, bad, 0

    def __len__(self) -> int:
        return 9

    def __getitem__(self, index: int) -> Sample:
        self.reads += 1
        if index in self.bad:
            raise DataError(f"frame {index} is torn", "take it out")
        rng = np.random.default_rng(index)
        size = SIZES[index % 4]
        if index % 3 == 2:
            image = rng.integers(900, 4000, (*size, 1), dtype=np.uint16)
        else:
            image = rng.integers(0, 256, (*size, 1 + 2 * (index % 3)), dtype=np.uint8)
        mask = rng.choice(np.array([0, 1, 255], np.uint8), size)
        meta = {"slope": np.float32(0.25 * index), "number": index, "line": np.array([1, 2]), "name": "x", "none": None}
        return Sample(image, mask, f"frame {index}", f"drive {index % 2}", meta)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEGKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "frames"


def opened(dataset: Any, form: FrameFormat = FORM, mode: str = "auto") -> Frames:
    return open_frames(dataset, form, mode, "train")


def test_the_second_run_reads_nothing(folder: Path) -> None:
    first, second = Scenes(), Scenes()
    assert isinstance(opened(first), CachedFrames)
    assert first.reads == 9
    frames = opened(second)
    frames.batch([0, 3])
    frames.own_mask(2)
    assert second.reads == 0
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("mode", ["auto", "off"])
def test_what_the_frames_are(mode: str) -> None:
    dataset = Scenes()
    frames = opened(dataset, mode=mode)
    assert len(frames) == 9
    assert frames.ids == [f"frame {n}" for n in range(9)]
    assert frames.metas[4]["slope"] == 1.0
    assert frames.metas[4]["number"] == 4
    rows = [5, 0, 8, 0]
    images, masks = frames.batch(rows)
    assert (images.shape, images.dtype) == ((4, 3, 32, 48), torch.uint8)
    assert images.is_contiguous(memory_format=torch.channels_last)
    assert (masks.shape, masks.dtype) == ((4, 32, 48), torch.uint8)
    for n, row in enumerate(rows):
        sample = dataset[row]
        expected = resize_image(to_uint8(sample.image, 3), (32, 48))
        assert np.array_equal(images[n].permute(1, 2, 0).numpy(), expected)
        assert np.array_equal(masks[n].numpy(), resize_mask(sample.mask, (32, 48)))
    for row in range(9):
        assert np.array_equal(frames.own_mask(row).numpy(), dataset[row].mask)
    small = [resize_mask(dataset[row].mask, (32, 48)) for row in range(9)]
    assert frames.counts == [sum(int((mask == k).sum()) for mask in small) for k in range(2)]


def test_a_batch_belongs_to_its_taker() -> None:
    for mode in ("auto", "off"):
        frames = opened(Scenes(), mode=mode)
        images, masks = frames.batch([1])
        images.zero_()
        masks.fill_(255)
        assert (frames.batch([1])[1] != 255).any()
        assert frames.batch([1])[0].any()
        frames.own_mask(1).fill_(255)
        assert (frames.own_mask(1) != 255).any()


def test_without_a_cache_every_frame_is_read_each_time_and_nothing_is_written(folder: Path) -> None:
    dataset = Scenes()
    frames = opened(dataset, mode="off")
    assert isinstance(frames, LiveFrames)
    assert dataset.reads == 9
    frames.batch([0, 1])
    assert dataset.reads == 11
    assert not folder.exists()


@pytest.mark.parametrize(
    "change",
    [{"size": (48, 32)}, {"channels": 1}, {"on_error": "skip"}, {"classes": 3}],
    ids=lambda change: next(iter(change)),
)
def test_another_format_is_another_cache(folder: Path, change: dict[str, Any]) -> None:
    opened(Scenes())
    dataset = Scenes()
    form = dataclasses.replace(FORM, **change)
    images, _ = opened(dataset, form).batch([0])
    assert dataset.reads == 9
    assert images.shape[1:] == (form.channels, *form.size)
    assert len(list(folder.iterdir())) == 2


def test_another_fingerprint_is_another_cache(folder: Path) -> None:
    opened(Scenes())
    dataset = Scenes(fingerprint="scenes 2")
    opened(dataset)
    assert dataset.reads == 9
    assert len(list(folder.iterdir())) == 2


def test_frames_that_cannot_be_used_are_all_named(folder: Path) -> None:
    with pytest.raises(DataError) as caught:
        opened(Scenes(bad=(2, 5)))
    said = str(caught.value)
    assert "2 of 9 frames cannot be used" in said
    assert "data.on_error=skip" in said
    assert "frame 2 is torn" in said
    assert "frame 5 is torn" in said
    assert list(folder.iterdir()) == []  # nothing that a later run would take for a cache


@pytest.mark.parametrize("mode", ["auto", "off"])
def test_frames_that_cannot_be_used_are_skipped_when_that_is_wanted(
    mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    dataset = Scenes(bad=(0, 5))
    form = dataclasses.replace(FORM, on_error="skip")
    for _ in range(2):
        caplog.clear()
        frames = opened(dataset, form, mode)
        assert "train: 2 frames skipped" in caplog.text
        assert "frame 5 is torn" in caplog.text
        assert frames.ids == [f"frame {n}" for n in (1, 2, 3, 4, 6, 7, 8)]
        assert len(frames.skipped) == 2
        assert np.array_equal(frames.own_mask(4).numpy(), dataset[6].mask)
        assert np.array_equal(frames.batch([0])[1][0].numpy(), resize_mask(dataset[1].mask, (32, 48)))


def test_a_set_without_one_good_frame_is_refused() -> None:
    with pytest.raises(DataError, match="no frame can be used"):
        opened(Scenes(bad=tuple(range(9))), dataclasses.replace(FORM, on_error="skip"))


class One:
    """A set of one frame that is given."""

    fingerprint = "one"

    def __init__(self, image: np.ndarray, mask: np.ndarray, meta: Any = None) -> None:
        self.sample = Sample(image, mask, "the frame", meta=meta or {})

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> Sample:
        return self.sample


GOOD_IMAGE, GOOD_MASK = np.zeros((40, 50, 3), np.uint8), np.zeros((40, 50), np.uint8)


@pytest.mark.parametrize(
    ("image", "mask", "cause"),
    [
        (GOOD_IMAGE[..., :2], GOOD_MASK, "an image is (H, W, 1 or 3)"),
        (GOOD_IMAGE[..., 0], GOOD_MASK, "an image is (H, W, 1 or 3)"),
        (GOOD_IMAGE.astype(np.float32), GOOD_MASK, "of float32"),
        (GOOD_IMAGE, GOOD_MASK[:-1], "the mask is (39, 50)"),
        (GOOD_IMAGE, GOOD_MASK.astype(np.int64), "of int64"),
        (GOOD_IMAGE, GOOD_MASK + np.uint8(2), "mask values [2] stand for no class (0 to 1, 255 = ignore)"),
    ],
)
def test_a_frame_that_breaks_the_contract_is_named(image: np.ndarray, mask: np.ndarray, cause: str) -> None:
    with pytest.raises(DataError) as caught:
        opened(One(image, mask))
    assert f"the frame: {cause}" in str(caught.value) or cause in str(caught.value)
    assert "the frame" in str(caught.value)


def test_a_meta_that_cannot_be_kept_is_told(folder: Path) -> None:
    with pytest.raises(TypeError, match=r"Sample\.meta holds numbers, text, lists and dicts, not set"):
        opened(One(GOOD_IMAGE, GOOD_MASK, {"bad": {1, 2}}))
    assert list(folder.iterdir()) == []


def test_two_who_build_at_once_leave_one_whole_cache(folder: Path) -> None:
    meet = threading.Barrier(2)

    class Meeting(Scenes):
        def __getitem__(self, index: int) -> Sample:
            if index == 8:
                meet.wait(timeout=30)  # both are still building
            return super().__getitem__(index)

    found: list[Frames] = []
    threads = [threading.Thread(target=lambda: found.append(opened(Meeting()))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert len(list(folder.iterdir())) == 1
    for one, other in zip(found[0].batch(range(9)), found[1].batch(range(9)), strict=True):
        assert torch.equal(one, other)
    late = Scenes()
    opened(late)
    assert late.reads == 0


class Deadly(Scenes):
    def __getitem__(self, index: int) -> Sample:
        if index == 5:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__getitem__(index)


def _die() -> None:
    opened(Deadly())


def test_a_builder_that_is_killed_leaves_nothing_that_is_taken_for_a_cache(folder: Path) -> None:
    child = multiprocessing.get_context("fork").Process(target=_die)
    child.start()
    child.join(timeout=60)
    assert child.exitcode == -signal.SIGKILL
    assert len(list(folder.iterdir())) == 1  # its unfinished work
    dataset = Scenes()
    frames = opened(dataset)
    assert dataset.reads == 9
    assert len(frames) == 9


def test_a_builder_that_fails_cleans_up(folder: Path) -> None:
    class Fails(Scenes):
        def __getitem__(self, index: int) -> Sample:
            if index == 5:
                raise KeyboardInterrupt
            return super().__getitem__(index)

    with pytest.raises(KeyboardInterrupt):
        opened(Fails())
    assert list(folder.iterdir()) == []


def test_where_the_caches_lie(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("SEGKIT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "segkit"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_folder() == tmp_path / "home" / ".cache" / "segkit"


def test_another_version_of_the_cache_is_another_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(Scenes())
    monkeypatch.setattr(cache, "_VERSION", -1)
    dataset = Scenes()
    opened(dataset)
    assert dataset.reads == 9


def test_runs_with_and_without_a_cache_give_the_same_bytes(run: Any) -> None:
    folders = [run(mode, f"data.cache={mode}", "train.steps=6").folder for mode in ("auto", "off")]
    weights = [(folder / "model.safetensors").read_bytes() for folder in folders]
    assert weights[0] == weights[1]
    assert (folders[0] / "metrics.json").read_text() == (folders[1] / "metrics.json").read_text()

"""The bound of the cache: what makes way, what never does, what dead builders leave; frames read by many threads."""

from __future__ import annotations

import io
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from segkit.cli.reading import reading_bar
from segkit.engine import cache_room, in_order, reading
from segkit.engine.cache import CachedFrames, Frames, LiveFrames, open_frames
from segkit.engine.in_order import in_order as ordered
from segkit.engine.reading import watching
from segkit.engine.scan import FrameFormat
from segkit.errors import DataError, UserError
from segkit.kinds import Sample

FORM = FrameFormat((32, 64), 3, 2, "fail")
COUNT = 8
BYTES = COUNT * 32 * 64 * (3 + 1 + 1)  # image, mask, and the mask at its own size, which is the same here


class Plains(list[int]):
    """Frames of one value each."""

    def __init__(self, name: str, bad: tuple[int, ...] = ()) -> None:
        super().__init__(range(COUNT))
        self.fingerprint, self.bad, self.reads = name, bad, 0

    def __getitem__(self, index: Any) -> Any:
        self.reads += 1
        if index in self.bad:
            raise DataError(f"frame {index} is torn", "take it out")
        image = np.full((32, 64, 3), index, np.uint8)
        return Sample(image, np.full((32, 64), index % 2, np.uint8), f"frame {index}")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEGKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "frames"


def opened(name: str) -> Frames:
    return open_frames(Plains(name), FORM, "auto", "train")  # type: ignore[arg-type]


def read_anew(name: str) -> bool:
    dataset = Plains(name)
    open_frames(dataset, FORM, "auto", "train")  # type: ignore[arg-type]
    return dataset.reads > 0


def age(folder: Path, hours: float) -> None:
    """Make what was used last look as if it had been used before."""
    newest = max(folder.glob("*/index.json"), key=lambda index: index.stat().st_mtime)
    then = time.time() - 3600 * hours
    os.utime(newest, (then, then))


def test_the_set_that_was_not_used_for_longest_makes_way(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGKIT_CACHE_LIMIT", str(int(2.9 * BYTES)))  # the indices take a part of it
    opened("a")
    age(folder, 3)
    opened("b")
    age(folder, 2)
    opened("a")  # now b is the older one
    opened("c")
    assert cache_room._used(folder) <= 2.9 * BYTES
    assert not read_anew("a")
    assert not read_anew("c")
    assert read_anew("b")


def test_a_set_in_use_never_makes_way(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SEGKIT_CACHE_LIMIT", str(int(1.5 * BYTES)))
    held = opened("a")
    before = sorted(folder.rglob("*"))
    other = opened("b")
    assert isinstance(held, CachedFrames)
    assert isinstance(other, LiveFrames)
    assert "train: its frames do not fit into the cache" in caplog.text
    assert sorted(folder.rglob("*")) == before
    assert other.batch([3])[0].unique().tolist() == [3]
    del held
    assert isinstance(opened("b"), CachedFrames)
    assert read_anew("a")


def test_a_set_in_use_by_another_process_never_makes_way(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened("a")
    (index,) = folder.glob("*/index.json")
    code = "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_SH); print('held', flush=True); input()"
    user = subprocess.Popen([sys.executable, "-c", code, str(index)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert user.stdin is not None
    assert user.stdout is not None
    with user, user.stdin, user.stdout:
        assert user.stdout.readline() == b"held\n"
        monkeypatch.setenv("SEGKIT_CACHE_LIMIT", str(int(1.5 * BYTES)))
        assert isinstance(opened("b"), LiveFrames)
        assert index.is_file()
        user.kill()
    assert isinstance(opened("b"), CachedFrames)
    assert not index.exists()


def test_a_set_larger_than_the_limit_is_read_live_and_nothing_makes_way(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened("a")
    monkeypatch.setenv("SEGKIT_CACHE_LIMIT", str(BYTES // 2))
    dataset = Plains("b")
    frames = open_frames(dataset, FORM, "auto", "train")  # type: ignore[arg-type]
    assert isinstance(frames, LiveFrames)
    assert dataset.reads == COUNT  # what was found while it was tried is not read twice
    assert len(list(folder.iterdir())) == 1
    assert not read_anew("a")


def test_own_masks_that_turn_out_too_large_are_given_up_in_the_middle(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEGKIT_CACHE_LIMIT", str(int(0.9 * BYTES)))  # room for what the network sees, not for all
    assert isinstance(opened("a"), LiveFrames)
    assert list(folder.iterdir()) == []


def test_a_disk_that_is_full_is_no_fault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs the device that is always full")
    real = cache_room.begin

    def begin(place: Path) -> Any:
        work, index = real(place)
        (work / "masks.bin").symlink_to("/dev/full")
        return work, index

    monkeypatch.setattr(cache_room, "begin", begin)
    frames = opened("a")
    assert isinstance(frames, LiveFrames)
    assert len(frames) == COUNT
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "size"), [("10GB", 10e9), ("1.5 g", 1.5e9), ("500MB", 5e8), ("2tb", 2e12), ("64kB", 64e3), ("123", 123)]
)
def test_how_a_limit_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, size: float) -> None:
    monkeypatch.setenv("SEGKIT_CACHE_LIMIT", text)
    assert cache_room.limit(tmp_path) == size


@pytest.mark.parametrize("text", ["", "much", "-1GB", "10 apples", "1e9"])
def test_what_is_no_limit_is_the_users_mistake(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SEGKIT_CACHE_LIMIT", text)
    with pytest.raises(UserError, match="SEGKIT_CACHE_LIMIT must be a size"):
        opened("a")


def test_without_a_limit_half_of_the_free_disk_is_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SEGKIT_CACHE_LIMIT", raising=False)
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "images.bin").write_bytes(b"x" * 1000)
    for free, expected in ((10_000, 6_000.0), (10**12, 20e9)):
        monkeypatch.setattr(cache_room.shutil, "disk_usage", lambda _, free=free: type("Usage", (), {"free": free}))
        assert cache_room.limit(tmp_path) == expected


BUILDER = """
import sys, time
import numpy as np
from segkit.engine.cache import open_frames
from segkit.engine.scan import FrameFormat
from segkit.kinds import Sample

class Slow(list):
    fingerprint = "slow"
    def __getitem__(self, index):
        if index == 6:
            print("in the middle", flush=True)
            sys.stdin.readline()
        return Sample(np.full((32, 64, 3), index, np.uint8), np.zeros((32, 64), np.uint8), str(index))

frames = open_frames(Slow(range(8)), FrameFormat((32, 64), 3, 2, "fail"), "auto", "train")
print(int(frames.batch([7])[0].sum()), flush=True)
"""


def builder() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", BUILDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "in the middle\n"
    return process


def test_what_a_killed_builder_leaves_is_swept_and_a_living_ones_work_is_not(folder: Path) -> None:
    with builder() as dead, builder() as alive:
        dead.send_signal(signal.SIGKILL)
        dead.wait(timeout=60)
        assert len(list(folder.iterdir())) == 2
        opened("another")
        left = sorted(path.name.partition(".")[0] for path in folder.iterdir())
        assert len(left) == 2  # the living one's work, and the other set
        assert alive.communicate("\n", timeout=60)[0] == f"{7 * 32 * 64 * 3}\n"
    assert len(list(folder.iterdir())) == 2
    assert all("." not in path.name and (path / "index.json").is_file() for path in folder.iterdir())


def test_two_processes_that_build_at_once_both_have_the_frames_and_leave_one_cache(folder: Path) -> None:
    with builder() as one, builder() as other:
        for process in (one, other):
            assert process.communicate("\n", timeout=60)[0] == f"{7 * 32 * 64 * 3}\n"
    (made,) = folder.iterdir()
    assert {path.name for path in made.iterdir()} == {"images.bin", "masks.bin", "own_masks.bin", "index.json"}


@pytest.mark.parametrize("count", [1, 2, 5])
def test_faults_have_their_order_and_text_whatever_the_number_of_workers(
    monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    class Uneven(Plains):
        def __getitem__(self, index: Any) -> Any:
            time.sleep(0.02 if index < 3 else 0)  # those behind are done first
            return super().__getitem__(index)

    monkeypatch.setattr(in_order, "workers", lambda: count)
    with pytest.raises(DataError) as caught:
        open_frames(Uneven("bad", bad=(0, 1, 4, 7)), FORM, "auto", "train")  # type: ignore[arg-type]
    causes = [fault.cause for fault in caught.value.faults]
    assert causes == ["4 of 8 frames cannot be used", *(f"frame {n} is torn" for n in (0, 1, 4, 7))]
    frames = open_frames(Uneven("good"), FORM, "auto", "train")  # type: ignore[arg-type]
    assert frames.ids == [f"frame {n}" for n in range(COUNT)]
    assert torch.equal(frames.batch(range(COUNT))[0][:, 0, 0, 0], torch.arange(COUNT, dtype=torch.uint8))


def test_items_are_done_by_several_threads_and_only_a_few_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_order, "workers", lambda: 2)
    meet, begun = threading.Barrier(2), []

    def work(item: int) -> int:
        begun.append(item)
        if item < 2:
            meet.wait(timeout=30)  # alone, the first would wait for ever
        return item

    results = ordered(work, range(100))
    assert next(results) == 0
    results.close()
    assert len(begun) <= 2 * 2 + 1


def test_the_watcher_hears_of_every_frame_and_the_log_of_none(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[tuple[str, int, int]] = []
    with watching(lambda *told: heard.append(told)):
        opened("a")
        opened("a")  # is not read again
    assert heard == [("train", n, COUNT) for n in range(1, COUNT + 1)]
    assert "frames read" not in caplog.text


def test_without_a_watcher_a_line_tells_of_a_long_reading(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "segkit")
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr(reading.time, "monotonic", lambda: float(next(clock)))
    told = reading.Reading("val", 10)
    for done in range(1, 11):
        told(done)
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [f"val: {n} of 10 frames read, 0 a second, {(10 - n) * 4} s left" for n in (3, 6, 9)]


def test_a_terminal_has_a_bar_while_frames_are_read_and_a_file_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stream(io.StringIO):
        def __init__(self, terminal: bool) -> None:
            super().__init__()
            self._terminal = terminal

        def isatty(self) -> bool:
            return self._terminal

    monkeypatch.setenv("TERM", "xterm")
    for terminal in (True, False):
        stream = Stream(terminal)
        monkeypatch.setattr(sys, "stderr", stream)
        with reading_bar():
            opened(f"terminal {terminal}")
        assert ("reading train" in stream.getvalue()) == terminal
        assert (f"{COUNT}/{COUNT}" in stream.getvalue()) == terminal

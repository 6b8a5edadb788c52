"""What every data set promises (``segkit.kinds.Dataset``)."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from segkit.assemble import load
from segkit.kinds import IGNORE, Sample
from segkit.options import REQUIRED, signature_of
from segkit.sources import Source
from segkit.testing.subject import Subject

CLASSES = ("sky", "sea")
SPLITS = ("train", "val", "test")
LOOKED_AT = 6  # frames of a split at most: there may be many thousands

Make = Callable[..., Any]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of frames: train, val and test, each with images and masks of the same stems."""
    folder = tmp_path_factory.mktemp("frames")
    pixels = np.random.default_rng(0)
    for number, split in enumerate(SPLITS):
        for index in range(4):
            stem, mask = f"{number}{index:03d}", np.zeros((20, 28), np.uint8)
            mask[8 + index :] = 1
            mask[8 + index] = IGNORE
            image = pixels.integers(0, 256, (20, 28, 3), dtype=np.uint8)
            for name, array in (("images", image), ("masks", mask)):
                (folder / split / name).mkdir(parents=True, exist_ok=True)
                Image.fromarray(array).save(folder / split / name / f"{stem}.png")
    return folder


@pytest.fixture(scope="module")
def make(subject: Subject, root: Path) -> Make:
    """``make(split)`` gives the data set; ``root`` is given to one that cannot do without it."""
    target = load(subject.component)
    options = signature_of(target, subject.component.spec).options
    needs_root = "root" in options and options["root"].default is REQUIRED
    if needs_root and "root" not in subject.options and isinstance(getattr(target, "source", None), Source):
        pytest.skip("a public data set has a layout of its own: give options with a root, by pytest_segkit_options")
    given = {"root": str(root)} if needs_root else {}
    return lambda split: Subject(subject.component, {**given, **subject.options})(
        split=split, classes=CLASSES, task="sea"
    )


@pytest.fixture(scope="module", params=SPLITS)
def split(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def frames(make: Make, split: str) -> Any:
    return make(split)


def some(frames: Any) -> list[Sample]:
    return [frames[index] for index in range(min(LOOKED_AT, len(frames)))]


def same(first: Sample, second: Sample) -> bool:
    """Whether two samples agree in all that they hold."""
    pictures = ((first.image, second.image), (first.mask, second.mask))
    if not all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in pictures):
        return False
    words = [(sample.id, sample.group, str(sorted(sample.meta.items()))) for sample in (first, second)]
    return words[0] == words[1]


def test_every_split_has_frames(frames: Any) -> None:
    assert len(frames) > 0


def test_images_and_masks_have_their_form(frames: Any) -> None:
    for sample in some(frames):
        assert isinstance(sample, Sample)
        assert sample.image.dtype in (np.uint8, np.uint16)
        assert sample.image.ndim == 3
        assert sample.image.shape[2] in (1, 3)
        assert sample.mask.dtype == np.uint8
        assert sample.mask.shape == sample.image.shape[:2]
        assert min(sample.mask.shape) > 0


def test_labels_are_classes_or_ignored(frames: Any) -> None:
    seen = {label for sample in some(frames) for label in np.unique(sample.mask).tolist()}
    assert seen <= {*range(len(CLASSES)), IGNORE}
    assert seen != {IGNORE}


def test_a_frame_has_a_name_and_says_where_it_is_from(frames: Any) -> None:
    samples = some(frames)
    assert all(isinstance(sample.id, str) and sample.id for sample in samples)
    assert all(isinstance(sample.group, str) and isinstance(sample.meta, Mapping) for sample in samples)
    assert len({sample.id for sample in samples}) == len(samples)


def test_a_frame_is_the_same_whenever_it_is_asked_for(make: Make, frames: Any, split: str) -> None:
    samples, other = some(frames), make(split)
    assert len(other) == len(frames)
    for index in reversed(range(len(samples))):
        assert same(frames[index], samples[index])
        assert same(other[index], samples[index])


def test_a_frame_does_not_hang_on_the_global_generators(frames: Any) -> None:
    before = frames[0]
    for seed in (1, 2):
        torch.manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - what is read with it would differ
        assert same(frames[0], before)


def test_changing_a_sample_does_not_change_the_frame(frames: Any) -> None:
    sample = frames[0]
    before = replace(sample, image=sample.image.copy(), mask=sample.mask.copy())
    for array in (sample.image, sample.mask):
        if array.flags.writeable:
            array[:] = 7
    assert same(frames[0], before)


def test_the_last_frame_can_be_read(frames: Any) -> None:
    assert isinstance(frames[len(frames) - 1], Sample)


def test_no_frame_is_in_two_splits(make: Make) -> None:
    frames = {split: some(make(split)) for split in SPLITS}
    names = [{sample.id for sample in samples} for samples in frames.values()]
    pictures = [{sample.image.tobytes() for sample in samples} for samples in frames.values()]
    assert len(set[str]().union(*names)) == sum(map(len, names))
    assert len(set[bytes]().union(*pictures)) == sum(map(len, pictures))


def test_the_fingerprint_tells_the_frames(make: Make) -> None:
    fingerprints = {split: make(split).fingerprint for split in SPLITS}
    assert all(isinstance(fingerprint, str) and fingerprint for fingerprint in fingerprints.values())
    assert {split: make(split).fingerprint for split in SPLITS} == fingerprints
    assert len(set(fingerprints.values())) == len(SPLITS)

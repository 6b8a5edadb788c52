"""``segkit.load``: whatever a picture is held in, the prediction is that of its pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import segkit
from segkit.errors import DataError, UserError

RNG = np.random.default_rng(3)
COLOR = RNG.integers(0, 256, (37, 53, 3), dtype=np.uint8)
GREY = RNG.integers(0, 256, (37, 53), dtype=np.uint8)
HELD: dict[str, Any] = {
    "numpy": COLOR,
    "numpy floats": COLOR / 255,
    "half floats": (COLOR / np.float32(255)).astype(np.float16),
    "torch": torch.from_numpy(COLOR).permute(2, 0, 1),
    "torch floats": torch.from_numpy(COLOR).permute(2, 0, 1) / 255,
    "PIL": Image.fromarray(COLOR),
    "PIL with alpha": Image.fromarray(np.dstack([COLOR, GREY])),
    "not in one piece": np.ascontiguousarray(COLOR[:, ::-1])[:, ::-1],
}


@pytest.fixture
def model(model_folder: Any) -> Any:
    return segkit.load(model_folder())


@pytest.mark.parametrize("name", HELD)
def test_a_picture_is_seen_alike_in_whatever_it_is_held(model: Any, name: str) -> None:
    seen, expected = model(HELD[name]), model(COLOR)
    if name == "half floats":  # eleven bits hold every one of 256 steps
        assert np.abs(COLOR - np.round(HELD[name].astype(np.float32) * 255)).max() == 0
    assert np.array_equal(seen.mask, expected.mask)
    assert np.array_equal(seen.probabilities, expected.probabilities)


def test_a_file_is_seen_as_its_pixels(model: Any, tmp_path: Path) -> None:
    Image.fromarray(COLOR).save(tmp_path / "a.png")
    for path in (tmp_path / "a.png", str(tmp_path / "a.png")):
        assert np.array_equal(model(path).probabilities, model(COLOR).probabilities)
    with pytest.raises(DataError, match=r"none\.png"):
        model(tmp_path / "none.png")


def test_gray_and_deep_pictures_are_seen(model: Any) -> None:
    flat = model(GREY)
    for held in (GREY[..., None], torch.from_numpy(GREY)[None], Image.fromarray(GREY), GREY / 255):
        assert np.array_equal(model(held).mask, flat.mask)
    deep = GREY.astype(np.uint16) * 257
    assert np.array_equal(model(deep).mask, model(Image.fromarray(deep)).mask)


def test_sixteen_bits_are_seen_alike_in_whatever_they_are_held(model: Any, tmp_path: Path) -> None:
    deep = GREY.astype(np.uint16) * 40 + 1000
    Image.fromarray(deep).save(tmp_path / "deep.png")
    height, width = deep.shape
    swapped = deep.astype(">u2")
    expected = model(deep)
    held = {
        "path": tmp_path / "deep.png",
        "torch": torch.from_numpy(deep),
        "other order of bytes": swapped,
        "PIL I;16": Image.fromarray(deep),
        "PIL I;16B": Image.frombytes("I;16B", (width, height), swapped.tobytes()),
        "PIL I": Image.fromarray(deep.astype(np.int32)),
    }
    differing = [
        name for name, one in held.items() if not np.array_equal(model(one).probabilities, expected.probabilities)
    ]
    assert differing == []


def test_a_palette_s_colors_are_seen_whatever_it_says_of_transparency(model: Any) -> None:
    palette = Image.fromarray(GREY).convert("P")  # a palette of 256 greys
    palette.info["transparency"] = bytes([0, 128, 255])
    expected = model(np.repeat(GREY[..., None], 3, axis=2))
    assert np.array_equal(model(palette).probabilities, expected.probabilities)


def test_one_gives_one_and_several_give_a_list(model: Any) -> None:
    one = model(COLOR)
    frames = np.stack([COLOR, COLOR[::-1], COLOR[:, ::-1]])
    for several in (frames, list(frames), tuple(frames), torch.from_numpy(frames).permute(0, 3, 1, 2)):
        seen = model(several)
        assert len(seen) == 3
        assert np.array_equal(seen[0].mask, one.mask)
    assert model([]) == []
    assert [p.mask.shape for p in model([COLOR, GREY[:20], COLOR[:, :31]] * 4)] == [(37, 53), (20, 53), (37, 31)] * 4


def test_a_prediction_holds_mask_probabilities_and_horizon(model: Any) -> None:
    seen = model(COLOR)
    assert (seen.mask.shape, seen.mask.dtype) == ((37, 53), np.uint8)
    assert (seen.probabilities.shape, seen.probabilities.dtype) == ((2, 37, 53), np.float32)
    assert np.allclose(seen.probabilities.sum(axis=0), 1)
    assert np.array_equal(seen.mask, seen.probabilities.argmax(axis=0))
    assert seen.horizon["answer"] in ("line", "no_horizon")
    assert (model.classes, model.task) == (("sky", "sea"), "sea")


def test_a_model_of_three_classes_has_no_horizon_of_itself(model_folder: Any) -> None:
    folder = model_folder(classes=["sky", "water", "boat"])
    seen = segkit.load(folder)(COLOR)
    assert seen.horizon is None
    assert dict(seen.row) == {}
    assert segkit.load(folder, postprocess={"use": "horizon"})(COLOR).horizon is not None


@pytest.mark.parametrize(
    ("wrong", "cause"),
    [
        (np.zeros((3, 37, 53), np.uint8), r"not the shape \(3, 37, 53\)"),
        (np.zeros((37, 53, 4), np.uint8), r"not the shape \(37, 53, 4\)"),
        (np.zeros((0, 53, 3), np.uint8), r"not the shape \(0, 53, 3\)"),
        (np.zeros((37, 53), np.int32), "not int32"),
        (np.full((37, 53), 1.5), r"not in \[1.5, 1.5\]"),
        (np.full((37, 53), np.nan), r"lies in \[0, 1\]"),
        (torch.zeros(37, 53, 3), r"not the shape \(37, 53, 3\)"),
        (np.zeros(37, np.uint8), r"not the shape \(37,\)"),
        (torch.zeros(2, 37, 53, 3), r"not the shape \(2, 37, 53, 3\)"),
        (Image.fromarray(np.int32([[0, 70_000]])), "lies in 0 to 65535, not in 0 to 70000"),
        ({"image": COLOR}, "no dict"),
        ([COLOR, np.stack([COLOR, COLOR])], "each picture of a list must be one"),
    ],
)
def test_what_is_no_picture_is_refused(model: Any, wrong: Any, cause: str) -> None:
    with pytest.raises(UserError, match=cause):
        model(wrong)

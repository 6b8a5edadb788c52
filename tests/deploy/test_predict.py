"""``segkit predict``: images of any kind to masks and overlays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from segkit.api import predict
from segkit.deploy.overlay import overlay, palette
from segkit.deploy.predictor import Predictor
from segkit.discovery import catalog
from segkit.engine.model_file import load_model
from segkit.errors import DataError, UserError
from segkit.images import read_image

RNG = np.random.default_rng(0)


def picture(height: int = 37, width: int = 53, channels: int = 3) -> np.ndarray:
    shape = (height, width, channels) if channels > 1 else (height, width)
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def write(path: Path, pixels: np.ndarray, mode: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(path)
    return path


def read(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def by_hand(folder: Path, image: np.ndarray) -> np.ndarray:
    """Predict one frame (H, W, 3) uint8, step by step, through Pillow's resizing."""
    model, card = load_model(folder, catalog())
    small = np.asarray(Image.fromarray(image).resize((card.size[1], card.size[0]), Image.Resampling.BILINEAR))
    pixels = (torch.tensor(small).float() / 255 - 0.5) / 0.25
    with torch.no_grad():
        logits = model(pixels.permute(2, 0, 1)[None])
    own = F.interpolate(logits, image.shape[:2], mode="bilinear", align_corners=False)[0].numpy()
    return np.asarray(own[0] > 0 if len(own) == 1 else np.argmax(own, axis=0))


@pytest.mark.parametrize("classes", [["sky", "sea"], ["sky", "sea", "boat"]])
def test_masks_hold_the_classes_at_the_frames_own_size(model_folder: Any, tmp_path: Path, classes: list[str]) -> None:
    folder = model_folder(classes=classes)
    frames = {f"{n}.{h}x{w}.v1": picture(h, w) for n, (h, w) in enumerate([(37, 53), (32, 64), (7, 200), (120, 33)])}
    for stem, pixels in frames.items():
        write(tmp_path / "in" / f"{stem}.png", pixels)
    assert predict(folder, [tmp_path / "in"], tmp_path / "out") == 0
    assert {path.name for path in (tmp_path / "out" / "masks").iterdir()} == {f"{stem}.png" for stem in frames}
    assert {path.name for path in (tmp_path / "out" / "overlays").iterdir()} == {f"{stem}.jpg" for stem in frames}
    seen = set()
    for stem, pixels in frames.items():
        mask = read(tmp_path / "out" / "masks" / f"{stem}.png")
        assert mask.shape == pixels.shape[:2]
        assert mask.dtype == np.uint8
        assert np.mean(mask == by_hand(folder, pixels)) > 0.98  # Pillow's resizing rounds some pixels otherwise
        seen |= set(np.unique(mask).tolist())
        assert read(tmp_path / "out" / "overlays" / f"{stem}.jpg").shape == (*mask.shape, 3)
    assert seen <= set(range(len(classes)))
    assert len(seen) > 1


def test_how_frames_are_batched_changes_nothing(model_folder: Any) -> None:
    predictor = Predictor(model_folder(), catalog())
    frames = [picture(40 + n, 60) for n in range(5)]
    together = predictor(frames)
    alone = [predictor([frame])[0] for frame in frames]
    assert all(np.mean(one.mask == other.mask) > 0.999 for one, other in zip(together, alone, strict=True))


def test_more_images_than_fit_into_a_batch(model_folder: Any, tmp_path: Path) -> None:
    for n in range(11):
        write(tmp_path / "in" / f"{n}.png", picture(8, 9 + n))
    assert predict(model_folder(), [tmp_path / "in"], tmp_path / "out") == 0
    widths = [read(tmp_path / "out" / "masks" / f"{n}.png").shape[1] for n in range(11)]
    assert widths == list(range(9, 20))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("channels_last", [False, True])
def test_a_model_is_used_as_it_was_trained(model_folder: Any, precision: str, channels_last: bool) -> None:
    folder = model_folder(precision=precision, channels_last=channels_last)
    frame = picture()
    assert np.mean(Predictor(folder, catalog())([frame])[0].mask == by_hand(folder, frame)) > 0.95


@pytest.mark.parametrize("channels", [1, 3])
def test_grey_color_and_sixteen_bit_frames_for_either_network(model_folder: Any, tmp_path: Path, channels: int) -> None:
    grey = picture(channels=1)
    files = [
        write(tmp_path / "in" / "grey.png", grey),
        write(tmp_path / "in" / "color.jpg", picture()),
        write(tmp_path / "in" / "bitmap.bmp", picture()),
        write(tmp_path / "in" / "UPPER.PNG", picture()),
        write(tmp_path / "in" / "deep.png", grey.astype(np.uint16) * 40 + 1000),
        write(tmp_path / "in" / "palette.png", grey, "P"),
        write(tmp_path / "in" / "alpha.png", picture(channels=4)),
        write(tmp_path / "in" / "one_bit.png", grey, "1"),
    ]
    out = tmp_path / "out"
    assert predict(model_folder(channels=channels), files, out) == 0
    for file in files:
        assert read(out / "masks" / f"{file.stem}.png").shape == (37, 53)
        assert read(out / "overlays" / f"{file.stem}.jpg").shape == (37, 53, 3)
    assert np.array_equal(read(out / "masks" / "grey.png"), read(out / "masks" / "palette.png"))
    stretched = np.array_equal(read(out / "masks" / "grey.png"), read(out / "masks" / "deep.png"))
    assert stretched == (grey.min() == 0 and grey.max() == 255)


def test_how_files_become_frames(tmp_path: Path) -> None:
    color, grey = picture(), picture(channels=1)
    assert np.array_equal(read_image(write(tmp_path / "c.png", color)), color)
    assert np.array_equal(read_image(write(tmp_path / "g.png", grey))[..., 0], grey)
    deep = grey.astype(np.uint16) * 257
    assert np.array_equal(read_image(write(tmp_path / "d.png", deep))[..., 0], deep)
    assert read_image(tmp_path / "d.png").dtype == np.uint16
    clear = Image.fromarray(grey).convert("P")
    clear.save(tmp_path / "t.png", transparency=bytes([0, 128, 255]))
    assert np.array_equal(read_image(tmp_path / "t.png"), np.repeat(grey[..., None], 3, axis=2))
    turned = Image.Exif()
    turned[0x0112] = 6  # to be shown a quarter turned clockwise
    Image.fromarray(color).save(tmp_path / "e.png", exif=turned)
    assert np.array_equal(read_image(tmp_path / "e.png"), np.rot90(color, -1))


def test_only_the_formats_of_data_sets_are_opened(tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / "disguised.png", format="EPS")  # Pillow would start Ghostscript for it
    with pytest.raises(DataError, match=r"disguised\.png: "):
        read_image(tmp_path / "disguised.png")


def test_a_folder_without_a_model_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    file = write(tmp_path / "a.png", picture())
    with pytest.raises(UserError, match="holds no trained model"):
        predict(tmp_path, [file], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_model_of_a_component_that_is_not_installed_is_refused(model_folder: Any, tmp_path: Path) -> None:
    file = write(tmp_path / "a.png", picture())
    with pytest.raises(UserError, match="'stranger'"):
        predict(model_folder(model={"use": "stranger:net"}), [file], tmp_path / "out")


@pytest.mark.parametrize("classes", [2, 3, 8])
def test_every_class_has_a_color_of_its_own(classes: int) -> None:
    colors = palette(classes).astype(int)
    distances = [np.abs(colors[a] - colors[b]).sum() for a in range(classes) for b in range(a)]
    assert colors.shape == (classes, 3)
    assert min(distances) > 60


def test_an_overlay_tints_each_pixel_by_its_class() -> None:
    image = np.full((2, 3, 1), 100, np.uint8)
    mask = np.array([[0, 1, 0], [1, 1, 0]], np.uint8)
    colors = np.array([[0, 0, 255], [255, 0, 0]], np.uint8)
    tinted = np.asarray(overlay(image, mask, colors))
    assert tinted[0, 0].tolist() == [65, 65, 154]  # 65 + 0.35 * 255 = 154.25
    assert tinted[0, 1].tolist() == [154, 65, 65]
    assert (tinted[mask == 1] == tinted[0, 1]).all()

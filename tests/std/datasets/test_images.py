from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from segkit.errors import DataError
from segkit.images import read_image, read_mask_values

ROTATED = 6  # EXIF: the stored picture must be turned clockwise by 90 degrees to stand upright
GREY = np.array([[0, 1, 2], [3, 4, 255]], np.uint8)
COLOR = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)


def test_color_and_grey_keep_their_channels(write: Callable[..., Path]) -> None:
    for name in ("a.png", "a.bmp"):
        np.testing.assert_array_equal(read_image(write(name, COLOR)), COLOR)
        np.testing.assert_array_equal(read_image(write(name, GREY)), GREY[..., None])
        assert read_image(write(name, GREY)).dtype == np.uint8
    smooth = np.full((16, 16, 3), (200, 100, 50), np.uint8)
    assert np.abs(read_image(write("a.jpg", smooth)).astype(int) - smooth).max() <= 3


def test_sixteen_bits_are_kept(write: Callable[..., Path]) -> None:
    infrared = np.array([[0, 255, 256], [1000, 40000, 65535]], np.uint16)
    image = read_image(write("a.png", infrared))
    assert image.dtype == np.uint16
    np.testing.assert_array_equal(image, infrared[..., None])


def test_alpha_is_dropped_and_a_palette_becomes_color(write: Callable[..., Path], tmp_path: Path) -> None:
    np.testing.assert_array_equal(read_image(write("a.png", np.dstack([COLOR, GREY]))), COLOR)
    np.testing.assert_array_equal(read_image(write("a.png", np.dstack([GREY, GREY]))), GREY[..., None])
    palette = Image.fromarray(np.array([[1, 0]], np.uint8)).convert("P")
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.save(tmp_path / "p.png", transparency=b"\x00\x80")
    np.testing.assert_array_equal(read_image(tmp_path / "p.png"), [[[40, 50, 60], [10, 20, 30]]])


def test_one_bit_is_black_and_white_in_a_frame_and_0_and_1_in_a_mask(write: Callable[..., Path]) -> None:
    file = write("a.png", np.array([[True, False]]))
    np.testing.assert_array_equal(read_image(file), [[[255], [0]]])
    np.testing.assert_array_equal(read_mask_values(file), [[1, 0]])


def test_exif_orientation_is_applied_to_frames_and_masks(write: Callable[..., Path]) -> None:
    exif = Image.Exif()
    exif[0x0112] = ROTATED
    upright = np.rot90(GREY, k=-1)
    np.testing.assert_array_equal(read_image(write("a.png", GREY, exif=exif))[..., 0], upright)
    np.testing.assert_array_equal(read_mask_values(write("m.png", GREY, exif=exif)), upright)
    deep = GREY.astype(np.uint16) * 257
    np.testing.assert_array_equal(read_image(write("d.png", deep, exif=exif))[..., 0], np.rot90(deep, k=-1))


def test_a_palette_mask_gives_indices_not_colors(tmp_path: Path) -> None:
    mask = Image.new("P", (2, 1))
    mask.putdata([2, 1])
    mask.putpalette([0, 0, 0, 200, 0, 0, 0, 0, 200])
    mask.save(tmp_path / "m.png")
    np.testing.assert_array_equal(read_mask_values(tmp_path / "m.png"), [[2, 1]])


def test_a_grey_mask_in_three_channels_is_grey(write: Callable[..., Path]) -> None:
    np.testing.assert_array_equal(read_mask_values(write("m.png", np.dstack([GREY] * 3))), GREY)
    opaque = np.full_like(GREY, 255)
    np.testing.assert_array_equal(read_mask_values(write("m.png", np.dstack([GREY] * 3 + [opaque]))), GREY)


def test_a_mask_in_color_or_partly_transparent_is_refused(write: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match=r"color\.png: the mask is in color \(RGB\)"):
        read_mask_values(write("color.png", COLOR))
    with pytest.raises(DataError, match=r"see_through\.png: the mask is partly transparent"):
        read_mask_values(write("see_through.png", np.dstack([GREY * 0] * 3 + [GREY])))


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.bmp"])
@pytest.mark.parametrize("keep", [0.0, 0.05, 0.5, 0.9])
def test_a_file_cut_short_is_refused_by_name(write: Callable[..., Path], name: str, keep: float) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (40, 50, 3))
    file = write(name, noise)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(keep * len(whole))])
    with pytest.raises(DataError, match="empty" if keep == 0 else "cannot be decoded") as caught:
        read_image(file)
    assert str(file) in str(caught.value)
    assert caught.value.faults[0].remedy
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


def test_a_file_of_another_kind_is_refused(write: Callable[..., Path], tmp_path: Path) -> None:
    for content in (b"not a picture", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", b"GIF89a" + bytes(20)):
        file = tmp_path / "a.png"
        file.write_bytes(content)
        with pytest.raises(DataError, match="cannot be decoded"):
            read_image(file)
    with pytest.raises(DataError, match=r"gone\.png"):
        read_image(tmp_path / "gone.png")


def test_a_decompression_bomb_is_refused(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    file = write("a.png", np.zeros((10, 10)))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40)
    with pytest.raises(DataError, match="DecompressionBombError"):
        read_image(file)

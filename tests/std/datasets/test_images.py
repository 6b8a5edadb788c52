from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile

from segkit.errors import DataError
from segkit.images import MAX_PIXELS, read_image, read_mask_colors, read_mask_values

# What turns a stored picture upright, by its EXIF orientation.
TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a.swapaxes(0, 1), 2),
    8: lambda a: np.rot90(a, 1),
}
LOSSLESS: list[tuple[str, dict[str, Any]]] = [
    ("a.tif", {}),
    ("a.tiff", {"compression": "tiff_lzw"}),
    ("a.webp", {"lossless": True}),
]
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
        with pytest.raises(DataError, match=r"cannot be decoded \(not as JPEG, PNG, BMP, TIFF or WEBP"):
            read_image(file)
    with pytest.raises(DataError, match=r"gone\.png"):
        read_image(tmp_path / "gone.png")


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
@pytest.mark.parametrize("name", ["a.jpg", "a.webp", "a.png"])
def test_a_file_is_read_by_what_it_holds_and_not_by_its_suffix(tmp_path: Path, kind: str, name: str) -> None:
    Image.fromarray(COLOR).save(tmp_path / name, format=kind)
    np.testing.assert_array_equal(read_image(tmp_path / name), COLOR)
    Image.fromarray(GREY).save(tmp_path / name, format=kind)
    np.testing.assert_array_equal(read_mask_values(tmp_path / name), GREY)


@pytest.mark.parametrize(("name", "options"), LOSSLESS)
def test_tiff_and_webp(write: Callable[..., Path], name: str, options: dict[str, Any]) -> None:
    np.testing.assert_array_equal(read_image(write(name, COLOR, **options)), COLOR)
    with_alpha = np.dstack([COLOR, GREY])
    exact = {"exact": True} if name == "a.webp" else {}  # or the color of clear pixels is lost
    np.testing.assert_array_equal(read_image(write(name, with_alpha, **options, **exact)), COLOR)


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate"])
def test_a_tiff_of_sixteen_bits_is_kept(write: Callable[..., Path], compression: str | None) -> None:
    infrared = np.array([[0, 255, 256], [1000, 40000, 65535]], np.uint16)
    image = read_image(write("a.tif", infrared, compression=compression))
    assert image.dtype == np.uint16
    np.testing.assert_array_equal(image[..., 0], infrared)
    np.testing.assert_array_equal(read_mask_values(write("m.tiff", infrared, compression=compression)), infrared)


def test_floating_point_frames_are_spread_over_sixteen_bits(write: Callable[..., Path]) -> None:
    celsius = np.array([[-10.0, 0.0], [15.0, 30.0]], np.float32)
    image = read_image(write("t.tif", celsius))
    assert image.dtype == np.uint16
    assert image[..., 0].tolist() == [[0, 16384], [40959, 65535]]  # (v + 10) / 40 of 65535
    assert not read_image(write("flat.tif", np.full((2, 3), 21.5, np.float32))).any()
    with pytest.raises(DataError, match=r"t\.tif: the mask holds floating-point numbers"):
        read_mask_values(write("t.tif", celsius))


@pytest.mark.parametrize("strange", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_counted_and_refused(write: Callable[..., Path], strange: float) -> None:
    values = np.zeros((4, 5), np.float32)
    values[1, 2:4] = strange
    with pytest.raises(DataError, match=r"nan\.tif: 2 of 20 pixels are NaN or infinite"):
        read_image(write("nan.tif", values))


def test_integers_of_thirty_two_bits_are_read_as_far_as_sixteen_reach(write: Callable[..., Path]) -> None:
    np.testing.assert_array_equal(read_image(write("i.tif", np.array([[0, 65535]], np.int32))), [[[0], [65535]]])
    for values, named in (([[-1, 5]], "from -1 to 5"), ([[7, 65536]], "from 7 to 65536")):
        for read in (read_image, read_mask_values):
            with pytest.raises(DataError, match=f"holds integers {named}; 0 to 65535 can be read"):
                read(write("i.tif", np.array(values, np.int32)))


@pytest.mark.parametrize("name", ["a.jpg", "a.tif"])
def test_cmyk_becomes_red_green_and_blue(tmp_path: Path, name: str) -> None:
    ink = Image.new("CMYK", (16, 16), (255, 128, 0, 51))
    ink.save(tmp_path / name, **({"quality": 100} if name.endswith("jpg") else {}))
    expected = [round(255 * (1 - c / 255) * (1 - 51 / 255)) for c in (255, 128, 0)]  # (1 - C)(1 - K)
    assert np.abs(read_image(tmp_path / name).astype(int) - expected).max() <= 3


def test_a_color_space_that_pillow_cannot_convert_is_named(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(image: Image.Image, mode: str) -> Image.Image:
        raise ValueError(f"conversion from {image.mode} to {mode} not supported")

    file = write("a.tif", COLOR)
    monkeypatch.setattr(Image.Image, "convert", refuse)
    with pytest.raises(DataError, match=r"a\.tif: the color space RGB cannot be converted to red, green and blue"):
        read_image(file)


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif"])
def test_an_animation_or_pages_are_refused(tmp_path: Path, name: str) -> None:
    frames = [Image.fromarray(COLOR), Image.fromarray(COLOR[::-1].copy()), Image.fromarray(COLOR[:, ::-1].copy())]
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
    for read in (read_image, read_mask_values, read_mask_colors):
        with pytest.raises(DataError, match=rf"{name}: holds 3 pictures") as caught:
            read(tmp_path / name)
        assert caught.match("save each as a file of its own")


def test_of_a_photograph_with_previews_the_photograph_is_taken(tmp_path: Path) -> None:
    photograph, preview = Image.new("RGB", (32, 16), (200, 90, 10)), Image.new("RGB", (8, 4))
    photograph.save(tmp_path / "a.jpg", format="MPO", save_all=True, append_images=[preview])
    image = read_image(tmp_path / "a.jpg")
    assert image.shape == (16, 32, 3)
    assert np.abs(image.astype(int) - (200, 90, 10)).max() <= 3


@pytest.mark.parametrize("turn", sorted(TURNS))
@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif", "lzw.tif"])
@pytest.mark.parametrize("kind", ["grey", "color", "deep"])
def test_frame_and_mask_are_turned_alike_in_every_format(tmp_path: Path, turn: int, name: str, kind: str) -> None:
    if (kind, name) == ("deep", "a.webp"):
        return  # WebP has 8 bits
    stored = {"grey": GREY, "color": COLOR, "deep": GREY.astype(np.uint16) * 257}[kind]
    exif = Image.Exif()
    exif[0x0112] = turn
    options: dict[str, Any] = {"lossless": True} if name == "a.webp" else {}
    options |= {"compression": "tiff_lzw"} if name == "lzw.tif" else {}
    Image.fromarray(stored).save(tmp_path / name, exif=exif, **options)
    upright = TURNS[turn](stored)
    frame = read_image(tmp_path / name)
    channels = frame.shape[2]  # WebP makes grey color
    np.testing.assert_array_equal(frame, upright if kind == "color" else np.dstack([upright] * channels))
    read_mask = read_mask_colors if kind == "color" else read_mask_values
    np.testing.assert_array_equal(read_mask(tmp_path / name), upright)


@pytest.mark.parametrize("side", [(20000, 20000), (9500, 10000), (8000, 10001)])
def test_a_decompression_bomb_is_refused_by_its_header(tmp_path: Path, side: tuple[int, int]) -> None:
    Image.new("1", side).save(tmp_path / "bomb.png")
    assert (tmp_path / "bomb.png").stat().st_size < 200_000
    for read in (read_image, read_mask_values):
        with pytest.raises(DataError, match=r"bomb\.png: claims more than 80,000,000 pixels, the limit against"):
            read(tmp_path / "bomb.png")


def test_the_limit_itself_and_a_single_pixel_are_read(write: Callable[..., Path], tmp_path: Path) -> None:
    assert MAX_PIXELS == 8000 * 10000
    Image.new("1", (8000, 10000)).save(tmp_path / "large.png")
    assert read_mask_values(tmp_path / "large.png").shape == (10000, 8000)
    assert read_image(write("one.png", [[7]])).tolist() == [[[7]]]


@pytest.mark.parametrize("raw", [b"a\nb.png", b"a b.png", "\N{SAILBOAT}.png".encode(), b"caf\xe9.png"])
def test_a_name_of_any_bytes_is_told_in_one_line_that_can_be_written(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / os.fsdecode(raw)
    file.write_bytes(b"")
    with pytest.raises(DataError) as caught:
        read_image(file)
    cause = caught.value.faults[0].cause
    assert "the file is empty" in cause
    assert cause.isprintable()
    cause.encode()  # a surrogate would stop the log
    Image.fromarray(COLOR).save(file, format="PNG")
    np.testing.assert_array_equal(read_image(file), COLOR)


def test_colors_of_a_mask_are_those_of_its_palette_and_grey_is_a_color(write: Callable[..., Path]) -> None:
    np.testing.assert_array_equal(read_mask_colors(write("c.png", COLOR)), COLOR)
    np.testing.assert_array_equal(read_mask_colors(write("g.png", GREY)), np.dstack([GREY] * 3))
    palette = Image.fromarray(np.array([[1, 0]], np.uint8)).convert("P")
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.save(file := write("p.png", GREY))
    np.testing.assert_array_equal(read_mask_colors(file), [[[40, 50, 60], [10, 20, 30]]])
    with pytest.raises(DataError, match="partly transparent"):
        read_mask_colors(write("t.png", np.dstack([COLOR, GREY])))
    with pytest.raises(DataError, match="more than 8 bits, and a color has 8"):
        read_mask_colors(write("d.png", np.array([[300]], np.uint16)))

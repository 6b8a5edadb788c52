"""The files beside the table: masks, overlays, probabilities."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from torch import Tensor

from segkit.api import predict
from segkit.deploy.inputs import Source
from segkit.deploy.outputs import Outputs, Wanted
from segkit.deploy.overlay import palette
from segkit.deploy.pipeline import Frame
from segkit.deploy.predictor import Prediction
from segkit.errors import UserError

Film = Callable[..., Path]


def frames(folder: Path, names: list[str]) -> Path:
    rng = np.random.default_rng(1)
    for n, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (37 + n, 53, 3), dtype=np.uint8)).save(path)
    return folder


@pytest.mark.parametrize("classes", [["sky", "sea"], ["sky", "sea", "boat"]])
def test_probabilities_agree_with_masks(model_folder: Any, tmp_path: Path, classes: list[str]) -> None:
    images, out = frames(tmp_path / "in", ["a.v1.png", "b.png"]), tmp_path / "out"
    assert predict(model_folder(classes=classes), [images], out, probabilities=True) == 0
    for stem, height in (("a.v1", 37), ("b", 38)):
        with np.load(out / "probabilities" / f"{stem}.npz") as file:
            shares = file["probabilities"]
        mask = np.asarray(Image.open(out / "masks" / f"{stem}.png"))
        assert shares.dtype == np.float16
        assert shares.shape == (len(classes), height, 53)
        assert np.abs(shares.astype(np.float64).sum(axis=0) - 1).max() < 2e-3  # three roundings to 11 bits
        of_mask = np.take_along_axis(shares, mask[None].astype(np.intp), axis=0)[0]
        assert (of_mask >= shares.max(axis=0)).all()


def test_places_may_be_text(model_folder: Any, tmp_path: Path) -> None:
    images, out = frames(tmp_path / "in", ["a.png"]), tmp_path / "out"
    assert predict(str(model_folder()), [str(images)], str(out)) == 0
    assert (out / "masks" / "a.png").is_file()


def test_files_of_deeper_folders_keep_their_folders(model_folder: Any, tmp_path: Path) -> None:
    images, out = frames(tmp_path / "in", ["one/a.png", "two/a.png"]), tmp_path / "out"
    assert predict(model_folder(), [f"{images}/**/*.png"], out, overlays=False) == 0
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png")) == [
        "masks/one/a.png",
        "masks/two/a.png",
    ]
    assert not (out / "overlays").exists()


@pytest.mark.parametrize("name", ["100%.png", "a b\tc.png", "%05d.png", "-.png", "ümlaut 海.png", "a.png.png"])
def test_odd_names_are_kept(model_folder: Any, tmp_path: Path, name: str) -> None:
    images, out = frames(tmp_path / "in", [name]), tmp_path / "out"
    assert predict(model_folder(), [images], out) == 0
    assert [path.name for path in (out / "masks").iterdir()] == [name]
    assert [path.name for path in (out / "overlays").iterdir()] == [f"{name[: -len('.png')]}.jpg"]


@pytest.mark.parametrize("name", ["100% %05d.mp4", "a b.mp4", "海.mp4", "file:x.mp4"])
def test_films_of_odd_names_are_read_and_written(
    model_folder: Any, tmp_path: Path, write_film: Film, name: str
) -> None:
    film, out = write_film(tmp_path / "plain.mp4", 3).rename(tmp_path / name), tmp_path / "out"
    assert predict(model_folder(), [film], out, film=True, overlays=True) == 0
    assert [path.name for path in (out / "films").iterdir()] == [name]
    assert sorted(path.name for path in (out / "overlays" / film.stem).iterdir()) == [f"00000{n}.jpg" for n in range(3)]


def test_a_model_without_a_line_needs_a_file_to_write(model_folder: Any, tmp_path: Path, write_film: Film) -> None:
    folder, film, out = (
        model_folder(classes=["a", "b", "c"], task=""),
        write_film(tmp_path / "a.mp4", 4),
        tmp_path / "o",
    )
    with pytest.raises(UserError, match=r"nothing would be written of a\.mp4"):
        predict(folder, [film], out)
    assert not out.exists()
    assert predict(folder, [film], out, masks=True) == 0
    assert (out / "frames.csv").read_text().splitlines() == [
        "file,frame,answer",
        *(f"a.mp4,{n},done" for n in range(4)),
    ]
    assert len(list((out / "masks" / "a").iterdir())) == 4


class Box:
    """A postprocess that draws a white box where its row says."""

    table = "boxes"
    columns = ("side",)

    def __call__(self, probabilities: Tensor, meta: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [{"side": 32} for _ in meta]

    def draw(self, image: np.ndarray, row: Mapping[str, Any]) -> np.ndarray:
        drawn = image.copy()
        drawn[: row["side"], : row["side"]] = 255
        return drawn


def test_an_overlay_is_tinted_and_drawn_into(tmp_path: Path) -> None:
    mask = np.zeros((64, 96), np.uint8)
    mask[:, 48:] = 1
    frame = Frame(Source("a.png", Path("a.png")), image=np.zeros((64, 96, 3), np.uint8))
    seen = Prediction(mask, np.empty(0), {"side": 32}, "boxes")
    assert Outputs(tmp_path, Wanted(), 2, Box()).write(frame, seen) is None
    shown = np.asarray(Image.open(tmp_path / "overlays" / "a.jpg")).astype(int)
    tints = 0.35 * palette(2)
    for part, color in ((shown[:30, :30], 255), (shown[34:, :46], tints[0]), (shown[34:, 50:], tints[1])):
        assert np.abs(part - color).mean() < 4

"""The views of a predictor by identities, and which postprocess it has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import segkit
from segkit.deploy.predictor import Predictor
from segkit.deploy.tiles import blend, corners
from segkit.deploy.views import Views
from segkit.discovery import catalog
from segkit.errors import UserError

FRAME = np.random.default_rng(5).integers(0, 256, (48, 80, 3), dtype=np.uint8)


def brightness(pictures: Any, scale: float = 1, flip: bool = False) -> Tensor:
    """A network that looks at each pixel alone, at the pictures' own size."""
    pixels = torch.from_numpy(np.stack(list(pictures))).float().mean(dim=-1)[:, None]
    return (pixels - 128) / 32


@pytest.mark.parametrize("views", [Views(flip=True), Views(tile=(20, 30)), Views(tile=(48, 80)), Views(tile=(99, 99))])
def test_views_of_a_network_that_looks_at_pixels_alone_change_nothing(views: Views) -> None:
    expected = torch.sigmoid(brightness([FRAME]))[0, 0]
    seen = views(FRAME, brightness)
    assert torch.allclose(seen[1], expected, atol=1e-6)
    assert torch.allclose(seen.sum(dim=0), torch.ones(48, 80), atol=1e-6)


def test_the_mean_over_scales_and_mirror_images_is_that_of_the_single_ones() -> None:
    given = {(s, f): torch.randn(1, 1, 6, 10, generator=torch.Generator().manual_seed(int(10 * s) + f)) for s in
             (0.5, 1.0) for f in (False, True)}  # fmt: skip
    seen = Views(scales=(0.5, 1.0), flip=True)(FRAME, lambda pictures, scale, flip: given[scale, flip])
    whole = [torch.nn.functional.interpolate(x, (48, 80), mode="bilinear", align_corners=False) for x in given.values()]
    assert torch.allclose(seen[1], torch.stack(whole).sigmoid().mean(dim=0)[0, 0], atol=1e-6)


@pytest.mark.parametrize(("size", "window"), [((48, 80), (20, 30)), ((30, 30), (30, 7)), ((9, 100), (9, 100))])
@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.9])
def test_windows_cover_the_frame_and_overlap_enough(
    size: tuple[int, int], window: tuple[int, int], overlap: float
) -> None:
    places = corners(size, window, overlap)
    covered = np.zeros(size, int)
    for y, x in places:
        covered[y : y + window[0], x : x + window[1]] += 1
        assert y + window[0] <= size[0]
        assert x + window[1] <= size[1]
    assert covered.min() >= 1
    for axis in (0, 1):
        starts = sorted({place[axis] for place in places})
        gaps = np.diff(starts)
        assert (window[axis] - gaps >= int(window[axis] * overlap)).all()


def test_windows_that_agree_blend_into_what_they_say_and_the_middle_counts_most() -> None:
    places = corners((10, 16), (10, 10), 0.25)
    assert torch.allclose(blend([torch.full((2, 10, 10), 0.25)] * 2, places, (10, 16)), torch.full((2, 10, 16), 0.25))
    mixed = blend([torch.zeros(1, 10, 10), torch.ones(1, 10, 10)], places, (10, 16))[0, 0]
    assert mixed[:6].max() == 0
    assert mixed[10:].min() == 1
    assert (mixed[6:10].diff() > 0).all()


def test_a_window_as_large_as_the_frame_is_the_whole_frame(model_folder: Any) -> None:
    folder = model_folder()
    plain, tiled = (Predictor(folder, catalog(), tile=tile)([FRAME])[0] for tile in (None, (48, 80)))
    assert np.allclose(plain.probabilities, tiled.probabilities, atol=1e-6)
    windows = Predictor(folder, catalog(), tile=(24, 40))([FRAME])[0].probabilities
    assert np.abs(plain.probabilities - windows).max() > 1e-4


def test_the_mirror_image_of_a_frame_has_the_mirrored_prediction(model_folder: Any) -> None:
    both = Predictor(model_folder(), catalog(), flip=True, scales=[1.0, 1.5])
    seen, mirrored = both([FRAME, np.ascontiguousarray(FRAME[:, ::-1])])
    assert np.allclose(seen.probabilities, mirrored.probabilities[:, :, ::-1], atol=1e-5)


@pytest.mark.parametrize(
    ("views", "cause"),
    [({"scales": [0.0]}, "scales"), ({"scales": [0.1]}, "the scale 0.1"), ({"tile": (0, 5)}, "tile")],
)
def test_a_view_out_of_its_range_is_refused(model_folder: Any, views: dict[str, Any], cause: str) -> None:
    with pytest.raises(UserError, match=cause):
        Predictor(model_folder(), catalog(), **views)


def test_two_classes_of_sea_or_ground_have_the_horizon(model_folder: Any) -> None:
    for task, table in (("sea", "horizon"), ("ground", "horizon"), ("other", None)):
        made = Predictor(model_folder(task, task=task), catalog()).postprocess
        assert getattr(made, "table", None) == table


def test_options_of_the_postprocess_replace_those_of_the_model(model_folder: Any) -> None:
    own = {"use": "horizon", "estimator": "least_squares", "camera_height_m": 3.0}
    folder = model_folder(postprocess=own)
    assert Predictor(folder, catalog())([FRAME])[0].row["estimator"] == "least_squares"
    changed = Predictor(folder, catalog(), postprocess={"estimator": "robust"})
    assert changed([FRAME])[0].row["estimator"] == "robust"
    with pytest.raises(UserError, match="estimator"):
        Predictor(folder, catalog(), postprocess={"estimater": "robust"})


def test_a_model_of_before_there_was_a_postprocess_can_be_used(model_folder: Any) -> None:
    folder: Path = model_folder()
    card = json.loads((folder / "model.json").read_text())
    del card["postprocess"]
    (folder / "model.json").write_text(json.dumps(card))
    assert segkit.load(folder)(FRAME).mask.shape == (48, 80)


class Notes:
    """A postprocess that says which frame it was told of."""

    table, columns = "notes", ("told",)

    def __call__(self, probabilities: Tensor, meta: Any) -> list[dict[str, Any]]:
        return [{"told": known.get("file")} for known in meta]

    def draw(self, image: np.ndarray, row: Any) -> np.ndarray:
        return image.copy()


def test_what_is_known_of_a_frame_reaches_the_postprocess_whatever_the_sizes(model_folder: Any) -> None:
    predictor = Predictor(model_folder(), catalog())
    predictor.postprocess = Notes()
    frames = [FRAME, FRAME[:40], FRAME[:40], FRAME]
    seen = predictor(frames, [{"file": name} for name in "abcd"])
    assert [one.row["told"] for one in seen] == list("abcd")
    assert seen[0].horizon is None
    assert [one.row["told"] for one in predictor(frames)] == [None] * 4

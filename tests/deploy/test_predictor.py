"""The views of a predictor by identities, and which postprocess it has."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import segkit
from segkit.catalog import Catalog, Component, Plugin
from segkit.deploy.predictor import Predictor
from segkit.deploy.tiles import blend, corners
from segkit.deploy.views import Views
from segkit.discovery import catalog
from segkit.errors import PluginError, SegkitError, UserError
from segkit.spec import ComponentSpec

FRAME = np.random.default_rng(5).integers(0, 256, (48, 80, 3), dtype=np.uint8)


def brightness(pictures: Any, scale: float = 1, flip: bool = False) -> Tensor:
    """A network that looks at each pixel alone, at the pictures' own size."""
    pixels = torch.from_numpy(np.stack(list(pictures))).float().mean(dim=-1)[:, None]
    return (pixels - 128) / 32


class Notes:
    """A postprocess that says which frame it was told of."""

    table: Any = "notes"
    columns: Any = ("told", "size")

    def __init__(self, size: int = 1) -> None:
        self.size = size

    def __call__(self, probabilities: Tensor, meta: Any) -> list[dict[str, Any]]:
        return [{"told": known.get("file"), "size": self.size} for known in meta]

    def draw(self, image: np.ndarray, row: Any) -> np.ndarray:
        return image.copy()


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> Catalog:
    """The installed plugins, and one whose postprocess is Notes."""
    module = ModuleType("acme_notes")
    vars(module)["Notes"] = Notes
    monkeypatch.setitem(sys.modules, "acme_notes", module)
    spec, found = ComponentSpec("postprocess", "notes", "acme_notes:Notes", "Made for a test."), catalog()
    plugin = Plugin("acme-notes", "1.2", "ok", "", "", ("postprocess/notes",))
    return Catalog((*found.components, Component(spec, "acme-notes", "1.2")), (*found.plugins, plugin))


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


@pytest.mark.parametrize("views", [{}, {"flip": True, "scales": [1.0, 1.5]}, {"tile": (24, 40)}], ids=str)
@pytest.mark.parametrize("classes", [["sky", "sea"], ["sky", "sea", "boat"]])
def test_how_frames_of_uneven_sizes_are_batched_changes_nothing(
    model_folder: Any, classes: list[str], views: dict[str, Any]
) -> None:
    predictor = Predictor(model_folder(classes=classes), catalog(), **views)
    frames = [FRAME, FRAME[:31], FRAME[:31, ::-1], FRAME[1:2], FRAME[:, :33], FRAME]
    for together, alone in zip(predictor(frames), [predictor([frame])[0] for frame in frames], strict=True):
        assert together.probabilities.shape == (len(classes), *together.mask.shape)
        assert np.allclose(together.probabilities, alone.probabilities, atol=1e-5)
        assert np.mean(together.mask == together.probabilities.argmax(axis=0)) > 0.999
    assert predictor([]) == []


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
    assert changed.postprocess.camera_height_m == 3.0


@pytest.mark.parametrize(
    ("options", "cause", "remedy"),
    [
        ({"estimater": "robust"}, "'horizon' has no such option", "did you mean 'estimator'?"),
        ({"estimator": "best"}, "postprocess.estimator: expected robust or least_squares, not 'best'", "value of that"),
        ({"smooth": 1}, "postprocess.smooth: expected bool, not 1", "value of that type"),
        ({"focal_px": -1.0}, ": focal_px must be above 0, not -1.0", "mend its options"),
        ({"use": "horzon"}, "unknown postprocess 'horzon'", "did you mean 'horizon'?"),
    ],
    ids=str,
)
def test_an_option_that_does_not_fit_is_refused_before_the_weights_are_read(
    model_folder: Any, options: dict[str, Any], cause: str, remedy: str
) -> None:
    folder: Path = model_folder()
    (folder / "model.safetensors").unlink()
    with pytest.raises(UserError) as caught:
        Predictor(folder, catalog(), postprocess=options)
    [fault] = caught.value.faults
    assert cause in f"{fault.where}: {fault.cause}"
    assert remedy in fault.remedy


def test_options_without_a_postprocess_are_refused_and_say_which_there_are(model_folder: Any) -> None:
    folder = model_folder(classes=["sky", "sea", "boat"])
    with pytest.raises(UserError, match=r"the model has none, not estimator\n.*use=horizon"):
        Predictor(folder, catalog(), postprocess={"estimator": "robust"})


def test_a_plugin_s_postprocess_is_used_only_where_it_is_installed(model_folder: Any, notes: Catalog) -> None:
    own = {"use": "acme-notes:notes", "size": 3}
    folder = model_folder(postprocess=own, distributions={"segkit": "0.1.0", "acme-notes": "1.2"})
    assert Predictor(folder, notes)([FRAME])[0].row == {"told": None, "size": 3}
    with pytest.raises(PluginError, match=r"was trained with acme-notes 1\.2, which is not installed"):
        Predictor(folder, catalog())
    replaced = Predictor(folder, notes, postprocess={"use": "horizon"})  # keeps none of the other's options
    assert replaced([FRAME])[0].horizon is not None


def test_without_a_plugin_that_has_the_horizon_there_is_none(model_folder: Any) -> None:
    found = catalog()
    lacking = Catalog(tuple(c for c in found.components if c.kind != "postprocess"), found.plugins)
    assert Predictor(model_folder(), lacking)([FRAME])[0].horizon is None


def fails(known: Any) -> Any:
    raise LookupError("no almanac")


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (fails, r"notes' of acme-notes 1\.2 fails on frames of \(48, 80\): LookupError: no almanac"),
        (lambda known: None, r"notes' of acme-notes 1\.2 fails on frames of \(48, 80\): TypeError"),
        (lambda known: [{"size": 1, "told": ""}], r"1\.2 must give a row of told, size a frame, 1 of them, not \[\{"),
        (lambda known: [], r"1\.2 must give a row of told, size a frame, 1 of them, not \[\]"),
    ],
)
def test_a_postprocess_that_fails_is_named_with_its_distribution(
    model_folder: Any, notes: Catalog, monkeypatch: pytest.MonkeyPatch, answer: Any, cause: str
) -> None:
    predictor = Predictor(model_folder(), notes, postprocess={"use": "notes"})
    monkeypatch.setattr(Notes, "__call__", lambda self, probabilities, meta: answer(meta))
    with pytest.raises(SegkitError, match=cause) as caught:
        predictor([FRAME])
    assert not isinstance(caught.value, UserError)


@pytest.mark.parametrize(
    ("names", "cause"),
    [
        ({"table": "a/b"}, "its table must be a plain word, not 'a/b'"),
        ({"table": None}, "its table must be a plain word, not None"),
        ({"columns": ("told", "told")}, "its columns must be different words"),
        ({"columns": ()}, "its columns must be different words"),
        ({"columns": "told"}, "its columns must be different words, not 'told'"),
        ({"columns": ("told", "frame")}, "its columns must not be file or frame, which the caller writes, not frame"),
    ],
    ids=str,
)
def test_a_postprocess_whose_table_cannot_be_written_is_refused(
    model_folder: Any, notes: Catalog, monkeypatch: pytest.MonkeyPatch, names: dict[str, Any], cause: str
) -> None:
    for name, value in names.items():
        monkeypatch.setattr(Notes, name, value)
    with pytest.raises(PluginError) as caught:
        Predictor(model_folder(), notes, postprocess={"use": "notes"})
    assert f"postprocess 'notes' of acme-notes 1.2: {cause}" in str(caught.value)


def test_a_model_of_before_there_was_a_postprocess_can_be_used(model_folder: Any) -> None:
    folder: Path = model_folder()
    card = json.loads((folder / "model.json").read_text())
    del card["postprocess"]
    (folder / "model.json").write_text(json.dumps(card))
    assert segkit.load(folder)(FRAME).mask.shape == (48, 80)


def test_what_is_known_of_a_frame_reaches_the_postprocess_whatever_the_sizes(model_folder: Any, notes: Catalog) -> None:
    predictor = Predictor(model_folder(), notes, postprocess={"use": "notes"})
    frames = [FRAME, FRAME[:40], FRAME[:40], FRAME]
    seen = predictor(frames, [{"file": name} for name in "abcd"])
    assert [one.row["told"] for one in seen] == list("abcd")
    assert seen[0].horizon is None
    assert [one.row["told"] for one in predictor(frames)] == [None] * 4

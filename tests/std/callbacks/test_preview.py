from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segkit_std.callbacks.preview import Preview


def sheet(run: Any, hooks: Callable[[object], Any], **options: Any) -> np.ndarray:
    run.values = {"val/iou_mean": 0.9}
    hooks(Preview(**options)).epoch_end(run=run)
    with Image.open(run.dir / "preview.png") as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def tile(picture: np.ndarray, row: int, column: int) -> np.ndarray:
    """Cut a picture of the 64x32 test frames out of the sheet: 240x120, gaps 6, titles 16, header 32."""
    block, column = divmod(column, 3)
    left = 6 + column * 246 + block * (3 * 246 + 12)
    top = 32 + 16 + row * (120 + 22)
    return picture[top : top + 120, left : left + 240]


def test_shows_frame_truth_and_prediction_in_their_places(run: Any, hooks: Callable[[object], Any]) -> None:
    picture = sheet(run, hooks)
    for row, block in ((0, 0), (5, 1)):
        frame, truth, prediction = (tile(picture, row, 3 * block + column) for column in range(3))
        assert (frame[30, 100] == 200).all()
        assert (frame[90, 100] == 40).all()
        sky, ground = truth[30, 100], truth[90, 100]
        assert sky[2] > sky[0]  # blue for class 0
        assert ground[0] > ground[2]  # orange for class 1
        # The model of the test run is right everywhere, so beside the ignored columns the two agree.
        np.testing.assert_array_equal(truth[:, 40:], prediction[:, 40:])


def test_ignored_pixels_are_striped_in_the_truth_only(run: Any, hooks: Callable[[object], Any]) -> None:
    picture = sheet(run, hooks)
    ignored = tile(picture, 0, 1)[:, :24].mean(axis=2)
    assert 0.2 < (ignored < 20).mean() < 0.6
    assert 0.2 < (ignored > 235).mean() < 0.6
    predicted = tile(picture, 0, 2)[:, :24]
    assert (predicted.max(axis=2) - predicted.min(axis=2) > 40).all()


@pytest.mark.parametrize(
    ("size", "count", "channels", "sheet_size"),
    [  # (3 tiles + 3 gaps + margin) a block, 1 or 2 blocks; 32 above, then tile, title and gap a row
        ((1, 1), 1, 1, (32 + 262, 750)),
        ((30, 480), 2, 3, (32 + 37, 2 * 750)),
        ((480, 60), 5, 1, (32 + 3 * 262, 2 * (3 * 36 + 12))),
        ((64, 64), 12, 3, (32 + 6 * 262, 2 * 750)),
    ],
)
def test_takes_any_size_number_and_channels_of_frames(
    run: Any,
    hooks: Callable[[object], Any],
    size: tuple[int, int],
    count: int,
    channels: int,
    sheet_size: tuple[int, int],
) -> None:
    run.frames = (np.full((count, *size, channels), 90, np.uint8), np.ones((count, *size), np.uint8))
    assert sheet(run, hooks).shape == (*sheet_size, 3)


def test_shows_a_frame_that_is_all_ignored(run: Any, hooks: Callable[[object], Any]) -> None:
    run.frames = (np.zeros((1, 8, 8, 3), np.uint8), np.full((1, 8, 8), 255, np.uint8))
    picture = sheet(run, hooks)
    truth = picture[48 : 48 + 240, 6 + 246 : 6 + 246 + 240]
    assert set(np.unique(truth)) == {0, 255}


def test_every_class_has_a_color_of_its_own(run: Any, hooks: Callable[[object], Any]) -> None:
    run.classes = [f"c{index}" for index in range(12)]
    masks = np.arange(12, dtype=np.uint8)[None, None, :].repeat(4, axis=1)
    run.frames = (np.full((1, 4, 12, 3), 128, np.uint8), masks)
    run.predict = lambda images: masks
    truth = sheet(run, hooks)[48:128, 6 + 246 : 6 + 246 + 240]
    assert len({tuple(truth[40, 10 + 20 * index]) for index in range(12)}) == 12


def test_refuses_no_frames() -> None:
    with pytest.raises(ValueError, match="frames must be 1 or more, not 0"):
        Preview(frames=0)

"""What every postprocess promises (``segkit.kinds.Postprocess``)."""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from segkit.testing.subject import Subject

CLASSES = ("sky", "sea", "land")
FRAMES = 6
SIZES = [(1, 1), (2, 3), (9, 160), (130, 7), (480, 640)]

Row = Mapping[str, Any]
Meta = Sequence[Mapping[str, Any]]


@pytest.fixture(params=[2, 3], ids=lambda k: f"K{k}")
def classes(request: pytest.FixtureRequest) -> Sequence[str]:
    return CLASSES[: request.param]


def made(subject: Subject, classes: Sequence[str]) -> Any:
    return subject(classes=classes, task="sea")


def frames(classes: Sequence[str], size: tuple[int, int] = (24, 40)) -> Tensor:
    """Sky above, sea below a line that sinks and tilts; land, where it is a class, at the right; all a bit unsure."""
    height, width = size
    rows = torch.arange(height)[:, None] / height
    columns = torch.arange(width) / width - 0.5
    noise = torch.randn(FRAMES, len(classes), *size, generator=torch.Generator().manual_seed(0))
    logits = noise * 0.3
    for n in range(FRAMES):
        logits[n, 1] += 40 * (rows - 0.3 - 0.06 * n - (0.1 * n - 0.2) * columns)
    logits[:, 2:, :, width - width // 4 :] += 30
    return logits.softmax(dim=1)


def pictures(count: int = FRAMES) -> Meta:
    return [{"file": f"{n}.png"} for n in range(count)]


def film(name: str = "a.mp4") -> Meta:
    return [{"file": name, "frame": n, "time": n / 25} for n in range(FRAMES)]


def rows_of(postprocess: Any, probabilities: Tensor, meta: Meta, cuts: Sequence[int] = ()) -> list[dict[str, Any]]:
    """Its rows, when the frames are given in one call, or in several that end at the cuts."""
    ends = [*cuts, len(meta)]
    rows: list[dict[str, Any]] = []
    with torch.inference_mode():
        for first, end in zip([0, *cuts], ends, strict=True):
            rows += postprocess(probabilities[first:end], meta[first:end])
    return rows


def same(row: Row, other: Row) -> bool:
    """Whether two rows say the same, numbers up to what the order of sums may change."""
    return row.keys() == other.keys() and all(_near(row[key], other[key]) for key in row)


def _near(value: Any, other: Any) -> bool:
    numbers = isinstance(value, (int, float)) and isinstance(other, (int, float))
    return math.isclose(value, other, rel_tol=1e-4, abs_tol=1e-6) if numbers else value == other


def differing(rows: Sequence[Row], others: Sequence[Row]) -> list[int]:
    """The numbers of the frames of which two calls say something else."""
    return [n for n, (row, other) in enumerate(zip(rows, others, strict=True)) if not same(row, other)]


def canvas(size: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)


def test_its_table_and_its_columns_have_plain_names(subject: Subject, classes: Sequence[str]) -> None:
    postprocess = made(subject, classes)
    columns = list(postprocess.columns)
    assert re.fullmatch(r"[A-Za-z]\w*", postprocess.table, re.ASCII)
    assert columns
    assert all(isinstance(column, str) and column and not set(column) & set('",\n\r') for column in columns)
    assert len(set(columns)) == len(columns)
    assert not {"file", "frame"} & set(columns)


@pytest.mark.parametrize("meta", [pictures(), film()], ids=["pictures", "film"])
def test_a_frame_gives_a_row_of_its_columns(subject: Subject, classes: Sequence[str], meta: Meta) -> None:
    postprocess = made(subject, classes)
    rows = rows_of(postprocess, frames(classes), meta)
    assert len(rows) == FRAMES
    assert {tuple(row) for row in rows} == {tuple(postprocess.columns)}


def test_a_value_is_a_text_a_number_or_none(subject: Subject, classes: Sequence[str]) -> None:
    rows = rows_of(made(subject, classes), frames(classes), pictures())
    values = [value for row in rows for value in row.values()]
    assert {type(value) for value in values} <= {str, int, float, type(None)}
    assert not any(isinstance(value, float) and math.isnan(value) for value in values)


@pytest.mark.parametrize("cuts", [(1, 2, 3, 4, 5), (3,), (1, 5)], ids=["one-by-one", "halves", "uneven"])
@pytest.mark.parametrize("meta", [pictures(), film()], ids=["pictures", "film"])
def test_how_frames_are_cut_into_calls_changes_no_row(
    subject: Subject, classes: Sequence[str], meta: Meta, cuts: Sequence[int]
) -> None:
    given = frames(classes)
    whole = rows_of(made(subject, classes), given, meta)
    assert differing(whole, rows_of(made(subject, classes), given, meta, cuts)) == []


def test_the_pictures_before_change_no_row(subject: Subject, classes: Sequence[str]) -> None:
    given, meta = frames(classes), pictures()
    whole = rows_of(made(subject, classes), given, meta)
    back = rows_of(made(subject, classes), given.flip(0), meta[::-1])
    assert differing(whole, back[::-1]) == []


def test_the_film_before_changes_no_row(subject: Subject, classes: Sequence[str]) -> None:
    given, used = frames(classes), made(subject, classes)
    rows_of(used, given, film("before.mp4"))
    assert differing(rows_of(made(subject, classes), given, film()), rows_of(used, given, film())) == []


def test_chance_has_no_part_in_it(subject: Subject, classes: Sequence[str]) -> None:
    given = frames(classes)
    torch.manual_seed(1)
    first = rows_of(made(subject, classes), given, pictures())
    torch.manual_seed(2)
    assert differing(first, rows_of(made(subject, classes), given, pictures())) == []


def test_it_needs_to_know_nothing_of_a_frame(subject: Subject, classes: Sequence[str]) -> None:
    assert len(rows_of(made(subject, classes), frames(classes), [{}] * FRAMES)) == FRAMES


def test_what_it_does_not_know_of_a_frame_changes_no_row(subject: Subject, classes: Sequence[str]) -> None:
    given, meta = frames(classes), pictures()
    told = [{**of_frame, "a note of nobody": [n]} for n, of_frame in enumerate(meta)]
    whole = rows_of(made(subject, classes), given, meta)
    assert differing(whole, rows_of(made(subject, classes), given, told)) == []


@pytest.mark.parametrize("label", [0, 1])
def test_a_frame_of_one_class_has_a_row(subject: Subject, classes: Sequence[str], label: int) -> None:
    given = torch.zeros(2, len(classes), 24, 40)
    given[:, label] = 1
    assert len(rows_of(made(subject, classes), given, pictures(2))) == 2


def test_a_frame_that_is_undecided_has_a_row(subject: Subject, classes: Sequence[str]) -> None:
    given = torch.full((2, len(classes), 24, 40), 1 / len(classes))
    assert len(rows_of(made(subject, classes), given, pictures(2))) == 2


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_frame_may_have_any_size(subject: Subject, classes: Sequence[str], size: tuple[int, int]) -> None:
    assert len(rows_of(made(subject, classes), frames(classes, size), pictures())) == FRAMES


def test_frames_of_another_size_may_follow(subject: Subject, classes: Sequence[str]) -> None:
    used = made(subject, classes)
    rows_of(used, frames(classes, (30, 20)), pictures())
    given = frames(classes)
    assert differing(rows_of(made(subject, classes), given, film()), rows_of(used, given, film())) == []


def test_it_leaves_its_inputs_as_they_are(subject: Subject, classes: Sequence[str]) -> None:
    given, meta = frames(classes), film()
    rows_of(made(subject, classes), given, meta)
    torch.testing.assert_close(given, frames(classes), rtol=0, atol=0)
    assert meta == film()


@pytest.mark.parametrize("size", [(24, 40), *SIZES], ids=str)
def test_a_drawing_has_the_size_and_the_type_of_the_image(
    subject: Subject, classes: Sequence[str], size: tuple[int, int]
) -> None:
    postprocess = made(subject, classes)
    for row in rows_of(postprocess, frames(classes, size), pictures()):
        drawn = postprocess.draw(canvas(size), row)
        assert isinstance(drawn, np.ndarray)
        assert (drawn.shape, drawn.dtype) == ((*size, 3), np.uint8)


def test_what_a_frame_of_one_class_says_can_be_drawn(subject: Subject, classes: Sequence[str]) -> None:
    postprocess = made(subject, classes)
    given = torch.zeros(len(classes), len(classes), 24, 40)
    given[range(len(classes)), range(len(classes))] = 1
    for row in rows_of(postprocess, given, pictures(len(classes))):
        assert postprocess.draw(canvas((24, 40)), row).shape == (24, 40, 3)


def test_drawing_leaves_image_and_row_as_they_are(subject: Subject, classes: Sequence[str]) -> None:
    postprocess = made(subject, classes)
    row = rows_of(postprocess, frames(classes), pictures())[1]
    image, kept = canvas((24, 40)), copy.deepcopy(row)
    drawn = postprocess.draw(image, row)
    assert np.array_equal(image, canvas((24, 40)))
    assert not np.shares_memory(drawn, image)
    assert row == kept


def test_an_image_that_may_not_be_written_to_can_be_drawn_on(subject: Subject, classes: Sequence[str]) -> None:
    postprocess = made(subject, classes)
    image = canvas((24, 40))
    image.setflags(write=False)
    row = rows_of(postprocess, frames(classes), pictures())[1]
    assert np.array_equal(postprocess.draw(image, row), postprocess.draw(image.copy(), row))

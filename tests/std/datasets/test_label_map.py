from __future__ import annotations

import numpy as np
import pytest

from segkit_std.datasets.label_map import Labels, class_of_each, reading_of_labels

LABELS = Labels(
    {"sky": 7, "water": 1, "shore": 3, "boat": 4},
    void=(9,),
    names={"land": ("shore",), "obstacle": ("shore", "boat")},
)


@pytest.mark.parametrize(
    ("classes", "task", "class_map", "expected"),
    [
        (["water", "sky"], "", None, {"water": 0, "sky": 1}),
        (["sky", "obstacle"], "", None, {"sky": 0, "shore": 1, "boat": 1}),
        (["sky", "obstacle", "land"], "", None, {"sky": 0, "boat": 1, "shore": 2}),
        (["sky", "land", "obstacle"], "", None, {"sky": 0, "boat": 2, "shore": 1}),
        (["sky", "sea"], "sea", None, {"sky": 0, "shore": 0, "water": 1}),
        (["above", "below"], "ground", None, {"sky": 0, "water": 1, "shore": 1, "boat": 1}),
        (["a", "b"], "sea", {"a": ["obstacle"], "b": ["sky"]}, {"shore": 0, "boat": 0, "sky": 1}),
        (["sky", "water", "land"], "sea", None, {"sky": 0, "water": 1, "shore": 2}),
    ],
)
def test_each_label_goes_to_the_class_that_takes_it(classes, task, class_map, expected) -> None:
    assert class_of_each(LABELS, classes, task, class_map) == expected


@pytest.mark.parametrize(
    ("classes", "task", "class_map", "message"),
    [
        (["sky", "cliff"], "", None, r"boat, land, obstacle, shore, sky, water\), not cliff: name such classes"),
        (["land", "shore"], "", None, "other classes take all of"),
        (["sky", "sea"], "", {"sky": ["sky"]}, "class_map must name each of the classes sky, sea, and these alone"),
        (["sky", "sea"], "", {"sky": ["sky"], "sea": ["ocean"]}, "not ocean: name these"),
        (["sky", "sea"], "", {"sky": ["sky"], "sea": []}, "not sea"),
    ],
)
def test_classes_that_cannot_be_given_are_named(classes, task, class_map, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        class_of_each(LABELS, classes, task, class_map)


@pytest.mark.parametrize("task", ["sea", "ground"])
def test_a_task_needs_its_labels(task: str) -> None:
    with pytest.raises(ValueError, match=r"not (sky, sea|sky|sea)\b"):
        class_of_each(Labels({"road": 1, "car": 2}, void=()), ["sky", "sea"], task, None)


def test_what_no_class_takes_is_ignored_and_what_is_no_label_is_refused(write, tmp_path) -> None:
    reading = reading_of_labels(LABELS, {"sky": 0, "water": 1})
    file = write("m.png", [[7, 1, 3], [4, 9, 7]])
    assert reading.read(file).tolist() == [[0, 1, 255], [255, 255, 0]]
    with pytest.raises(Exception, match="the mask holds 2; read as the labels of this data set"):
        reading.read(write("bad.png", [[7, 2]]))


def test_colors_stand_for_labels_too(write) -> None:
    labels = Labels({"a": (1, 2, 3), "b": (3, 2, 1)}, void=((0, 0, 0),))
    file = write("m.png", np.array([[[1, 2, 3], [3, 2, 1], [0, 0, 0]]]))
    assert reading_of_labels(labels, {"b": 4}).read(file).tolist() == [[255, 4, 255]]

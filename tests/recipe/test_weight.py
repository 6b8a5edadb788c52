"""Weights of losses: numbers, and numbers that change over the epochs."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import pytest

from segkit.errors import RecipeError
from segkit.recipe import Recipe, Weight

Read = Callable[..., Recipe]


@pytest.mark.parametrize(
    ("points", "epoch", "expected"),
    [
        ([[0, 0.0], [5, 1.0]], 0, 0.0),
        ([[0, 0.0], [5, 1.0]], 1.25, 0.25),
        ([[0, 0.0], [5, 1.0]], 5, 1.0),
        ([[0, 0.0], [5, 1.0]], 7.5, 1.0),
        ([[0, 0.0], [5, 1.0]], inf, 1.0),
        ([[2, 3.0], [4, 1.0], [6, -1.0]], 0, 3.0),
        ([[2, 3.0], [4, 1.0], [6, -1.0]], 3, 2.0),
        ([[2, 3.0], [4, 1.0], [6, -1.0]], 5.5, -0.5),
        ([[3, 0.5]], 0, 0.5),
        (2, 0, 2.0),
        (2, inf, 2.0),
    ],
)
def test_a_weight_is_linear_between_its_points_and_constant_outside(points: Any, epoch: float, expected: float) -> None:
    assert Weight.of(points).at(epoch) == expected


@pytest.mark.parametrize("written", [0.5, [[0.0, 0.0], [5.0, 1.0]]])
def test_a_weight_is_written_as_it_was_read(written: Any) -> None:
    assert Weight.of(written).describe() == written
    assert Weight.of(Weight.of(written).describe()) == Weight.of(written)


@pytest.mark.parametrize(
    "bad", ["[]", "[[5, 1.0], [0, 0.0]]", "[[0, 0.0], [0, 1.0]]", "[[-1, 1.0]]", "[[0, .inf]]", "[0, 1]", "[[0]]", "x"]
)
def test_a_weight_that_cannot_be_is_a_fault_of_its_line(base: str, read: Read, bad: str) -> None:
    with pytest.raises(RecipeError, match=r"loss\.0\.weight: expected float or a list of \[epoch, weight\], not"):
        read(f"{base}loss: [{{use: bce, weight: {bad}}}]\n")


def test_an_override_may_schedule_a_weight(base: str, read: Read) -> None:
    recipe = read(f"{base}loss: [bce, dice]\n", "loss.1.weight=[[0, 0.0], [5, 1.0]]")
    assert recipe.loss[1].weight == Weight(((0.0, 0.0), (5.0, 1.0)))

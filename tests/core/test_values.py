"""Fitting a recipe's value to a type: int becomes float, list becomes tuple, nothing else converts."""

from __future__ import annotations

import enum
import math
import typing
from pathlib import Path, PurePath
from typing import Any, Literal

import pytest

from segkit.values import MisfitError, fit, suggest, type_name


class Color(enum.Enum):
    RED = 1
    BLUE = 2


class Side(enum.IntEnum):
    LEFT = 1


class Word(enum.StrEnum):
    YES = "y"


FITS: list[tuple[Any, Any, Any]] = [
    (3, int, 3),
    (3, float, 3.0),
    (2**1000, float, float(2**1000)),
    (1.5, float, 1.5),
    (math.inf, float, math.inf),
    (True, bool, True),
    ("a", str, "a"),
    ("", str, ""),
    (None, type(None), None),
    ("a/b", Path, Path("a/b")),
    (Path("a"), Path, Path("a")),
    ("a", PurePath, Path("a")),
    ("RED", Color, Color.RED),
    (Color.BLUE, Color, Color.BLUE),
    ("LEFT", Side, Side.LEFT),
    ("YES", Word, Word.YES),
    ("b", Literal["a", "b"], "b"),
    (3, Literal[1, 3], 3),
    (None, Literal["a", None], None),
    ([1, 2], list[int], [1, 2]),
    ((1, 2), list[int], [1, 2]),
    ([1, 2.5], list[float], [1.0, 2.5]),
    ([], list[int], []),
    ([1, 2], tuple[int, int], (1, 2)),
    ([1, 2], tuple[float, float], (1.0, 2.0)),
    ([1, 2, 3], tuple[int, ...], (1, 2, 3)),
    ([], tuple[int, ...], ()),
    ([1, "a"], tuple[int, str], (1, "a")),
    ([[1, 2], [3, 4]], list[tuple[float, float]], [(1.0, 2.0), (3.0, 4.0)]),
    ({"a": 1}, dict[str, float], {"a": 1.0}),
    ({}, dict[str, int], {}),
    ({"a": [1]}, dict[str, tuple[float, ...]], {"a": (1.0,)}),
    (15, float | tuple[float, float], 15.0),
    ([5, 15], float | tuple[float, float], (5.0, 15.0)),
    ([5], float | tuple[float, float] | list[float], [5.0]),
    ([5, 6], list[float] | tuple[float, float], [5.0, 6.0]),
    (1, float | int, 1),
    (1.0, int | float, 1.0),
    (True, int | bool, True),
    (1, bool | float, 1.0),
    ("a", Path | str, "a"),
    ("a", float | Path, Path("a")),
    (None, int | None, None),
    ("auto", bool | Literal["auto"], "auto"),
    ("RED", Color | str, "RED"),
    ([1], float | list[int | None], [1]),
    ({"x": [None]}, Any, {"x": [None]}),
    (3, typing.Optional[float], 3.0),  # noqa: UP045 - the older spelling is another type at run time
]

MISFITS: list[tuple[Any, Any, str]] = [
    (True, int, "int"),
    (True, float, "float"),
    (1, bool, "bool"),
    (1.0, int, "int"),
    ("1", int, "int"),
    ("1.0", float, "float"),
    (10**400, float, "float"),
    (1, str, "text"),
    (None, str, "text"),
    (None, int, "int"),
    (0, type(None), "null"),
    ("", Path, "path"),
    (3, Path, "path"),
    ("red", Color, "RED or BLUE"),
    (1, Color, "RED or BLUE"),
    ([], Color, "RED or BLUE"),
    (1, Side, "LEFT"),
    ("y", Word, "YES"),
    ("c", Literal["a", "b"], "a or b"),
    (1.0, Literal[1, 3], "1 or 3"),
    (True, Literal[1, 3], "1 or 3"),
    ([], Literal["a"], "a"),
    (1, list[int], "list of int"),
    ("ab", list[str], "list of text"),
    ({"a": 1}, list[str], "list of text"),
    ([1, "a"], list[int], "int"),
    ([1], tuple[int, int], "list of 2 (int, int)"),
    ([1, 2, 3], tuple[int, int], "list of 2 (int, int)"),
    (["a"], tuple[int, ...], "int"),
    ([1], dict[str, int], "mapping of text to int"),
    ({"a": "b"}, dict[str, int], "int"),
    ({1: 1}, dict[str, int], "text"),
    ("a", float | tuple[float, float], "float or list of 2 (float, float)"),
    (True, float | tuple[float, float], "float or list of 2 (float, float)"),
    ([True, 1], float | tuple[float, float], "float or list of 2 (float, float)"),
    ("b", int | None, "int or null"),
]


@pytest.mark.parametrize(("value", "kind", "expected"), FITS, ids=repr)
def test_what_fits(value: Any, kind: Any, expected: Any) -> None:
    fitted = fit(value, kind)
    assert (fitted, type(fitted)) == (expected, type(expected))
    if isinstance(expected, (list, tuple)):
        assert [type(item) for item in fitted] == [type(item) for item in expected]


@pytest.mark.parametrize(("value", "kind", "expected"), MISFITS, ids=repr)
def test_what_does_not_fit(value: Any, kind: Any, expected: str) -> None:
    with pytest.raises(MisfitError) as caught:
        fit(value, kind)
    assert str(caught.value) == expected


def test_fitting_copies() -> None:
    value = [1, 2]
    assert fit(value, list[int]) is not value


def test_what_is_fitted_fits_again() -> None:
    for value, kind, _ in FITS:
        once = fit(value, kind)
        assert fit(once, kind) == once


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Any, "any"),
        (int, "int"),
        (str, "text"),
        (type(None), "null"),
        (Path, "path"),
        (Color, "RED or BLUE"),
        (Literal["a", 1], "a or 1"),
        (int | None, "int or null"),
        (list[str], "list of text"),
        (tuple[float, ...], "list of float"),
        (tuple[int, str], "list of 2 (int, text)"),
        (dict[str, list[int]], "mapping of text to list of int"),
        (float | tuple[float, float] | None, "float or list of 2 (float, float) or null"),
    ],
)
def test_types_in_words(kind: Any, words: str) -> None:
    assert type_name(kind) == words


def test_suggest() -> None:
    assert suggest("epocs", ["steps", "epochs"]) == "did you mean 'epochs'?"
    assert suggest("zzz", ["b", "a"]) == "known: a, b"
    assert suggest("zzz", []) == "there is none"
    assert suggest("", ["a"]) == "known: a"

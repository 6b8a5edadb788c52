"""Errors: one line of cause, one of remedy, an exit code."""

from __future__ import annotations

import pickle

import pytest

from segkit.errors import (
    SHOWN,
    DataError,
    DivergedError,
    Fault,
    PluginError,
    RecipeError,
    RunInterruptedError,
    SegkitError,
    UserError,
)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault("it is wrong"), "it is wrong"),
        (Fault("it is wrong", "mend it"), "it is wrong\n    mend it"),
        (Fault("it is wrong", "mend it", "a.yaml:3"), "a.yaml:3: it is wrong\n    mend it"),
        (Fault("it is wrong", where="a.yaml:3"), "a.yaml:3: it is wrong"),
    ],
)
def test_a_fault_as_text(fault: Fault, text: str) -> None:
    assert str(fault) == text
    assert str(SegkitError(fault.cause, fault.remedy, fault.where)) == text


def test_several_faults_are_all_shown() -> None:
    error = DataError.of([Fault(f"cause {k}", f"remedy {k}", f"f.yaml:{k}") for k in range(3)])
    assert isinstance(error, DataError)
    assert len(error.faults) == 3
    assert str(error).splitlines() == [line for k in range(3) for line in (f"f.yaml:{k}: cause {k}", f"    remedy {k}")]


def test_of_ten_thousand_faults_the_first_are_shown() -> None:
    text = str(DataError.of([Fault(f"cause {k}") for k in range(10_000)])).splitlines()
    assert text[:SHOWN] == [f"cause {k}" for k in range(SHOWN)]
    assert text[SHOWN:] == [f"... and {10_000 - SHOWN} more"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SegkitError("x"), 1),
        (DivergedError("x"), 1),
        (UserError("x"), 2),
        (RecipeError("x"), 2),
        (DataError("x"), 2),
        (PluginError("x"), 2),
        (RunInterruptedError(2, "x"), 130),
        (RunInterruptedError(15, "x", "y"), 143),
    ],
)
def test_exit_codes(error: SegkitError, code: int) -> None:
    assert error.exit_code == code


def test_an_error_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(RecipeError("cause", "remedy", "a.yaml:1")))
    assert (type(error), error.faults) == (RecipeError, (Fault("cause", "remedy", "a.yaml:1"),))

"""A spec's fields are checked when it is made."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from segkit.errors import SegkitError
from segkit.spec import ComponentSpec, SpecError

GOOD: dict[str, Any] = {"kind": "loss", "name": "dice", "path": "my_pack.losses:Dice", "summary": "One minus Dice."}


def test_a_good_spec() -> None:
    spec = ComponentSpec(**GOOD)
    assert (dict(spec.passes), dict(spec.fixed), spec.needs, spec.api) == ({}, {}, "", 1)
    assert spec == ComponentSpec(**GOOD)
    assert hash(spec) == hash(ComponentSpec(**GOOD))
    ComponentSpec(**GOOD | {"name": "dice_2", "path": "a:B.make", "passes": {"channels": "c"}, "fixed": {"dim": 1}})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", 3),
        ("name", "Dice"),
        ("name", ""),
        ("name", "2dice"),
        ("name", "di-ce"),
        ("name", "dice\n"),
        ("name", None),
        ("path", "my_pack.losses.Dice"),
        ("path", "my_pack:"),
        ("path", ":Dice"),
        ("path", "my_pack:Dice()"),
        ("path", "my-pack:Dice"),
        ("path", "../x:Dice"),
        ("path", dict),
        ("summary", ""),
        ("summary", "  "),
        ("summary", "two\nlines"),
        ("summary", None),
        ("needs", None),
        ("api", 0),
        ("api", True),
        ("api", "1"),
        ("passes", ["channels"]),
        ("passes", {"channels": 1}),
        ("passes", {1: "channels"}),
        ("fixed", [("dim", 1)]),
        ("fixed", {1: "dim"}),
        ("fixed", None),
    ],
)
def test_a_bad_field_is_named_with_its_value(field: str, value: Any) -> None:
    with pytest.raises(SpecError) as caught:
        ComponentSpec(**GOOD | {field: value})
    [fault] = caught.value.faults
    assert fault.cause.startswith(f"ComponentSpec.{field} must be ")
    assert fault.cause.endswith(f"not {value!r}")
    assert fault.remedy == "mend it in the plugin module"
    assert isinstance(caught.value, SegkitError)


def test_a_spec_is_frozen_through_and_through() -> None:
    fixed = {"dim": 1}
    spec = ComponentSpec(**GOOD | {"fixed": fixed})
    fixed["dim"] = 2
    assert spec.fixed == {"dim": 1}
    with pytest.raises(TypeError):
        spec.fixed["dim"] = 3  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.name = "other"  # type: ignore[misc]

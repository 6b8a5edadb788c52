"""Components of a stranger: nested ones, defaults that no recipe can write, constructors that raise."""

from __future__ import annotations

import enum
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from segkit.assemble import Binder, Bound
from segkit.catalog import Catalog, Component, Plugin
from segkit.errors import RecipeError
from segkit.kinds import Loss, Make, Norm
from segkit.recipe import Layer, Node, dump
from segkit.recipe.nodes import NodePass
from segkit.spec import ComponentSpec


class Mode(enum.Enum):
    SUM = 1
    MEAN = 2


class Simple:
    """A loss.

    Args:
        gain: How much of it.
    """

    def __init__(self, classes: Sequence[str], gain: float = 1.0) -> None:
        if gain < 0:
            raise ValueError(f"gain must be 0 or more, not {gain}: give 1.0")
        self.classes, self.gain = tuple(classes), gain


class Sum:
    def __init__(self, classes: Sequence[str], parts: list[Loss], last: Loss | None = None) -> None:
        self.classes, self.parts, self.last = tuple(classes), parts, last


class Several:
    def __init__(self, parts: tuple[Loss, ...] = ()) -> None:
        self.parts = parts


class WithFactory:
    def __init__(self, first: Make[Norm], other: Make[Norm] = dict, third: Make[Norm] | str = "scale") -> None:
        self.first, self.other, self.third = first, other, third


class Scale:
    def __init__(self, channels: int, by: float = 1.0) -> None:
        self.channels, self.by = channels, by


class Odd:
    def __init__(
        self,
        mode: Mode = Mode.MEAN,
        path: Path = Path("a/b"),
        ranges: tuple[tuple[float, float], ...] = ((0, 1),),
        names: dict[str, float] | None = None,
        words: Sequence[str] = ("a",),
        anything=None,
        device: Any = int,
        call: Callable[[], int] = int,
        **more: int,
    ) -> None:
        given = locals()
        self.given = {name: given[name] for name in ("mode", "path", "ranges", "names", "words", "anything", "call")}


class Careless:
    def __init__(self, width: int = None, size: tuple[int] = (1, 1), on: bool = True, mode: Mode = "MEAN") -> None:  # noqa: RUF013
        self.given = (width, size, on, mode)


class Broken:
    def __init__(self) -> None:
        raise RuntimeError("no such device")


@pytest.fixture
def binder(monkeypatch: pytest.MonkeyPatch) -> Binder:
    module = ModuleType("made_parts")
    module.__dict__.update(
        {c.__name__: c for c in (Simple, Sum, Several, WithFactory, Scale, Odd, Careless, Broken)}, number=3
    )
    monkeypatch.setitem(sys.modules, "made_parts", module)
    specs = [
        ComponentSpec("loss", "simple", "made_parts:Simple", "A loss."),
        ComponentSpec("loss", "sum", "made_parts:Sum", "A sum of losses."),
        ComponentSpec("loss", "several", "made_parts:Several", "Losses."),
        ComponentSpec("loss", "odd", "made_parts:Odd", "Odd options."),
        ComponentSpec("loss", "careless", "made_parts:Careless", "Its defaults are not of their types."),
        ComponentSpec("loss", "broken", "made_parts:Broken", "Raises."),
        ComponentSpec("loss", "absent", "made_parts:Nothing", "Its attribute is not there."),
        ComponentSpec("loss", "missing", "made_parts_of_nobody:Loss", "No module.", needs="made-parts[all]"),
        ComponentSpec("loss", "number", "made_parts:number", "Not callable."),
        ComponentSpec("loss", "builtin", "builtins:iter", "Has no signature."),
        ComponentSpec("norm", "scale", "made_parts:Scale", "A norm."),
        ComponentSpec("decoder", "with_factory", "made_parts:WithFactory", "Takes norms."),
    ]
    plugin = Plugin("made-parts", "1.2", "ok", "", "", ())
    return Binder(Catalog(tuple(Component(spec, "made-parts", "1.2") for spec in specs), (plugin,)), Layer())


def bind(binder: Binder, kind: str, use: str, **options: Any) -> Bound:
    bound = binder.bind(Node(kind, use, options, ("it",)))
    if bound is None:
        raise RecipeError.of(binder._layer.faults)
    return bound


def test_nested_losses_are_built_with_the_engine_s_values(binder: Binder) -> None:
    bound = bind(binder, "loss", "sum", parts=["simple", {"use": "simple", "gain": 2}], last="simple")
    made = bound(classes=["sky", "sea"], class_counts=[1, 2])
    assert [(part.classes, part.gain) for part in made.parts] == [(("sky", "sea"), 1.0), (("sky", "sea"), 2.0)]
    assert made.last.classes == ("sky", "sea")
    assert [part.component.name for part in bound.parts()] == ["sum", "simple", "simple", "simple"]
    assert bound.describe() == {
        "use": "made-parts:sum",
        "parts": [{"use": "made-parts:simple", "gain": 1.0}, {"use": "made-parts:simple", "gain": 2.0}],
        "last": {"use": "made-parts:simple", "gain": 1.0},
    }


def test_an_optional_nested_loss_may_be_null(binder: Binder) -> None:
    bound = bind(binder, "loss", "sum", parts=[], last=None)
    assert bound.describe() == {"use": "made-parts:sum", "parts": [], "last": None}
    assert bound(classes=["a", "b"]).last is None


def test_a_tuple_of_losses_is_a_list_in_a_recipe(binder: Binder) -> None:
    made = bind(binder, "loss", "several", parts=["simple"])(classes=["a", "b"])
    assert [part.classes for part in made.parts] == [("a", "b")]
    assert bind(binder, "loss", "several")(classes=["a", "b"]).parts == []


def test_a_factory_is_called_with_its_kind_s_values(binder: Binder) -> None:
    bound = bind(binder, "decoder", "with_factory", first={"use": "scale", "by": 3})
    made = bound(channels=[1], strides=[1])
    assert (made.first(channels=8).channels, made.first(channels=8).by) == (8, 3.0)
    assert made.other is dict  # a default that is no name is the callable's own matter
    assert made.third(channels=4).by == 1.0
    assert bound.describe() == {
        "use": "made-parts:with_factory",
        "first": {"use": "made-parts:scale", "by": 3.0},
        "third": {"use": "made-parts:scale", "by": 1.0},
    }


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        ({}, "loss 'sum' needs a value: list of loss components"),
        ({"parts": "simple"}, "it.parts: expected a list of loss components, not 'simple'"),
        ({"parts": ["simpel"]}, "unknown loss 'simpel'"),
        ({"parts": [{"use": "simple", "gian": 1}]}, "it.parts.0.gian: loss 'simple' has no such option"),
        ({"parts": [3]}, "it.parts.0: expected the loss's name"),
        ({"parts": None}, "it.parts: expected a list of loss components, not None"),
        ({"parts": ["number"]}, "made_parts:number is not callable"),
        ({"parts": ["absent"]}, "cannot be imported: AttributeError"),
        ({"parts": ["builtin"]}, "loss 'builtin' has no signature"),
    ],
)
def test_faults_of_nested_losses(options: dict[str, Any], cause: str, binder: Binder) -> None:
    with pytest.raises(RecipeError) as caught:
        bind(binder, "loss", "sum", **options)
    assert cause in str(caught.value)


def test_a_missing_package_names_what_to_install(binder: Binder) -> None:
    with pytest.raises(RecipeError) as caught:
        bind(binder, "loss", "missing")
    [fault] = caught.value.faults
    assert fault.cause.startswith("loss 'missing' of made-parts 1.2 cannot be imported: ModuleNotFoundError")
    assert fault.remedy == "pip install 'made-parts[all]'"


def test_odd_options_are_fitted_and_written_out_again(binder: Binder) -> None:
    given = {"mode": "SUM", "path": "x", "ranges": [[1, 2], [3, 4.5]], "names": {"a": 1}, "words": ["b"]}
    given["anything"] = [1, {"c": None}]
    bound = bind(binder, "loss", "odd", **given)
    made = bound().given
    assert made["mode"] is Mode.SUM
    assert made["path"] == Path("x")
    assert made["ranges"] == ((1.0, 2.0), (3.0, 4.5))
    assert made["names"] == {"a": 1.0}
    assert made["words"] == ["b"]
    assert made["call"] is int

    for written in (bound.describe(), bind(binder, "loss", "odd").describe()):
        assert "device" not in written  # its default is an object of Python's
        again = NodePass(dump({"it": written}), "written.yaml", Path()).read()["it"]
        assert again == written
        options = {key: value for key, value in again.items() if key != "use"}
        assert bind(binder, "loss", "odd", **options).describe() == written


def test_a_default_is_legal_whatever_its_type_says(binder: Binder) -> None:
    written = bind(binder, "loss", "careless").describe()
    assert written == {"use": "made-parts:careless", "width": None, "size": [1, 1], "on": True, "mode": "MEAN"}
    again = bind(binder, "loss", "careless", **{key: value for key, value in written.items() if key != "use"})
    assert again().given[:3] == (None, (1, 1), True)
    with pytest.raises(RecipeError, match=r"it.on: expected bool, not 1"):
        bind(binder, "loss", "careless", on=1)


def test_what_a_constructor_raises_names_the_owner_and_the_place(binder: Binder) -> None:
    binder._layer.places[("it",)] = NodePass("", "made.yaml", Path())._at(6)
    with pytest.raises(RecipeError) as caught:
        bind(binder, "loss", "simple", gain=-1)(classes=["a", "b"])
    assert str(caught.value) == (
        "made.yaml:7: loss 'simple' of made-parts 1.2: gain must be 0 or more, not -1.0: give 1.0\n"
        "    mend its options, or tell its author"
    )
    with pytest.raises(RecipeError, match=r"loss 'broken' of made-parts 1.2: RuntimeError: no such device"):
        bind(binder, "loss", "broken")()


def test_defaults_of_a_kind_fill_what_a_recipe_leaves_out_also_in_what_is_nested(binder: Binder) -> None:
    filling = Binder(binder._catalog, Layer(), {"loss": {"gain": 3.0, "path": Path("/data"), "words": None, "no": 1}})
    assert bind(filling, "loss", "odd").options == {"path": Path("/data")}
    made = bind(filling, "loss", "sum", parts=["simple", {"use": "simple", "gain": 2}], last="simple")(
        classes=["a", "b"]
    )
    assert [part.gain for part in (*made.parts, made.last)] == [3.0, 2.0, 3.0]
    assert bind(filling, "norm", "scale").options == {}


def test_texts_are_as_typed_and_paths_counted_from_where_they_stand(binder: Binder) -> None:
    layer = binder._layer
    for name, raw in (("path", "001"), ("anything", "[1]"), ("words", "[a, b]")):
        nodes = NodePass(raw, f"override it.{name}={raw}", Path("/cwd"), override=True)
        layer.data[name] = nodes.read(("it", name))
        layer.places |= nodes.layer.places
    bound = bind(binder, "loss", "odd", **layer.data)
    assert bound.options == {"path": Path("/cwd/001"), "anything": [1], "words": ["a", "b"]}


def test_a_name_that_nobody_has(binder: Binder) -> None:
    with pytest.raises(RecipeError, match="unknown loss 'nothing'"):
        bind(binder, "loss", "nothing")

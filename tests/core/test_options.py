"""From a signature to the options of a recipe; the callables here are made for the purpose."""

from __future__ import annotations

import enum
import functools
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional, Protocol, TypeVar, Union

import pytest

from segkit import kinds
from segkit.errors import PluginError
from segkit.kinds import Activation, Backbone, Loss, Make, Norm
from segkit.options import REQUIRED, Nested, Signature, signature_of
from segkit.spec import ComponentSpec
from segkit.values import type_name

if TYPE_CHECKING:
    from collections.abc import Collection
    from fractions import Fraction
    from pathlib import PurePath

    import numpy as np
    from torch import Tensor, nn


class Mode(enum.Enum):
    SUM = 1


class Thing:
    """Nothing that a recipe could write."""


class OwnProtocol(Protocol): ...


T = TypeVar("T")


def spec(kind: str = "augment", **fields: Any) -> ComponentSpec:
    return ComponentSpec(kind=kind, name="made", path="made:here", summary="Made for a test.", **fields)


def read(target: Callable[..., Any], kind: str = "augment", **fields: Any) -> Signature:
    return signature_of(target, spec(kind, **fields))


def types_of(target: Callable[..., Any], kind: str = "augment") -> dict[str, Any]:
    return {option.name: option.type for option in read(target, kind).options.values()}


def test_plain_types() -> None:
    def made(a: int, b: float, c: bool, d: str, e: Path, f: Mode, g: None = None, h: Literal["x", 1] = "x") -> None: ...

    assert types_of(made) == {
        **{"a": int, "b": float, "c": bool, "d": str, "e": Path, "f": Mode, "g": type(None)},
        "h": Literal["x", 1],
    }


def test_containers() -> None:
    def made(
        a: list[int],
        b: Sequence[float],
        c: Iterable[str],
        d: tuple[int, float],
        e: tuple[str, ...],
        f: dict[str, int],
        g: Mapping[str, Sequence[int]],
        h: list[tuple[float, float]],
        i: list,  # type: ignore[type-arg]
        j: tuple,  # type: ignore[type-arg]
        k: dict,  # type: ignore[type-arg]
        m: typing.List[int],  # noqa: UP006 - the older spelling is another type at run time
        n: Sequence,  # type: ignore[type-arg]
    ) -> None: ...

    assert types_of(made) == {
        "a": list[int],
        "b": list[float],
        "c": list[str],
        "d": tuple[int, float],
        "e": tuple[str, ...],
        "f": dict[str, int],
        "g": dict[str, list[int]],
        "h": list[tuple[float, float]],
        "i": list[Any],
        "j": tuple[Any, ...],
        "k": dict[str, Any],
        "m": list[int],
        "n": list[Any],
    }


def test_unions_keep_what_is_data() -> None:
    def made(
        a: float | Tensor,
        b: Union[int, Tensor, None],  # noqa: UP007 - the older spelling is another type at run time
        c: Optional[float],  # noqa: UP045
        d: tuple[float | Tensor, float | Tensor],
        e: Tensor | float | tuple[float | Tensor, float] | list[Tensor],
        f: np.ndarray | Sequence[int],
        g: Thing | Fraction | str,
        h: float | Callable[[int], float],
        i: nn.Module | int | None,
        j: torch.Tensor | bool,  # noqa: F821 - a name that is nowhere
    ) -> None: ...

    assert types_of(made) == {
        "a": float,
        "b": int | None,
        "c": float | None,
        "d": tuple[float, float],
        "e": float | tuple[float, float],
        "f": list[int],
        "g": str,
        "h": float,
        "i": None | int,
        "j": bool,
    }


def test_usual_names_that_only_the_type_checker_sees_are_known() -> None:
    def made(
        a: Collection[int], b: PurePath, c: Collection[Fraction] | None = None, d: Fraction | None = None
    ) -> None: ...

    found = types_of(made)
    assert (found["a"], type_name(found["b"])) == (list[int], "path")
    assert set(found) == {"a", "b"}


def test_annotated_and_annotations_that_are_no_text() -> None:
    def made(a: Any, b: Any, c: Any, d: Any, e: Any = 3, f: Any = 4) -> None: ...

    made.__annotations__ = {
        "a": Annotated[int, "at least 1"],
        "b": Annotated[list[int], ["cannot be hashed"]],
        "c": Annotated[float | str, {}],
        "d": list[Annotated[int, []]],
        "e": ["no type", "at all"],
        "f": None,
    }
    assert types_of(made) == {"a": int, "b": list[int], "c": float | str, "d": list[int]}


def test_what_has_no_annotation_is_anything() -> None:
    def made(a, b=3, *, c: Any = None, d: "no python at all" = 1) -> None: ...  # noqa: F722

    found = read(made).options
    assert [(option.type, option.default) for option in found.values()] == [
        (Any, REQUIRED),
        (Any, 3),
        (Any, None),
        (Any, 1),
    ]


def test_stars_give_no_options() -> None:
    def made(a: int = 1, *args: int, b: int = 2, **kwargs: int) -> None: ...

    assert list(read(made).options) == ["a", "b"]


def test_defaults_and_words() -> None:
    def made(a: int, b: float | tuple[float, float] = 1.0, c: Make[Norm] | None = None) -> None: ...

    found = read(made).options
    assert [option.default for option in found.values()] == [REQUIRED, 1.0, None]
    assert [option.type_name for option in found.values()] == ["int", "float or list of 2 (float, float)", "norm"]


def test_nested_components() -> None:
    def made(
        a: Loss,
        b: list[Loss],
        c: Make[Norm],
        d: Make[Backbone] | str,
        e: list[Make[Activation]],
        f: Loss | None = None,
        g: tuple[Loss, ...] = (),
        h: kinds.Loss | None = None,
    ) -> None: ...

    assert types_of(made) == {
        "a": Nested("loss"),
        "b": Nested("loss", many=True),
        "c": Nested("norm", make=True),
        "d": Nested("backbone", make=True),
        "e": Nested("activation", many=True, make=True),
        "f": Nested("loss"),
        "g": Nested("loss", many=True),
        "h": Nested("loss"),
    }
    assert read(made).options["b"].type_name == "list of loss components"


def test_engine_values_are_no_options() -> None:
    def made(
        in_channels: int, classes: Sequence[str], norm: Make[Norm], activation: Make[Activation], depth: int = 3
    ) -> None: ...

    model, backbone = read(made, "model"), read(made, "backbone")
    assert dict(model.passes) == {"in_channels": "in_channels", "classes": "classes"}
    assert list(model.options) == ["norm", "activation", "depth"]
    assert dict(backbone.passes) == {"in_channels": "in_channels", "norm": "norm", "activation": "activation"}
    assert list(backbone.options) == ["classes", "depth"]


def test_passes_and_fixed() -> None:
    def made(num_features: int, eps: float = 1e-5, device: Thing | None = None, channels: int = 0) -> None: ...

    found = read(made, "norm", passes={"channels": "num_features"}, fixed={"device": None})
    assert dict(found.passes) == {"channels": "num_features"}
    assert list(found.options) == ["eps", "channels"]  # no longer the engine's name

    def needy(thing: Thing) -> None: ...

    assert list(read(needy, fixed={"thing": Thing()}).options) == []


@pytest.mark.parametrize(
    "annotation", [Thing, OwnProtocol, T, Callable, Callable[[int], int], type[int], bytes, complex, set[int]]
)
def test_what_no_recipe_can_write(annotation: Any) -> None:
    def made(a: int, what: Any) -> None: ...

    made.__annotations__["what"] = annotation
    with pytest.raises(PluginError) as caught:
        read(made)
    [fault] = caught.value.faults
    assert fault.cause.startswith("augment 'made' needs what: ")
    assert fault.cause.endswith("which no recipe can write")
    assert "ComponentSpec.fixed" in fault.remedy

    made.__defaults__ = (1, None)
    assert list(read(made).options) == ["a"]


@pytest.mark.parametrize("target", [iter, Thing()])
def test_what_has_no_signature(target: Any) -> None:
    with pytest.raises(PluginError, match="augment 'made' has no signature"):
        read(target)


def test_classes_subclasses_and_partials() -> None:
    class Base:
        def __init__(self, width: int, mode: Mode = Mode.SUM) -> None: ...

    class Child(Base):
        pass

    class WithNew:
        def __new__(cls, width: int = 3) -> WithNew:
            return super().__new__(cls)

    assert types_of(Base) == types_of(Child) == {"width": int, "mode": Mode}
    assert types_of(WithNew) == {"width": int}
    preset = read(functools.partial(Base, width=3)).options
    assert (preset["width"].default, preset["width"].type) == (3, int)


def test_a_wrapped_function_is_read_through() -> None:
    def made(width: int, tensor: Tensor | None = None) -> None: ...

    @functools.wraps(made)
    def wrapper(*args: Any, **kwargs: Any) -> None: ...

    assert types_of(wrapper) == {"width": int}


def test_docs_of_google_s_style() -> None:
    def made(widths: list[int], mode: str = "a", quiet: bool = False, untold: int = 3) -> None:
        """Make something.

        More about it: this is no argument.

        Args:
            widths: Channels of each level,
                finest first: one level each.
            mode: One of ``a`` and ``b``.

                note: indented deeper.
            quiet: Say nothing.

        Raises:
            untold: Never.
        """

    docs = {option.name: option.doc for option in read(made).options.values()}
    assert docs["widths"] == "Channels of each level, finest first: one level each."
    assert docs["mode"].startswith("One of ``a`` and ``b``.")
    assert docs["untold"] == ""


def test_docs_of_torch_s_style() -> None:
    class Made:
        r"""Makes something.

        .. math:: a = b

        Args:
            lr (float, Tensor, optional): learning rate (default: 1e-3). A tensor
                is taken too: see (below).
            betas (tuple[float | Tensor, float | Tensor], optional):
                coefficients (default: (0.9, 0.999))
            eps(float): without a blank

        Shape:
            - Input: any
        """

        def __init__(self, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1.0) -> None: ...

    docs = {option.name: option.doc for option in read(Made).options.values()}
    assert docs["lr"].startswith("learning rate (default: 1e-3). A tensor is taken too: see (below).")
    assert docs["betas"].startswith("coefficients (default: (0.9, 0.999))")


def test_a_callable_without_any_docs() -> None:
    assert read(lambda width=3: None).options["width"].doc == ""

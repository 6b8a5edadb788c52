"""``${another.key}``: looked up, kept finite, and resolved by OmegaConf."""

from __future__ import annotations

from typing import Any

from omegaconf import OmegaConf

from segkit.recipe.nodes import REFERENCE, Keys, Layer, undotted
from segkit.recipe.schema import MISSING

_LONGEST = 10_000  # characters; references that double each other would fill any memory
_DEEPEST = 10  # references behind each other; each takes dozens of Python's frames
_IN_WORK = (-1, -1)

Size = tuple[int, int]  # of a resolved text: characters, and references behind each other


def resolve(layer: Layer) -> None:
    """Replace every reference of a layer by the single value it names, or blame what refers to nothing such."""
    sizes: dict[Keys, Size] = {}
    faults = len(layer.faults)
    for keys, text in _texts(layer.data, ()):
        _size(layer, keys, text, sizes)
    if len(layer.faults) > faults:
        return
    layer.data = OmegaConf.to_container(OmegaConf.create(layer.data), resolve=True)  # type: ignore[assignment]
    for keys, text in _texts(layer.data, ()):  # a recipe that is written out must not refer to anything
        layer.blame(keys, f"{text!r} holds '${{' when its references are resolved", "write the value itself")


def _texts(value: Any, keys: Keys) -> list[tuple[Keys, str]]:
    if isinstance(value, str):
        return [(keys, value)] if "${" in value else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in items for found in _texts(item, (*keys, key))]


def _size(layer: Layer, keys: Keys, text: str, sizes: dict[Keys, Size], above: int = 0) -> Size:
    """Measure a text with its references resolved; nothing, and a fault, when they cannot be."""
    if keys in sizes:
        if sizes[keys] == _IN_WORK:
            layer.blame(keys, f"{text!r} refers to itself", "write the value itself")
            return 0, 0
        return sizes[keys]
    sizes[keys] = _IN_WORK
    length, depth = len(text), 0
    for name in REFERENCE.findall(text) if above <= _DEEPEST else ():
        value_keys, value = _target(layer, keys, name)
        if isinstance(value, str):
            more, below = _size(layer, value_keys, value, sizes, above + 1)
            length, depth = length + more, max(depth, below + 1)
    if length > _LONGEST:
        layer.blame(keys, f"more than {_LONGEST} characters when its references are resolved", "shorten it")
        length = 0
    if max(above, depth) > _DEEPEST:
        layer.blame(keys, f"more than {_DEEPEST} references behind each other", "write the value itself")
        depth = 0
    sizes[keys] = length, depth
    return length, depth


def _target(layer: Layer, keys: Keys, name: str) -> tuple[Keys, Any]:
    """Give the keys and the single value that a reference names; no value, and a fault, when it names none."""
    target = undotted(name)
    try:
        value = _at(layer.data, target)
    except LookupError:
        layer.blame(keys, f"${{{name}}} refers to a key that is not there", "write the value itself")
        return target, None
    if isinstance(value, (dict, list)):
        layer.blame(keys, f"${{{name}}} refers to more than a single value", "write the values themselves")
    elif value is None or value == MISSING:
        layer.blame(keys, f"${{{name}}} refers to a value that is missing", f"give {name} a value")
    return target, value


def _at(data: Any, keys: Keys) -> Any:
    for key in keys:
        if not isinstance(data, (dict, list)) or isinstance(data, list) > isinstance(key, int):
            raise LookupError(key)
        data = data[key]  # type: ignore[index]
    return data

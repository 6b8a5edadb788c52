"""``${another.key}``: looked up, kept finite, and resolved by OmegaConf."""

from __future__ import annotations

from typing import Any

from omegaconf import OmegaConf

from segkit.recipe.nodes import REFERENCE, Keys, Layer

_LONGEST = 10_000  # characters; references that double each other would fill any memory


def resolve(layer: Layer) -> None:
    """Replace every reference of a layer by the single value it names, or blame what refers to nothing such."""
    lengths: dict[Keys, int] = {}
    faults = len(layer.faults)
    for keys, text in _texts(layer.data, ()):
        _length(layer, keys, text, lengths)
    if len(layer.faults) == faults:
        config = OmegaConf.create(layer.data)
        layer.data = OmegaConf.to_container(config, resolve=True)  # type: ignore[assignment]


def _texts(value: Any, keys: Keys) -> list[tuple[Keys, str]]:
    if isinstance(value, str):
        return [(keys, value)] if "${" in value else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in items for found in _texts(item, (*keys, key))]


def _length(layer: Layer, keys: Keys, text: str, lengths: dict[Keys, int]) -> int:
    """Give the length of a text with its references resolved; 0, and a fault, when they cannot be."""
    if keys in lengths:
        if lengths[keys] < 0:
            layer.blame(keys, f"{text!r} refers to itself", "write the value itself")
        return max(lengths[keys], 0)
    lengths[keys] = -1
    total = len(text)
    for name in REFERENCE.findall(text):
        target = tuple(int(part) if part.isdigit() else part for part in name.split("."))
        try:
            value = _at(layer.data, target)
        except LookupError:
            layer.blame(keys, f"${{{name}}} refers to a key that is not there", "write the value itself")
            continue
        if isinstance(value, (dict, list)):
            layer.blame(keys, f"${{{name}}} refers to more than a single value", "write the values themselves")
        elif isinstance(value, str):
            total += _length(layer, target, value, lengths)
    if total > _LONGEST:
        layer.blame(keys, f"more than {_LONGEST} characters when its references are resolved", "shorten it")
        total = 0
    lengths[keys] = total
    return total


def _at(data: Any, keys: Keys) -> Any:
    for key in keys:
        if not isinstance(data, (dict, list)) or isinstance(data, list) > isinstance(key, int):
            raise LookupError(key)
        data = data[key]  # type: ignore[index]
    return data

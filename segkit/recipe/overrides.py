"""An override, ``dotted.key=value``, laid over a layer; a number in the key names an element of a list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from segkit.errors import Fault
from segkit.recipe.merge import lengthen, lengths_in, merge, merge_data
from segkit.recipe.nodes import OVERRIDE, UNSAFE, Keys, Layer, NodePass, Place, dotted, is_safe, one_line, undotted

_TEXTS = {("task",), ("run", "dir"), ("data", "root"), ("train", "monitor"), ("train", "max_time")}


def override(layer: Layer, text: str, lengths: dict[str, str]) -> Layer:
    """Lay one ``dotted.key=value`` over a layer.

    Args:
        layer: What it changes.
        text: The override, as typed.
        lengths: Which of epochs, steps and max_time an earlier override named; kept up to date.
    """
    where = f"{OVERRIDE}{one_line(text)}"
    name, equals, raw = text.partition("=")
    keys = undotted(name.strip())
    if not equals or not all(str(key) for key in keys):
        layer.faults.append(Fault("an override is key=value", "write such as train.epochs=3", where))
        return layer
    value, over = _value(raw, keys, where)
    layer.faults += over.faults
    if over.faults:
        return layer
    try:
        over.data = lengthen(_nest(layer.data, keys, value))
    except (IndexError, TypeError) as error:
        layer.faults.append(Fault(f"{dotted(keys)}: {error}", "name a key that the recipe has", where))
        return layer
    for length in lengths_in(over.data):
        other = lengths.setdefault("named", length)
        if other != length:
            cause = f"train.{other} and train.{length} are both given"
            layer.faults.append(Fault(cause, "keep the one that rules", where))
    return _merged(layer, over, keys, where)


def _merged(layer: Layer, over: Layer, keys: Keys, where: str) -> Layer:
    """Lay an override's data over a layer, and keep in mind where everything was written."""
    above = [keys[:end] for end in range(1, len(keys))]
    written = set(over.places)
    over.places |= dict.fromkeys((k for k in above if k not in layer.places), Place(where, Path.cwd()))
    merged = merge(layer, over)
    if any(isinstance(key, int) for key in keys):  # a list was written again with one element changed
        replaced = written == {keys}  # by a single value
        kept = {k: p for k, p in layer.places.items() if not (replaced and k[: len(keys)] == keys)}
        lists = [k[:-1] for k in [*above, keys] if isinstance(k[-1], int)]
        merged.places = {**kept, **{k: Place(where, layer.place(k).base) for k in lists}, **over.places}
    return merged


def _value(raw: str, keys: Keys, where: str) -> tuple[Any, Layer]:
    if keys in _TEXTS or keys[-1] == "use":
        over = Layer(places={keys: Place(where, Path.cwd(), raw)})
        if not is_safe(raw):
            over.faults.append(Fault(f"{raw!r}: {UNSAFE}", "write the value itself", where))
        return (None if raw == "null" else raw), over
    nodes = NodePass(raw, where, Path.cwd(), override=True)
    return nodes.read(keys), nodes.layer


def _nest(base: Any, keys: Keys, value: Any) -> Any:
    """Put a value under its keys; a list on the way is repeated with one element changed."""
    if not keys:
        return value
    head, rest = keys[0], keys[1:]
    if isinstance(base, list):
        if not isinstance(head, int) or head >= len(base):
            raise IndexError(f"the list has {len(base)} elements, counted from 0, and no {head!r}")
        new = _nest(base[head], rest, value)
        if isinstance(base[head], dict) and isinstance(new, str):  # a component's short form
            new = {"use": new}
        changed = merge_data({"it": base[head]}, {"it": new})
        return [*base[:head], changed["it"], *base[head + 1 :]]
    if isinstance(head, int):
        raise TypeError(f"{head} counts the elements of a list, and there is none")
    if base is not None and not isinstance(base, dict):
        raise TypeError(f"{base!r} has no key {head!r}")
    return {head: _nest((base or {}).get(head), rest, value)}

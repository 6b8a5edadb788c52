"""A layer of plain data to a typed Recipe: unknown keys, types, rules, missing values and names, all faults at once.

Nothing here imports torch: the options of components are checked later, by ``segkit.assemble``.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segkit.catalog import Catalog
from segkit.errors import PluginError
from segkit.recipe.merge import LENGTHS, NESTED
from segkit.recipe.nodes import Keys, Layer, Place, dotted
from segkit.recipe.schema import DATASET, MISSING, ONE, SPLITS, Data, Node, Recipe, Stats
from segkit.recipe.weight import Weight
from segkit.values import MisfitError, fit, suggest, type_name

_OWN = {f.name for f in dataclasses.fields(Data)} - set(SPLITS)
_LOSSES = ("val/loss", "train/loss")


def structure(layer: Layer, catalog: Catalog) -> Recipe | None:
    """Give the typed recipe; None when anything is wrong, with every fault in ``layer.faults``."""
    builder = _Builder(layer, catalog)
    data = layer.data | ({"data": _split_data(builder, layer.data["data"])} if "data" in layer.data else {})
    recipe: Recipe | None = builder.of(Recipe, data, ())
    if isinstance(recipe, Recipe):
        _check_monitor(layer, recipe)
        _check_length(layer, recipe)
        _check_stats(layer, recipe.data)
    return recipe if not layer.faults else None


def fit_at(value: Any, kind: Any, place: Place) -> Any:
    """Fit a value; an override of a text takes the text as typed, and a path counts from where it was written.

    Raises:
        MisfitError: When it is not of that type.
    """
    members = typing.get_args(kind) if typing.get_origin(kind) in (typing.Union, types.UnionType) else (kind,)
    texts = {str, Path, type(None)}
    raw = place.raw
    if raw is not None and set(members) <= texts and "${" not in raw and not (raw == "null" and type(None) in members):
        value = raw
    fitted = fit(value, kind)
    return _rooted(fitted, place.base)


def _rooted(value: Any, base: Path) -> Any:
    if isinstance(value, Path):
        return base / value.expanduser()
    if isinstance(value, (list, tuple)):
        return type(value)(_rooted(item, base) for item in value)
    return value


def _split_data(builder: _Builder, data: Any) -> Any:
    """Write ``use`` and its options, which serve all splits, as a component a split."""
    if not isinstance(data, dict) or "use" not in data:
        return data
    node = {key: value for key, value in data.items() if key not in _OWN and key not in SPLITS}
    for split in SPLITS:
        if split in data:
            builder.layer.blame(("data", split), "stands beside data.use", "write use for all splits, or one a split")
        builder.aliases[("data", split)] = ("data",)
    return {key: value for key, value in data.items() if key in _OWN} | dict.fromkeys(SPLITS, node)


class _Builder:
    """Walks the skeleton and the data side by side."""

    def __init__(self, layer: Layer, catalog: Catalog) -> None:
        self.layer, self._catalog = layer, catalog
        self.aliases: dict[Keys, Keys] = {}

    def of(self, skeleton: type, data: Any, keys: Keys) -> Any:
        """Build one dataclass of the skeleton; None when it cannot be."""
        if not isinstance(data, dict):
            self.layer.blame(keys, f"expected a mapping of keys, not {data!r}", "write 'key: value' lines below it")
            return None
        fields = {field.name: field for field in dataclasses.fields(skeleton)}
        for key in data:
            if key not in fields:
                self.layer.blame((*keys, key), "unknown key", suggest(str(key), fields))
        hints = typing.get_type_hints(skeleton)
        values: dict[str, Any] = {}
        for name, field in fields.items():
            if name in data:
                values[name] = self._value(field, hints[name], data[name], (*keys, name))
            elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
                self.layer.blame(keys, f"{dotted((*keys, name))} is missing", self._remedy(field))
        return skeleton(**values) if not self.layer.faults else None

    @staticmethod
    def _remedy(field: dataclasses.Field[Any]) -> str:
        of_data = field.name == "data" or field.metadata.get("kind") == DATASET
        return "write data: {use: ...} with a data set" if of_data else f"write {field.name}: and its value"

    def _value(self, field: dataclasses.Field[Any], hint: Any, value: Any, keys: Keys) -> Any:
        kind = field.metadata.get("kind")
        if value == MISSING or (value is None and type(None) not in typing.get_args(hint)):
            self.layer.blame(keys, "a value is missing", f"give one, such as with {dotted(keys)}=...")
            return None
        if kind is not None:
            return self._component(kind, hint, value, keys)
        if dataclasses.is_dataclass(hint):
            return self.of(typing.cast(type, hint), value, keys)
        return self._plain(field, hint, value, keys)

    def _plain(self, field: dataclasses.Field[Any], hint: Any, value: Any, keys: Keys) -> Any:
        nested = [member for member in typing.get_args(hint) if dataclasses.is_dataclass(member)]
        if nested and isinstance(value, dict):
            return self.of(typing.cast(type, nested[0]), value, keys)
        try:
            fitted = fit_at(value, hint, self.layer.place(keys))
        except MisfitError:
            words = " or ".join(
                "mapping of mean and std" if member in nested else type_name(member)
                for member in (typing.get_args(hint) if nested else (hint,))
            )
            self.layer.blame(keys, f"expected {words}, not {value!r}", f"write a value of that type for {dotted(keys)}")
            return None
        holds, text = field.metadata.get("rule", (lambda _: True, ""))
        if not holds(fitted):
            self.layer.blame(keys, f"must be {text}, not {value!r}", f"write a valid value for {dotted(keys)}")
        return fitted

    def _component(self, kind: str, hint: Any, value: Any, keys: Keys) -> Any:
        if value is None:  # one that may be left out
            return None
        if typing.get_origin(hint) is not tuple:
            return self._node(kind, value, keys)
        if kind == "loss" and not isinstance(value, list):
            return (self._node(kind, value, keys),)
        if not isinstance(value, list):
            self.layer.blame(keys, f"expected a list of {kind}s, not {value!r}", "write [name, {use: name, ...}]")
            return ()
        if kind == "loss" and not value:
            self.layer.blame(keys, "a list of losses needs at least one", "write such as loss: bce")
        return tuple(self._node(kind, item, (*keys, index)) for index, item in enumerate(value))

    def _node(self, kind: str, value: Any, keys: Keys) -> Node | None:
        keys = self.aliases.get(keys, keys)
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            self.layer.blame(keys, f"expected the {kind}'s name or {{use: name, ...}}, not {value!r}", "write its name")
            return None
        options = dict(value)
        use = options.pop("use", None)
        if not isinstance(use, str) or use == MISSING:
            self.layer.blame(keys, f"the {kind}'s name is missing", f"write use: {'|'.join(self._catalog.names(kind))}")
            return None
        self._check_name(kind, use, (*keys, "use"))
        weight = self._weight(options, keys) if kind == "loss" else ONE
        if kind in ("model", "loss"):
            self._check_nested(options, keys)
        return Node(kind, use, types.MappingProxyType(options), keys, weight)

    def _weight(self, options: dict[str, Any], keys: Keys) -> Weight:
        value = options.pop("weight", 1.0)
        try:
            return Weight.of(value)
        except ValueError as error:
            rule = "" if isinstance(error, MisfitError) else f": {error}"
            cause = f"expected float or a list of [epoch, weight], not {value!r}{rule}"
            self.layer.blame((*keys, "weight"), cause, "write the factor of this loss, such as 0.5 or [[0, 0], [5, 1]]")
            return ONE

    def _check_name(self, kind: str, use: str, keys: Keys) -> None:
        try:
            self._catalog.get(kind, use)
        except PluginError as error:
            for fault in error.faults:
                self.layer.blame(keys, fault.cause, fault.remedy)

    def _check_nested(self, options: Mapping[str, Any], keys: Keys) -> None:
        for key in NESTED:
            value = options.get(key)
            if isinstance(value, dict) and isinstance(value.get("use"), str):
                self._check_name(key, value["use"], (*keys, key, "use"))
                self._check_nested(value, (*keys, key))


def _check_monitor(layer: Layer, recipe: Recipe) -> None:
    monitor = recipe.train.monitor
    names = [node.use.rpartition(":")[2] for node in recipe.metrics]
    split, _, value = monitor.partition("/")
    if monitor in _LOSSES or (split == "val" and any(value == name or value.startswith(f"{name}_") for name in names)):
        return
    known = ["val/loss", *(f"val/{name}" for name in names)]
    layer.blame(("train", "monitor"), f"nothing gives {monitor!r}", suggest(monitor, known))


def _check_length(layer: Layer, recipe: Recipe) -> None:
    if all(getattr(recipe.train, key) is None for key in LENGTHS):
        written = [("train", key) for key in LENGTHS if ("train", key) in layer.places]
        cause = f"{', '.join(LENGTHS)}: none of them has a value"
        layer.blame(written[0], cause, "give one of them, such as epochs: 10")


def _check_stats(layer: Layer, data: Data) -> None:
    stats = data.normalize
    if isinstance(stats, Stats) and not len(stats.mean) == len(stats.std) == data.channels:
        cause = f"{len(stats.mean)} means and {len(stats.std)} deviations for {data.channels} channels"
        layer.blame(("data", "normalize"), cause, "give one of each a channel")

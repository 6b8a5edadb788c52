"""One layer over another: short forms written out, components replaced whole when their ``use`` changes."""

from __future__ import annotations

import copy
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from segkit.errors import RecipeError
from segkit.recipe.nodes import Keys, Layer, dotted
from segkit.recipe.schema import SPLITS, Data

ONE = ("model", "optimizer", "scheduler", "postprocess")
MANY = ("augment", "metrics", "loggers", "callbacks")
NESTED = ("backbone", "decoder", "norm", "activation", "loss")  # an option so named, in model or loss, is a component
LENGTHS = ("epochs", "steps", "max_time")  # of a run; one rules
_DATA_KEYS = set(Data.__dataclass_fields__)


def lengthen(data: dict[str, Any]) -> dict[str, Any]:
    """Write short forms out, so that merging sees one form: ``unet`` becomes ``{use: unet}``."""
    for key in ONE:
        if key in data:
            data[key] = _long(data[key], nesting=key == "model")
    for key in MANY:
        if isinstance(data.get(key), list):
            data[key] = [_long(item) for item in data[key]]
    if "loss" in data:
        loss = data["loss"]
        data["loss"] = [_long(item, True) for item in loss] if isinstance(loss, list) else _long(loss, True)
    if isinstance(data.get("data"), dict):
        for split in SPLITS:
            if split in data["data"]:
                data["data"][split] = _long(data["data"][split])
    return data


def lengths_in(data: dict[str, Any]) -> list[str]:
    """Give which of epochs, steps and max_time plain data sets."""
    train = data.get("train")
    return [key for key in LENGTHS if isinstance(train, dict) and train.get(key) is not None]


def _long(value: Any, nesting: bool = False) -> Any:
    if isinstance(value, str):
        return {"use": value}
    if isinstance(value, dict) and nesting:
        return {key: _long(item, True) if key in NESTED else item for key, item in value.items()}
    return value


def merge(base: Layer, over: Layer) -> Layer:
    """Lay a layer over another; the places of what is replaced are forgotten."""
    replaced: list[Keys] = []
    data = merge_data(base.data, over.data, replaced)
    kept = {k: p for k, p in base.places.items() if not any(k[: len(r)] == r for r in replaced)}
    return Layer(data, {**kept, **over.places}, [*base.faults, *over.faults])


def merge_data(base: dict[str, Any], over: dict[str, Any], replaced: list[Keys] | None = None) -> dict[str, Any]:
    """Merge plain data; the keys of the base that were replaced whole are added to ``replaced``."""
    base = copy.deepcopy(base)
    _drop_replaced(base, over, (), replaced if replaced is not None else [])
    try:
        merged = OmegaConf.merge(OmegaConf.create(base), OmegaConf.create(over))
        return OmegaConf.to_container(merged)  # type: ignore[return-value]
    except OmegaConfBaseException as error:
        raise RecipeError(f"cannot be merged: {str(error).splitlines()[0]}", dotted(tuple(over))) from None


def _drop_replaced(base: dict[str, Any], over: dict[str, Any], keys: Keys, replaced: list[Keys]) -> None:
    """Take out of the base what is replaced and not merged: lists, and components whose ``use`` changes."""
    for key in _replaced_keys(base, over, keys):
        del base[key]
        replaced.append((*keys, key))
    for key, value in over.items():
        if isinstance(value, dict) and key in base:
            _drop_replaced(base[key], value, (*keys, key), replaced)


def _replaced_keys(base: dict[str, Any], over: dict[str, Any], keys: Keys) -> set[str]:
    gone = {key for key in over if key in base and not _merges(base[key], over[key], (*keys, key))}
    if keys == ("train",) and lengths_in({"train": over}):
        gone |= {key for key in LENGTHS if key in base}
    if keys == ("data",):  # a component and a part of the skeleton in one
        if "use" in over and over["use"] != base.get("use"):
            gone |= {key for key in base if key in SPLITS or key not in _DATA_KEYS}
        elif any(split in over for split in SPLITS):
            gone |= {key for key in base if key not in _DATA_KEYS}
    return gone


def _merges(base: Any, over: Any, keys: Keys) -> bool:
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return False
    return keys == ("data",) or over.get("use", base.get("use")) == base.get("use")

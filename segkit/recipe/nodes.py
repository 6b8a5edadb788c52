"""YAML text to plain data, through its nodes: the line of every key, every fault at once, and nothing but data.

A recipe may come from a stranger. So no tag beyond YAML's own seven types, no anchor, alias or merge key, and no
``${...}`` but the name of another key: OmegaConf's resolvers (environment, decoding) cannot be reached.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from segkit.errors import Fault

Keys = tuple[str | int, ...]

REFERENCE = re.compile(r"\$\{([A-Za-z_]\w*(?:\.\w+)*)\}", re.ASCII)
OVERRIDE = "override "
UNSAFE = "only ${another.key} can be referred to"
_DEEPEST = 30  # levels; a recipe has about five

_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq")}
_RULES = {  # YAML 1.2's numbers: 1e-3 is a float, 1:30 is text, 010 is text
    "float": re.compile(r"[-+]?(\.\d+|\d+\.\d*|\d+(?=[eE]))([eE][-+]?\d+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"),
    "int": re.compile(r"[-+]?(0|[1-9]\d*)"),
    "bool": re.compile(r"true|True|TRUE|false|False|FALSE"),
    "null": re.compile(r"~|null|Null|NULL|"),
}


class Loader(yaml.SafeLoader):
    """PyYAML's safe loader with YAML 1.2's words for numbers, true, false and null."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML's own form


class Dumper(yaml.SafeDumper):
    """Writes what Loader reads back equal."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML's own form

    def ignore_aliases(self, data: Any) -> bool:
        """Write equal lists twice: a recipe has no aliases."""
        return True

    def represent_float(self, data: float) -> yaml.ScalarNode:
        """Write a float as Python does, which is the shortest text that reads back equal."""
        special = {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}
        return self.represent_scalar("tag:yaml.org,2002:float", special.get(repr(data), repr(data)))

    def represent_text(self, data: str) -> yaml.ScalarNode:
        """Write a text, with escapes where it is more than one printable line: YAML folds other styles."""
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=None if data.isprintable() else '"')


Dumper.add_representer(float, Dumper.represent_float)
Dumper.add_representer(str, Dumper.represent_text)
for _name, _rule in _RULES.items():
    for _class in (Loader, Dumper):
        _class.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(f"({_rule.pattern})$"), None)


@dataclass(frozen=True)
class Place:
    """Where a value was written.

    Attributes:
        label: ``file.yaml:12`` or ``override train.epochs=3``.
        base: The folder that relative paths count from.
        raw: The unparsed text of an override; a text option takes it as it stands.
    """

    label: str
    base: Path
    raw: str | None = None


@dataclass
class Layer:
    """The data of one file or one override, with the place of every key and what is wrong."""

    data: dict[str, Any] = field(default_factory=dict)
    places: dict[Keys, Place] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def place(self, keys: Keys) -> Place:
        """Give the place of a key, else of the nearest one above it."""
        while keys not in self.places and keys:
            keys = keys[:-1]
        return self.places.get(keys, Place("", Path()))

    def label(self, keys: Keys, parts: Iterable[str | int]) -> str:
        """Say where a component stands, and which overrides changed parts of it: any of them may be at fault."""
        own = self.place(keys).label
        labels = [self.place((*keys, part)).label for part in parts]
        overrides = [label for label in labels if label.startswith(OVERRIDE)]
        return ", ".join(dict.fromkeys([own, *overrides] if own else overrides))

    def blame(self, keys: Keys, cause: str, remedy: str = "") -> None:
        """Keep a fault of a key, once: a data set that serves three splits is looked at three times."""
        fault = Fault(f"{dotted(keys)}: {cause}" if keys else cause, remedy, self.place(keys).label)
        if fault not in self.faults:
            self.faults.append(fault)


def is_safe(text: str) -> bool:
    """Tell whether every ``${`` of a text is a plain reference to another key, which no resolver can be."""
    return "${" not in REFERENCE.sub("", text)


def dotted(keys: Keys) -> str:
    """Write a path of keys as an override does."""
    return ".".join(one_line(str(key)) for key in keys)


def undotted(text: str) -> Keys:
    """Read a path of keys; a number counts the elements of a list."""
    return tuple(int(part) if re.fullmatch("[0-9]{1,9}", part) else part for part in text.split("."))


def one_line(text: str) -> str:
    """Give a text for a message: as it is, unless it would break the line or steer a terminal."""
    return text if text.isprintable() else repr(text)


def dump(data: Any) -> str:
    """Write plain data as YAML, keys in their order, short lists on one line."""
    return yaml.dump(data, Dumper=Dumper, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True)


class NodePass:
    """One pass over the nodes of a YAML text.

    Args:
        text: The text; of a file or of an override's value.
        name: What its places are called.
        base: The folder that its relative paths count from.
        override: Whether it is an override's value: all of it has one place, and the text is kept.
    """

    def __init__(self, text: str, name: str, base: Path, override: bool = False) -> None:
        self._text, self._name, self._base, self._override = text, name, base, override
        self._loader = Loader("")
        self.layer = Layer()

    def read(self, root: Keys = ()) -> Any:
        """Give the plain data, with the faults in ``self.layer``; None when the text is not YAML at all."""
        self.layer.places[root] = Place(self._at(0).label, self._base, self._text if self._override else None)
        try:
            for event in yaml.parse(self._text, Loader=Loader):
                self._check_event(event)
            nodes = list(yaml.compose_all(self._text, Loader=Loader))
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
            self._fault(
                mark.line if mark else 0, f"not YAML: {problem}", "mend it; text with signs of YAML goes in quotes"
            )
            return None
        except RecursionError:
            self._fault(0, f"nested deeper than {_DEEPEST} levels", "take levels out")
            return None
        if self.layer.faults:
            return None
        if len(nodes) > 1:
            self._fault(nodes[1].start_mark.line, "a second document begins", "write one recipe a file")
        return self._value(nodes[0], root) if nodes else None

    def _at(self, line: int) -> Place:
        return Place(self._name if self._override else f"{self._name}:{line + 1}", self._base)

    def _fault(self, line: int, cause: str, remedy: str) -> None:
        self.layer.faults.append(Fault(cause, remedy, self._at(line).label))

    def _check_event(self, event: Any) -> None:
        # Composed nodes no longer show who was an alias, so anchors and aliases are refused here.
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            mark = "*" if isinstance(event, yaml.AliasEvent) else "&"
            self._fault(
                event.start_mark.line, f"{mark}{event.anchor}: anchors and aliases are not allowed", "repeat it"
            )

    def _value(self, node: yaml.Node, keys: Keys) -> Any:
        self.layer.places.setdefault(keys, self._at(node.start_mark.line))
        line = node.start_mark.line
        if node.tag not in _TAGS:
            self._fault(line, f"the tag {node.tag!r} is not allowed", "write plain values: a recipe is data")
            return None
        if len(keys) > _DEEPEST:
            self._fault(line, f"nested deeper than {_DEEPEST} levels", "take levels out")
            return None
        if isinstance(node, yaml.MappingNode):
            return dict(self._items(node, keys))
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*keys, index)) for index, item in enumerate(node.value)]
        tag = node.tag.rpartition(":")[2]
        try:
            if tag in _RULES and not _RULES[tag].fullmatch(node.value):  # PyYAML would take !!int 1:30, and more
                raise ValueError(node.value)
            value = self._loader.construct_object(node)
        except (ValueError, yaml.YAMLError):
            self._fault(line, f"{node.value!r} is no {tag}", "mend the value or its tag")
            return None
        if isinstance(value, str) and not is_safe(value):
            self._fault(line, f"{value!r}: {UNSAFE}", "write the value itself")
        return value

    def _items(self, node: yaml.MappingNode, keys: Keys) -> Iterator[tuple[str, Any]]:
        first: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line
            if not isinstance(key, yaml.ScalarNode) or key.tag not in _TAGS or key.value == "<<":
                self._fault(line, "a key must be a word", "write 'key: value'")
            elif key.value in first:
                cause = f"the key {key.value!r} is given twice, first in line {first[key.value] + 1}"
                self._fault(line, cause, "remove one of them")
            else:
                first[key.value] = line
                self.layer.places[(*keys, key.value)] = self._at(line)
                yield key.value, self._value(value, (*keys, key.value))

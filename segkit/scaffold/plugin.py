"""A complete plugin distribution, written from the templates."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from string import Template

from segkit.catalog import check_kind, normalized
from segkit.errors import UserError
from segkit.scaffold.starters import STARTERS, Starter

TEMPLATES = Path(__file__).parent / "templates"
SUFFIX = ".tmpl"

_DISTRIBUTION = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")  # PEP 508
_TAKEN = {"segkit", "segkit_std", "segkit_horizon", "test", "tests"}


def new_plugin(name: str, kinds: Sequence[str], folder: Path) -> list[Path]:
    """Write a distribution with a component of each kind.

    Args:
        name: The distribution's name; the package is called likewise, with ``_`` for every ``-`` and ``.``.
        kinds: One or more of ``segkit.kinds.KINDS``.
        folder: Where it is written: not there yet, or empty.

    Returns:
        The files written, in order.

    Raises:
        UserError: When the name or a kind is none, or the folder holds something.
    """
    for kind in kinds:
        check_kind(kind)
    starters = [STARTERS[kind] for kind in dict.fromkeys(kinds)]
    if not starters:
        raise UserError("a plugin gives one component or more, no kind was named", "add such as --kind loss")
    values = _values(name, _package(name), starters)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"nothing is overwritten: {folder} is there and not empty", "name another one: --into FOLDER")
    return [_write(source, folder / relative, values) for source, relative in sorted(_sources(starters, values))]


def _package(name: str) -> str:
    """Give the name of the import package of a distribution."""
    package = normalized(name).replace("-", "_")
    if not _DISTRIBUTION.fullmatch(name) or not package.isidentifier():
        rule = "a plugin's name must be letters, digits, '-', '_' and '.', a letter first, a letter or digit last"
        raise UserError(f"{rule}, not {name!r}", "name it such as my-losses")
    if keyword.iskeyword(package) or package in sys.stdlib_module_names or package in _TAKEN:
        raise UserError(f"a plugin's name must not hide another module, as {name!r} would", "name it such as my-losses")
    return package


def _values(name: str, package: str, starters: Sequence[Starter]) -> Mapping[str, str]:
    return {
        "name": name,
        "module": package,
        "kind": starters[0].kind,
        "component": starters[0].name,
        "specs": "\n".join(_spec(package, starter) for starter in starters),
        "rows": "\n".join(f"| {starter.kind} | `{starter.name}` | {starter.summary} |" for starter in starters),
    }


def _spec(package: str, starter: Starter) -> str:
    fields = {
        "kind": starter.kind,
        "name": starter.name,
        "path": f"{package}.{starter.name}:{starter.attribute}",
        "summary": starter.summary,
    }
    lines = [f'        {field}="{text}",' for field, text in fields.items()]
    return "\n".join(["    yield ComponentSpec(", *lines, "    )"])


def _sources(starters: Sequence[Starter], values: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """Give each template's file and where it goes in the project."""
    for root in (TEMPLATES / "project", *(TEMPLATES / "kinds" / starter.kind for starter in starters)):
        for source in root.rglob(f"*{SUFFIX}"):
            path = source.relative_to(root).as_posix().removesuffix(SUFFIX)
            yield source, Template(path).substitute(values)


def _write(source: Path, target: Path, values: Mapping[str, str]) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(Template(source.read_text(encoding="utf-8")).substitute(values), encoding="utf-8")
    return target

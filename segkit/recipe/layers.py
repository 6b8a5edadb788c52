"""A recipe's file, what it extends, and overrides, laid over each other into one layer of plain data."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from segkit.errors import RecipeError
from segkit.recipe.merge import lengthen, lengths_in, merge
from segkit.recipe.nodes import Layer, NodePass
from segkit.recipe.overrides import override
from segkit.recipe.references import resolve
from segkit.recipe.schema import DEFAULT_EPOCHS, DEFAULT_MODEL
from segkit.values import suggest

_LARGEST = 1_000_000  # bytes; a recipe has a few hundred


def shipped() -> dict[str, Path]:
    """Give the recipes that come with segkit, by name."""
    package = Path(str(files("segkit")))
    for folder in (package / "recipes", package.parent / "recipes"):
        if folder.is_dir():
            return {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    return {}


def load_layers(source: str | Path, overrides: Sequence[str] = ()) -> Layer:
    """Read a recipe with all that it extends and lay the overrides over it, short forms written out.

    Args:
        source: A file, or the bare name of a shipped recipe.
        overrides: ``dotted.key=value``, later ones win.

    Raises:
        RecipeError: With every fault of the texts; structure and names are not looked at.
    """
    layer = _extended(_find(source, Path.cwd(), ""), ())
    lengths: dict[str, str] = {}
    for text in overrides:
        layer = override(layer, text, lengths)
    resolve(layer)
    if layer.faults:
        raise RecipeError.of(layer.faults)
    return layer


def _find(source: str | Path, base: Path, where: str) -> Path:
    path = base / source
    if isinstance(source, str) and "/" not in source and not Path(source).suffix:
        path = shipped().get(source, path)
    if path.is_file():
        return path
    if path.is_dir():
        raise RecipeError(f"{path} is a folder, not a recipe", "name a YAML file or a shipped recipe", where)
    raise RecipeError(f"no recipe {str(source)!r}", suggest(str(source), shipped()), where)


def _extended(path: Path, above: tuple[Path, ...]) -> Layer:
    layer = _read(path)
    extends = layer.data.pop("extends", None)
    if extends is None:
        return merge(Layer({"model": {"use": DEFAULT_MODEL}, "train": {"epochs": DEFAULT_EPOCHS}}), layer)
    where = layer.place(("extends",)).label
    if not isinstance(extends, str):
        cause = f"extends: expected a path or a shipped recipe's name, not {extends!r}"
        raise RecipeError(cause, "write such as extends: horizon_unet", where)
    base = _find(extends, path.parent, where)
    chain = (*above, path.resolve())
    if base.resolve() in chain:
        names = " -> ".join(step.name for step in (*chain, base))
        raise RecipeError(f"extends: a cycle: {names}", "remove one of them", where)
    return merge(_extended(base, chain), layer)


def _read(path: Path) -> Layer:
    name = str(path)
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8")
    except OSError as error:
        raise RecipeError(f"cannot be read: {error.strerror}", "check its permissions", name) from None
    except UnicodeDecodeError:
        raise RecipeError("not a text file (UTF-8)", "name a YAML file", name) from None
    if len(raw) > _LARGEST:
        raise RecipeError(f"{len(raw)} bytes are no recipe", f"keep it below {_LARGEST} bytes", name)
    nodes = NodePass(text, name, path.parent.absolute())
    data = nodes.read()
    layer = nodes.layer
    if layer.faults:
        raise RecipeError.of(layer.faults)
    if data is None:
        raise RecipeError("the file is empty", "write 'key: value' lines; data is the one that must be there", name)
    if not isinstance(data, dict):
        what = "a list" if isinstance(data, list) else repr(data)
        raise RecipeError(f"a recipe is a mapping of keys, not {what}", "write 'key: value' lines", f"{name}:1")
    layer.data = lengthen(data)
    _blame_lengths(layer)
    return layer


def _blame_lengths(layer: Layer) -> None:
    named = lengths_in(layer.data)
    if len(named) > 1:
        layer.blame(("train", named[1]), f"{' and '.join(named)} are given together", "keep the one that rules")

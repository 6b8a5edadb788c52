"""A recipe: YAML nodes, ``extends`` and overrides to a typed Recipe, every fault with its file and line. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from segkit.catalog import Catalog
from segkit.errors import RecipeError
from segkit.recipe.layers import load_layers, shipped
from segkit.recipe.nodes import Layer, dump
from segkit.recipe.schema import MISSING, Data, Node, Output, Recipe, Stats, Train, seconds
from segkit.recipe.structure import fit_at, structure
from segkit.recipe.weight import Weight

__all__ = [
    "MISSING",
    "Data",
    "Layer",
    "Node",
    "Output",
    "ReadRecipe",
    "Recipe",
    "Stats",
    "Train",
    "Weight",
    "dump",
    "fit_at",
    "read_recipe",
    "seconds",
    "shipped",
]


@dataclass(frozen=True)
class ReadRecipe:
    """A recipe with its name and with the layer that knows where everything was written."""

    name: str
    recipe: Recipe
    layer: Layer


def read_recipe(source: str | Path, overrides: Sequence[str], catalog: Catalog) -> ReadRecipe:
    """Read a recipe and check its structure and names.

    Args:
        source: A file, or the bare name of a shipped recipe.
        overrides: ``dotted.key=value``, later ones win.
        catalog: The components that it may name.

    Raises:
        RecipeError: With every fault of this stage.
    """
    layer = load_layers(source, overrides)
    recipe = structure(layer, catalog)
    if recipe is None:
        raise RecipeError.of(layer.faults)
    return ReadRecipe(Path(source).stem, recipe, layer)

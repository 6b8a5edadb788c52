"""A whole recipe with every component bound, and written out again with every default."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from segkit.assemble import Binder, Bound
from segkit.catalog import OWN, Catalog
from segkit.errors import RecipeError
from segkit.recipe import Layer, Node, ReadRecipe, Recipe, Weight

ALWAYS = {"logger": ("csv",), "callback": ("progress", "best", "curves", "preview")}
LENGTHS = ("epochs", "steps", "max_time")


@dataclass(frozen=True)
class Assembly:
    """A recipe whose components wait for the engine's values only.

    Attributes:
        name: The recipe's name.
        recipe: Its skeleton.
        datasets: One a split; ``test`` may be absent.
        loss: Losses with their weights.
        postprocess: None when the recipe names none.
        loggers: Those of the recipe behind those that are always on; callbacks likewise.
        layer: Knows where everything was written.
    """

    name: str
    recipe: Recipe
    datasets: Mapping[str, Bound]
    model: Bound
    loss: tuple[tuple[Bound, Weight], ...]
    optimizer: Bound
    scheduler: Bound
    augment: tuple[Bound, ...]
    metrics: tuple[Bound, ...]
    postprocess: Bound | None
    loggers: tuple[Bound, ...]
    callbacks: tuple[Bound, ...]
    layer: Layer

    def where(self, *keys: str) -> str:
        """Say where a key was written: file and line, or the override."""
        return self.layer.place(keys).label

    def parts(self) -> list[Bound]:
        """Give every component, nested ones too."""
        whole = [*self.datasets.values(), self.model, *(loss for loss, _ in self.loss), self.optimizer, self.scheduler]
        whole += [*self.augment, *self.metrics, *filter(None, [self.postprocess]), *self.loggers, *self.callbacks]
        return [part for bound in whole for part in bound.parts()]

    def distributions(self) -> dict[str, str]:
        """Give the version of every distribution that a component comes from."""
        return {part.component.distribution: part.component.version for part in self.parts()}

    def describe(self, **train: Any) -> dict[str, Any]:
        """Give the recipe as plain data, every default written out: it alone repeats the run.

        Args:
            train: What the engine decided, such as precision and steps; it replaces the recipe's words.
        """
        recipe = self.recipe
        length = next((key for key in LENGTHS if train.get(key) is not None), None)
        settings = dataclasses.asdict(recipe.train) | (dict.fromkeys(LENGTHS) if length else {}) | train
        return {
            "classes": list(recipe.classes),
            "task": recipe.task,
            "seed": recipe.seed,
            "deterministic": recipe.deterministic,
            "data": self._describe_data(),
            "model": self.model.describe(),
            "loss": [loss.describe() | {"weight": weight.describe()} for loss, weight in self.loss],
            "optimizer": self.optimizer.describe(),
            "scheduler": self.scheduler.describe(),
            "augment": [bound.describe() for bound in self.augment],
            "metrics": [bound.describe() for bound in self.metrics],
            "postprocess": self.postprocess.describe() if self.postprocess else None,
            "loggers": [bound.describe() for bound in self.loggers],
            "callbacks": [bound.describe() for bound in self.callbacks],
            "train": {k: v for k, v in settings.items() if not (k in (*LENGTHS, "patience") and v is None)},
        }

    def _describe_data(self) -> dict[str, Any]:
        data = self.recipe.data
        normalize = data.normalize
        if not isinstance(normalize, str):
            normalize = {"mean": list(normalize.mean), "std": list(normalize.std)}  # type: ignore[assignment]
        own: dict[str, Any] = {
            "root": str(data.root) if data.root else None,
            "size": list(data.size),
            "eval_scale": data.eval_scale,
            "channels": data.channels,
            "normalize": normalize,
            "on_error": data.on_error,
            "cache": data.cache,
        }
        if data.train.keys == ("data",):
            return own | self.datasets["train"].describe()
        return own | {split: bound.describe() for split, bound in self.datasets.items()}


def assemble(read: ReadRecipe, catalog: Catalog) -> Assembly:
    """Import everything that a recipe names and fit all options.

    Raises:
        RecipeError: With every fault of this stage.
    """
    recipe, layer = read.recipe, read.layer
    binder = Binder(catalog, layer, {"dataset": {"root": recipe.data.root}})
    splits = {"train": recipe.data.train, "val": recipe.data.val, "test": recipe.data.test}
    bound: dict[str, Any] = {
        "datasets": {split: binder.bind(node) for split, node in splits.items() if node is not None},
        "model": binder.bind(recipe.model),
        "loss": tuple((binder.bind(node), node.weight) for node in recipe.loss),
        "optimizer": binder.bind(recipe.optimizer),
        "scheduler": binder.bind(recipe.scheduler),
        "augment": tuple(binder.bind(node) for node in recipe.augment),
        "metrics": tuple(binder.bind(node) for node in recipe.metrics),
        "postprocess": binder.bind(recipe.postprocess) if recipe.postprocess else None,
        "loggers": tuple(binder.bind(node) for node in _with_always("logger", recipe.loggers)),
        "callbacks": tuple(binder.bind(node) for node in _with_always("callback", recipe.callbacks, recipe)),
    }
    if layer.faults:
        raise RecipeError.of(layer.faults)
    return Assembly(read.name, recipe, layer=layer, **bound)


def _with_always(kind: str, nodes: Sequence[Node], recipe: Recipe | None = None) -> list[Node]:
    """Put before a recipe's components those of a kind that are always on, unless the recipe gives them options."""
    wanted = [Node(kind, name, {}, ()) for name in ALWAYS[kind]]
    if recipe is not None and recipe.train.patience is not None:
        wanted.append(Node(kind, "early_stopping", {"patience": recipe.train.patience}, ("train", "patience")))
    named = {node.use.removeprefix(f"{OWN}:") for node in nodes}
    return [*(node for node in wanted if node.use not in named), *nodes]

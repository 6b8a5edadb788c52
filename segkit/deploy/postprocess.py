"""Which postprocess a trained model is used with, and with which options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segkit.assemble import Binder, Bound
from segkit.catalog import Catalog
from segkit.engine.model_file import ModelCard
from segkit.errors import RecipeError, UserError
from segkit.recipe import Layer, Node

KEY = "postprocess"
_HORIZON, _HORIZON_TASKS = "horizon", ("sea", "ground")


def bind_postprocess(card: ModelCard, catalog: Catalog, options: Mapping[str, Any] | None = None) -> Bound | None:
    """Bind the postprocess of a model; None when it has none.

    A model whose recipe names none has ``horizon`` when it tells two classes apart, its task is sea or ground, and a
    plugin has it.

    Args:
        card: What the model says of itself.
        catalog: Where its postprocess is found.
        options: As a recipe would write them; they replace those that the model was trained with. With another ``use``
            than the model's none of those is kept.

    Raises:
        UserError: When there are options and no postprocess, or with each option that does not fit, by name.
    """
    chosen = _chosen(card, catalog)
    written = dict(options or {})
    use = written.pop("use", chosen.get("use"))
    if use is None:
        if not written:
            return None
        cause = f"options of the postprocess need one, and the model has none, not {', '.join(written)}"
        raise UserError(cause, f"leave them out, or name one: use={'|'.join(catalog.names(KEY))}")
    kept = {key: value for key, value in chosen.items() if key != "use"} if use == chosen.get("use") else {}
    layer = Layer()
    bound = Binder(catalog, layer).bind(Node(KEY, use, kept | written, (KEY,)))
    if bound is None:
        raise RecipeError.of(layer.faults)
    return bound


def _chosen(card: ModelCard, catalog: Catalog) -> Mapping[str, Any]:
    if card.postprocess is not None:
        return card.postprocess
    fits = len(card.classes) == 2 and card.task in _HORIZON_TASKS
    return {"use": _HORIZON} if fits and _HORIZON in catalog.names(KEY) else {}

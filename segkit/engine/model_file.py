"""What a trained model is, beside its weights: model.json, and the way back from both to a network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import nn

from segkit.assemble import Binder
from segkit.catalog import OWN, Catalog, same_distribution
from segkit.engine.checkpoint import load_weights, write_json
from segkit.errors import RecipeError, UserError
from segkit.recipe import Layer, Node

WEIGHTS, CARD = "model.safetensors", "model.json"
_FORMAT = 1


@dataclass(frozen=True)
class ModelCard:
    """All that is needed to use the weights.

    Attributes:
        classes: Names in index order.
        task: "sea", "ground" or another word for what the classes mean.
        size: Height and width that the network sees.
        channels: 1 (grey) or 3.
        mean: A float a channel, of images in [0, 1]; std likewise.
        precision: "fp32", "bf16" or "fp16", as trained.
        model: The model component with every option, as a recipe writes it.
        distributions: Versions of those that its run used.
        postprocess: The postprocess that its recipe names, with every option; None when it names none.
    """

    classes: Sequence[str]
    task: str
    size: tuple[int, int]
    channels: int
    mean: Sequence[float]
    std: Sequence[float]
    precision: str
    channels_last: bool
    model: Mapping[str, Any]
    distributions: Mapping[str, str]
    postprocess: Mapping[str, Any] | None = None  # runs of before the kind have no such key
    format: int = _FORMAT


def without_initial_weights(node: Any) -> Any:
    """Switch ``pretrained`` off everywhere in a described component: the trained weights will replace them."""
    if isinstance(node, Mapping):
        return {k: False if k == "pretrained" else without_initial_weights(v) for k, v in node.items()}
    if isinstance(node, list):
        return [without_initial_weights(item) for item in node]
    return node


def distributions_of(card: ModelCard) -> dict[str, str]:
    """Give those of a card's distributions that its network and its postprocess come from: enough to use it."""
    owners = _owners(card.model) | _owners(card.postprocess)
    return {name: v for name, v in card.distributions.items() if any(same_distribution(name, o) for o in owners)}


def _owners(node: Any) -> set[str]:
    """Give the distributions that a described component and all nested in it name."""
    if isinstance(node, Mapping):
        use = node.get("use")
        own = {use.rpartition(":")[0] or OWN} if isinstance(use, str) else set()
        return own.union(*map(_owners, node.values()))
    return set().union(*map(_owners, node)) if isinstance(node, list) else set()


def write_card(folder: Path, card: ModelCard) -> None:
    """Write model.json."""
    write_json(folder / CARD, asdict(card))


def read_card(folder: Path) -> ModelCard:
    """Read model.json of a run folder.

    Raises:
        UserError: When it is not there or not one.
    """
    path = folder / CARD
    try:
        data = json.loads(path.read_text())
        if data.get("format") != _FORMAT:
            raise UserError(f"{path} has format {data.get('format')!r}, not {_FORMAT}", "use the segkit that wrote it")
        return ModelCard(**data | {"size": (data["size"][0], data["size"][1])})
    except OSError as error:
        raise UserError(f"{folder} holds no trained model: {error.strerror}: {path}", "name a run folder") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(f"{path} is not a model's card: {error}", "name a run folder") from error


def load_model(folder: Path, catalog: Catalog) -> tuple[nn.Module, ModelCard]:
    """Make the network of a run folder with its trained weights, in eval mode.

    Raises:
        UserError: When the folder holds no model, or a component of it is not installed.
    """
    card = read_card(folder)
    layer = Layer()
    options = {key: value for key, value in card.model.items() if key != "use"}
    bound = Binder(catalog, layer).bind(Node("model", card.model["use"], options, ("model",)))
    if bound is None:
        raise RecipeError.of(layer.faults)
    model: nn.Module = bound(in_channels=card.channels, classes=tuple(card.classes))
    load_weights(model, folder / WEIGHTS)
    return model.eval(), card

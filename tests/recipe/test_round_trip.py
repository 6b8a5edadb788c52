"""What is written out is read again as it was: single values, and whole resolved recipes."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segkit.assembly import Assembly
from segkit.recipe import dump, seconds, shipped
from segkit.recipe.nodes import NodePass

TEXTS = [
    *(
        "",
        " ",
        "a",
        "a b",
        " a",
        "a ",
        "a\n",
        "\n",
        "a\n\nb\n",
        "\ta",
        "a\tb",
        "\r\n",
        "\x00",
        "\x1b[31m",
        "\x85",
        "\u2028",
    ),
    *(
        "\ufeff",
        "ä",
        "日本",
        "🌊",
        "'",
        '"',
        "\\",
        "\\n",
        "''",
        "#",
        "a #b",
        "a: b",
        "a:",
        ":a",
        "-",
        "- a",
        "?",
        "? a",
    ),
    *("&a", "*a", "!a", "!!int 3", "<<", "=", "%a", "@a", "`a", "|", ">", "[", "]", "{", "}", ",", "[a, b]", "{a: b}"),
    *(
        "null",
        "Null",
        "~",
        "true",
        "yes",
        "no",
        "off",
        "1",
        "-1",
        "+1",
        "01",
        "0x1",
        "0o7",
        "1_0",
        "1e3",
        "1e-3",
        "1.",
        ".1",
    ),
    *(".", "..", ".inf", "-.inf", ".nan", "inf", "nan", "1:30", "2020-01-01", "---", "...", "--- a", "x" * 500),
    *("a " * 100, "\n".join("ab"), "$", "${", "a$b", "???", "key: 'value' # not a comment"),
]
FLOATS = [
    *(
        0.0,
        -0.0,
        1.0,
        0.1,
        1e-3,
        1e-5,
        1e5,
        1e16,
        1e22,
        1e-300,
        5e-324,
        1.7976931348623157e308,
        1 / 3,
        -2.5,
        123456789.0,
    ),
    *(math.inf, -math.inf),
]
OTHERS = [0, -1, 2**63, 10**30, True, False, None, [], {}, [[]], [{}], {"a": {}}]


def back(value: Any) -> Any:
    nodes = NodePass(dump({"it": value, "list": [value], "deep": {"er": [{"it": value}]}}), "written.yaml", Path())
    data = nodes.read()
    assert nodes.layer.faults == []
    assert data["list"] == [data["it"]]
    assert data["deep"] == {"er": [{"it": data["it"]}]}
    return data["it"]


@pytest.mark.parametrize("value", [t for t in TEXTS if t != "${"] + FLOATS + OTHERS, ids=repr)
def test_a_value_comes_back(value: Any) -> None:
    again = back(value)
    assert (again, type(again)) == (value, type(value))
    if isinstance(value, float):
        assert math.copysign(1.0, again) == math.copysign(1.0, value)


def test_nan_comes_back() -> None:
    assert math.isnan(back(math.nan))


def test_texts_and_floats_at_random_come_back() -> None:
    draw = random.Random(0)
    signs = "\x00\x85ab01.:-+eE ~'\"\\#,[]{}&*!|>%@`?=\t\n$_\u00e9\u2028\U0001f30a"
    texts = ["".join(draw.choices(signs, k=draw.randint(0, 12))) for _ in range(1500)]
    texts = [text for text in texts if "${" not in text]
    floats = [draw.choice((-1, 1)) * draw.random() * 10.0 ** draw.randint(-320, 300) for _ in range(500)]
    assert back([texts, floats]) == [texts, floats]


def test_texts_as_keys_come_back() -> None:
    keys = [text for text in TEXTS if text != "<<"]  # that one, as a key, is refused
    nodes = NodePass(dump(dict.fromkeys(keys, 1)), "written.yaml", Path())
    assert nodes.read() == dict.fromkeys(keys, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90s", 90), ("3m", 180), ("1h30m", 5400), ("1.5h", 5400), ("1h1m1s", 3661), ("0.5s", 0.5), (" 3m ", 180)],
)
def test_durations(text: str, expected: float) -> None:
    assert seconds(text) == expected


def test_shipped_recipes_resolve_to_themselves(put_together: Callable[..., Assembly], frames: Path) -> None:
    assert {"horizon_unet", "lab_unet"} <= shipped().keys()
    for name in shipped():
        first = put_together(f"extends: {name}\n", f"data.root={frames}")
        written = first.describe()
        again = put_together(dump(written), name=f"runs/{name}/recipe.yaml")
        assert again.describe() == written, name
        assert [part.use for part in again.parts()] == [part.use for part in first.parts()]


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["train.steps=7"],
        ["train.max_time=90s"],
        ["train.epochs=3", "train.clip_norm=1", "train.checkpoint_every=5", "train.channels_last=true"],
        ["train.patience=4"],
        ["train.patience=4", "callbacks=[{use: early_stopping, patience: 2}]"],
        ["loggers=[csv]", "callbacks=[segkit:progress]"],
        ["loss=[bce, {use: dice, weight: 0.5, include: [sea]}]", "classes=[sky, sea]", "task=a: #b"],
        ["data.normalize={mean: [0.1, 0.2, 1], std: [1, 2, 3]}", "data.channels=3", "seed=123456789012"],
        ["data={train: {use: synthetic_horizon, seed: 1}, val: synthetic_horizon}"],
        [
            "model.norm={use: group, groups: 2}",
            "model.decoder={use: unet, widths: [8]}",
            "optimizer={use: adam, lr: 1e-300}",
        ],
        [
            "scheduler=one_cycle",
            "augment=[{use: rotate, degrees: [-5, 10]}, {use: affine, degrees: 3}]",
            "metrics=[iou]",
        ],
    ],
    ids=str,
)
def test_a_resolved_recipe_resolves_to_itself(
    overrides: list[str], base: str, put_together: Callable[..., Assembly]
) -> None:
    first = put_together(base, *overrides)
    written = first.describe()
    again = put_together(dump(written), name="runs/1/recipe.yaml")
    assert again.describe() == written
    assert again.distributions() == first.distributions()
    lengths = {"epochs", "steps", "max_time"} & written["train"].keys()
    assert len(lengths) == 1


def test_what_the_engine_decided_replaces_the_recipe_s_words(base: str, put_together: Callable[..., Assembly]) -> None:
    decided = put_together(base, "train.max_time=3m").describe(steps=41, precision="bf16", channels_last=True)
    train = put_together(dump(decided)).recipe.train
    assert (train.epochs, train.steps, train.max_time) == (None, 41, None)
    assert (train.precision, train.channels_last) == ("bf16", True)


def test_every_default_is_written_out(base: str, put_together: Callable[..., Assembly]) -> None:
    written = put_together(base, "optimizer=sgd", "augment=[hflip]").describe()
    assert written["optimizer"] == {
        "use": "sgd",
        "lr": 1e-3,
        "momentum": 0,
        "dampening": 0,
        "weight_decay": 0,
        "nesterov": False,
    }
    assert written["augment"] == [{"use": "hflip", "p": 0.5}]
    assert written["model"]["backbone"] == {"use": "plain", "widths": [4, 8]}
    assert written["data"]["size"] == [32, 32]

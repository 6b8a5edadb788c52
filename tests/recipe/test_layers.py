"""One layer over another: extends, overrides, short forms, paths."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segkit.recipe import Node, Recipe
from segkit.recipe.layers import load_layers

Read = Callable[..., Recipe]
Write = Callable[..., Path]


def plain(node: Node) -> dict[str, Any]:
    return {"use": node.use, **node.options}


def test_short_forms_equal_long_forms(base: str, read: Read) -> None:
    short = """
data: {train: synthetic_horizon, val: synthetic_horizon}
model: {backbone: plain, decoder: unet, norm: batch, activation: relu}
loss: bce
optimizer: adam
scheduler: cosine
augment: [hflip, rotate]
metrics: [iou, dice]
loggers: [csv]
callbacks: [best]
"""
    long = """
data: {train: {use: synthetic_horizon}, val: {use: synthetic_horizon}}
model:
  use: encoder_decoder
  backbone: {use: plain}
  decoder: {use: unet}
  norm: {use: batch}
  activation: {use: relu}
loss: {use: bce}
optimizer: {use: adam}
scheduler: {use: cosine}
augment: [{use: hflip}, {use: rotate}]
metrics: [{use: iou}, {use: dice}]
loggers: [{use: csv}]
callbacks: [{use: best}]
"""
    assert read(short) == read(long)
    assert read(f"{base}loss: [bce]\n") != read(f"{base}loss: bce\n")  # they differ in where they stand, and only there
    assert plain(read(f"{base}loss: [bce]\n").loss[0]) == plain(read(f"{base}loss: bce\n").loss[0]) == {"use": "bce"}


def test_what_a_recipe_leaves_out(read: Read) -> None:
    recipe = read("data: {use: synthetic_horizon}\n")
    assert plain(recipe.model) == {"use": "encoder_decoder"}
    assert plain(recipe.data.train) == plain(recipe.data.val) == {"use": "synthetic_horizon"}
    assert recipe.data.test is not None
    assert (recipe.classes, recipe.task, recipe.seed) == (("background", "foreground"), "", 0)
    assert (recipe.train.epochs, recipe.train.batch_size, recipe.train.monitor) == (10, 8, "val/iou_mean")


def test_losses_with_weights(base: str, read: Read) -> None:
    recipe = read(f"{base}loss: [{{use: bce, weight: 2}}, dice, {{use: dice, include: [sea], weight: 0.5}}]\n")
    assert [node.weight.describe() for node in recipe.loss] == [2.0, 1.0, 0.5]
    assert plain(recipe.loss[2]) == {"use": "dice", "include": ["sea"]}
    assert read(f"{base}loss: {{use: bce, weight: 3}}\n").loss[0].weight.describe() == 3.0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("1E5", 1e5),
        (".5", 0.5),
        ("5.", 5.0),
        ("-1.5e+3", -1500.0),
        ("3", 3),
        ("-0", 0),
        ("+7", 7),
        ("1:30", "1:30"),
        ("010", "010"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("1.2.3", "1.2.3"),
        ("yes", "yes"),
        ("off", "off"),
        ("true", True),
        ("False", False),
        ("2020-01-01", "2020-01-01"),
        ("=", "="),
        ("null", None),
        ("~", None),
        ("Null", None),
        ("none", "none"),
        (".inf", float("inf")),
        ("inf", "inf"),
        ("'3'", "3"),
        ("!!str 3", "3"),
        ("!!float 1e-3", 1e-3),
        ("e5", "e5"),
        ("1e", "1e"),
    ],
)
def test_words_of_yaml(text: str, value: object, write: Write) -> None:
    path = write(f"optimizer: {{use: adam, it: {text}}}\n")
    in_file = load_layers(path).data["optimizer"]["it"]
    overridden = load_layers(path, [f"optimizer.it={text}"]).data["optimizer"]["it"]
    assert (in_file, type(in_file)) == (overridden, type(overridden)) == (value, type(value))


def test_extends_lays_the_upper_file_over_the_lower(write: Write, read: Read) -> None:
    write(
        """
classes: [sky, sea]
data: {use: synthetic_horizon, size: [64, 96], counts: [4, 2, 2]}
model:
  backbone: {use: plain, widths: [4, 8]}
  norm: {use: group, groups: 2}
optimizer: {use: sgd, lr: 0.1, momentum: 0.9}
augment: [hflip, {use: rotate, degrees: 5}]
train: {epochs: 3, batch_size: 2}
""",
        "lowest.yaml",
    )
    write("extends: ../lowest.yaml\noptimizer: {use: sgd, lr: 0.2}\nseed: 5\n", "deeper/middle.yaml")
    recipe = read(
        """
extends: deeper/middle.yaml
data: {size: [32, 32]}
model: {backbone: {widths: [2]}, norm: batch, head_kernel: 3}
augment: [vflip]
train: {batch_size: 4}
"""
    )
    assert recipe.seed == 5
    assert recipe.classes == ("sky", "sea")
    assert recipe.data.size == (32, 32)
    assert plain(recipe.data.val) == {"use": "synthetic_horizon", "counts": [4, 2, 2]}
    assert plain(recipe.model) == {
        "use": "encoder_decoder",
        "backbone": {"use": "plain", "widths": [2]},  # same use: merged
        "norm": {"use": "batch"},  # another use: replaced whole
        "head_kernel": 3,
    }
    assert plain(recipe.optimizer) == {"use": "sgd", "lr": 0.2, "momentum": 0.9}
    assert [plain(node) for node in recipe.augment] == [{"use": "vflip"}]  # lists are replaced
    assert (recipe.train.epochs, recipe.train.batch_size) == (3, 4)


def test_extends_finds_a_shipped_recipe(read: Read) -> None:
    recipe = read("extends: horizon_unet\noptimizer: sgd\n", "optimizer.momentum=0.5")
    assert recipe.classes == ("sky", "sea")
    assert plain(recipe.optimizer) == {"use": "sgd", "momentum": 0.5}


RECIPE = """
data: {use: synthetic_horizon, counts: [4, 2, 2], size: [32, 32]}
model: {backbone: {use: plain, widths: [4, 8]}, norm: {use: group, groups: 2}}
loss: [{use: bce, weight: 2}, {use: dice, include: [sea]}]
optimizer: {use: sgd, lr: 0.1, momentum: 0.9}
augment: [hflip, {use: rotate, degrees: 15, p: 0.3}]
"""


@pytest.mark.parametrize(
    ("overrides", "part", "expected"),
    [
        (["optimizer=adam"], "optimizer", {"use": "adam"}),
        (["optimizer.use=adam"], "optimizer", {"use": "adam"}),
        (["optimizer={use: adam, lr: 1}"], "optimizer", {"use": "adam", "lr": 1}),
        (["optimizer=sgd"], "optimizer", {"use": "sgd", "lr": 0.1, "momentum": 0.9}),
        (["optimizer={use: sgd, lr: 1}"], "optimizer", {"use": "sgd", "lr": 1, "momentum": 0.9}),
        (["optimizer.lr=1e-3"], "optimizer", {"use": "sgd", "lr": 1e-3, "momentum": 0.9}),
        (["optimizer.lr=1", "optimizer.use=adam"], "optimizer", {"use": "adam"}),
        (["optimizer.use=adam", "optimizer.lr=1"], "optimizer", {"use": "adam", "lr": 1}),
        (["optimizer=segkit:adam"], "optimizer", {"use": "segkit:adam"}),
    ],
)
def test_overrides_of_a_component(overrides: list[str], part: str, expected: object, read: Read) -> None:
    assert plain(getattr(read(RECIPE, *overrides), part)) == expected


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("augment.1.degrees=20", [{"use": "hflip"}, {"use": "rotate", "degrees": 20, "p": 0.3}]),
        ("augment.1={degrees: 20}", [{"use": "hflip"}, {"use": "rotate", "degrees": 20, "p": 0.3}]),
        ("augment.1.use=affine", [{"use": "hflip"}, {"use": "affine"}]),
        ("augment.1=affine", [{"use": "hflip"}, {"use": "affine"}]),
        ("augment.1=rotate", [{"use": "hflip"}, {"use": "rotate", "degrees": 15, "p": 0.3}]),
        ("augment.0={use: rotate, p: 1.0}", [{"use": "rotate", "p": 1.0}, {"use": "rotate", "degrees": 15, "p": 0.3}]),
        ("augment=[vflip]", [{"use": "vflip"}]),
        ("augment=[]", []),
    ],
)
def test_overrides_of_a_list(override: str, expected: object, read: Read) -> None:
    recipe = read(RECIPE, override)
    assert [plain(node) for node in recipe.augment] == expected
    assert recipe.loss == read(RECIPE).loss


def test_overrides_of_elements_deeper_down(read: Read) -> None:
    recipe = read(RECIPE, "model.backbone.widths.1=16", "loss.1.include.0=sky", "loss.0.weight=3", "data.size.1=64")
    assert plain(recipe.model)["backbone"] == {"use": "plain", "widths": [4, 16]}
    assert plain(recipe.loss[1]) == {"use": "dice", "include": ["sky"]}
    assert [node.weight.describe() for node in recipe.loss] == [3.0, 1.0]
    assert recipe.data.size == (32, 64)


def test_nested_components_of_the_model(read: Read) -> None:
    assert plain(read(RECIPE, "model.norm=batch").model)["norm"] == {"use": "batch"}
    assert plain(read(RECIPE, "model.norm.groups=4").model)["norm"] == {"use": "group", "groups": 4}
    assert plain(read(RECIPE, "model.activation=gelu").model)["activation"] == {"use": "gelu"}
    assert plain(read(RECIPE, "model={norm: batch}").model) == {
        "use": "encoder_decoder",
        "backbone": {"use": "plain", "widths": [4, 8]},
        "norm": {"use": "batch"},
    }


def test_an_option_that_is_called_like_a_part_of_the_model_stays_text_elsewhere(base: str, read: Read) -> None:
    recipe = read(f"{base}optimizer: {{use: adam, norm: l2}}\naugment: [{{use: hflip, activation: none}}]\n")
    assert plain(recipe.optimizer) == {"use": "adam", "norm": "l2"}
    assert plain(recipe.augment[0]) == {"use": "hflip", "activation": "none"}


def test_one_set_of_data_replaces_three_and_back(read: Read, write: Write) -> None:
    three = "data: {train: {use: folder, images: a, masks: b}, val: folder, test: folder, size: [32, 64]}\n"
    one = read(three, "data.use=synthetic_horizon", "data.counts=[4, 2, 2]").data
    assert plain(one.train) == plain(one.val) == {"use": "synthetic_horizon", "counts": [4, 2, 2]}
    assert one.size == (32, 64)

    write("data: {use: synthetic_horizon, counts: [4, 2, 2], size: [32, 64]}\n", "one.yaml")
    back = read("extends: one.yaml\ndata: {train: {use: folder, images: a, masks: b}, val: folder}\n").data
    assert plain(back.train) == {"use": "folder", "images": "a", "masks": "b"}
    assert plain(back.val) == {"use": "folder"}
    assert back.test is None
    assert back.size == (32, 64)

    other = read("extends: one.yaml\ndata: {use: folder}\n").data  # another set: its own options, the same frame
    assert plain(other.train) == {"use": "folder"}
    assert other.size == (32, 64)
    same = read("extends: one.yaml\ndata: {use: synthetic_horizon, seed: 3}\n").data
    assert plain(same.train) == {"use": "synthetic_horizon", "counts": [4, 2, 2], "seed": 3}


def test_paths_count_from_where_they_are_written(
    base: str, read: Read, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    write("data: {use: folder, root: frames}\nrun: {dir: out}\n", "lower/recipe.yaml")
    text = "extends: lower/recipe.yaml\n"
    assert read(text).data.root == tmp_path / "lower" / "frames"
    assert read(text).run.dir == tmp_path / "lower" / "out"
    assert read(f"{text}data: {{root: mine}}\n").data.root == tmp_path / "mine"
    assert read(text, "data.root=mine").data.root == tmp_path / "cwd" / "mine"
    assert read(text, "data={root: mine}").data.root == tmp_path / "cwd" / "mine"
    assert read(text, "run.dir=a/b").run.dir == tmp_path / "cwd" / "a" / "b"
    assert read(f"{text}data: {{root: /else/where}}\n").data.root == Path("/else/where")
    assert read(text, "data.root=~/x").data.root == Path.home() / "x"
    assert read(text, "data.root=null").data.root is None


@pytest.mark.parametrize("text", ["1:30", "001", "1e3", "a #b", "a: b", "[x", "true", "'q'", "a=b", "*", "a b ", "~"])
def test_texts_are_taken_as_typed(text: str, base: str, read: Read) -> None:
    assert read(base, f"task={text}").task == text
    recipe = read(base, f"run.dir=/x/{text}", f"data.root=/y/{text}")
    assert recipe.run.dir == Path("/x") / text
    assert recipe.data.root == Path("/y") / text


def test_a_number_as_the_name_of_a_folder(base: str, read: Read) -> None:
    assert read(base, "run.dir=001").run.dir == Path.cwd() / "001"


def test_references(base: str, read: Read) -> None:
    recipe = read(f"{base}seed: 3\ntask: sea${{seed}}-${{classes.1}}\nclasses: [a, b]\ntrain: {{steps: '${{seed}}'}}\n")
    assert (recipe.task, recipe.train.steps) == ("sea3-b", 3)  # alone, a reference keeps the type
    assert read(f"{base}seed: 3\ntask: x${{seed}}\n", "seed=4").task == "x4"
    assert read(f"{base}seed: 3\n", "task=x${seed}").task == "x3"
    assert read(f"{base}seed: 3\n", "train.steps=${seed}").train.steps == 3
    chain = read(f"{base}seed: 3\ntask: ${{run.dir}}\nrun: {{dir: '/a/${{data.root}}'}}\n", "data.root=b${seed}")
    assert chain.task == "/a/b3"


def test_a_byte_order_mark_and_windows_lines(base: str, read: Read) -> None:
    text = f"\ufeff{base}seed: 3\n".replace("\n", "\r\n")
    assert read(text).seed == 3

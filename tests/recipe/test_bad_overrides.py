"""Overrides that cannot be read, or that say what no recipe may."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segkit.recipe import Recipe

FORM = ("an override is key=value", "write such as train.epochs=3")

BAD: list[tuple[str, str, str]] = [
    ("train.epochs", *FORM),
    ("", *FORM),
    ("=3", *FORM),
    (".=3", *FORM),
    ("train.=3", *FORM),
    ("train..epochs=3", *FORM),
    ("train.epoch=3", "train.epoch: unknown key", "did you mean 'epochs'?"),
    ("Train.epochs=3", "Train: unknown key", "did you mean 'train'?"),
    ("extends=horizon_unet", "extends: unknown key", "known: augment"),
    ("3=4", "3 counts the elements of a list, and there is none", "name a key that the recipe has"),
    ("²=4", "²: unknown key", "known: augment"),
    ("train.0=4", "0 counts the elements of a list", "name a key that the recipe has"),
    ("train.epochs.x=3", "10 has no key 'x'", "name a key that the recipe has"),
    ("augment.2.p=1", "the list has 2 elements, counted from 0, and no 2", "name a key that the recipe has"),
    ("augment.last.p=1", "the list has 2 elements, counted from 0, and no 'last'", "name a key that the recipe has"),
    ("augment.-1.p=1", "the list has 2 elements, counted from 0, and no '-1'", "name a key that the recipe has"),
    ("model.backbone.widths.7=5", "the list has 2 elements, counted from 0, and no 7", "name a key that the recipe"),
    ("train.epochs=", "train.epochs: epochs, steps, max_time: none of them has a value", "give one of them"),
    ("train.epochs=null", "train.epochs: epochs, steps, max_time: none of them has a value", "give one of them"),
    ("train.batch_size=", "train.batch_size: a value is missing", "give one, such as with train.batch_size=..."),
    ("train.batch_size=???", "train.batch_size: a value is missing", "give one, such as with train.batch_size=..."),
    ("train.batch_size=0", "train.batch_size: must be at least 1, not 0", "write a valid value for train.batch_size"),
    ("train.batch_size=a", "train.batch_size: expected int, not 'a'", "write a value of that type"),
    ("train.batch_size=2.0", "train.batch_size: expected int, not 2.0", "write a value of that type"),
    ("train.batch_size=0x10", "train.batch_size: expected int, not '0x10'", "write a value of that type"),
    ("train.batch_size=true", "train.batch_size: expected int, not True", "write a value of that type"),
    ("train.max_time=soon", "must be a duration such as 90s, 3m or 1h30m, not 'soon'", "write a valid value"),
    ("train.max_time=90", "must be a duration such as 90s, 3m or 1h30m, not '90'", "write a valid value"),
    ("data.root=", "data.root: expected path or null, not ''", "write a value of that type"),
    ("run.dir=", "run.dir: expected path or null, not ''", "write a value of that type"),
    ("data.size=64", "data.size: expected list of 2 (int, int), not 64", "write a value of that type"),
    ("data.size.0=-64", "data.size: must be [height, width]", "write a valid value for data.size"),
    ("data.eval_scale=0.5", "data.eval_scale: must be between 1 and 4, not 0.5", "write a valid value"),
    ("data.use=foldr", "data.use: unknown dataset 'foldr'", "did you mean 'folder'?"),
    ("model.norm=bach", "model.norm.use: unknown norm 'bach'", "did you mean 'batch'?"),
    ("loss=[bce, dise]", "loss.1.use: unknown loss 'dise'", "did you mean 'dice'?"),
    ("augment.1=hflp", "augment.1.use: unknown augment 'hflp'", "did you mean 'hflip'?"),
    ("train.monitor=val/iuo", "nothing gives 'val/iuo'", "did you mean 'val/iou'?"),
    ("train={epochs: 3, steps: 4}", "train.epochs and train.steps are both given", "keep the one that rules"),
    ("train={epochs: 3, epochs: 4}", "the key 'epochs' is given twice", "remove one of them"),
    ("data.size=[64, 64", "not YAML: expected ',' or ']'", "mend it"),
    ("seed=1\n---\n2", "a second document begins", "write one recipe a file"),
    ("seed=!!python/object:os.system x", "the tag 'tag:yaml.org,2002:python/object:os.system' is not", "is data"),
    ("classes=[&a sky, &b sea]", "&b: anchors and aliases are not allowed", "repeat it"),
    ("train={<<: {epochs: 3}}", "a key must be a word", "write 'key: value'"),
    (f"task={'${data}'}", "task: ${data} refers to more than a single value", "write the values themselves"),
    (f"seed={'${seed}'}", "seed: '${seed}' refers to itself", "write the value itself"),
]


@pytest.fixture
def recipe(base: str, write: Callable[..., Path]) -> Path:
    return write(f"{base}augment: [hflip, {{use: rotate, degrees: 15}}]\n")


@pytest.mark.parametrize(("override", "cause", "remedy"), BAD, ids=[repr(bad[0]) for bad in BAD])
def test_a_bad_override(override: str, cause: str, remedy: str, recipe: Path, cli: Callable[..., Any]) -> None:
    shown = cli("check", recipe, override)
    assert (shown.code, shown.out) == (2, "")
    first, second = shown.faults[-1]
    assert first.startswith(f"override {override if override.isprintable() else repr(override)}: ")
    assert cause in first
    assert remedy in second


@pytest.mark.parametrize(
    ("overrides", "names"),
    [
        (["train.epochs=3", "train.steps=4"], "train.epochs and train.steps"),
        (["train.max_time=3m", "seed=1", "train.epochs=4"], "train.max_time and train.epochs"),
        (["train.epochs=3", "train={steps: 4}"], "train.epochs and train.steps"),
    ],
)
def test_two_overrides_that_name_two_lengths(
    overrides: list[str], names: str, recipe: Path, cli: Callable[..., Any]
) -> None:
    shown = cli("check", recipe, *overrides)
    assert shown.code == 2
    assert shown.faults == [(f"override {overrides[-1]}: {names} are both given", "keep the one that rules")]


def test_the_faults_of_all_overrides_come_at_once(recipe: Path, cli: Callable[..., Any]) -> None:
    texts = cli("check", recipe, "nonsense", "seed=[1", "augment.9.p=1", "task=${nothing}")
    assert [first.split(": ")[0] for first, _ in texts.faults] == [
        "override nonsense",
        "override seed=[1",
        "override augment.9.p=1",
        "override task=${nothing}",
    ]
    names = cli("check", recipe, "seed=-1", "train.epocs=3", "loss=bse", "metrics=iou")
    assert sorted(first.split(": ")[0] for first, _ in names.faults) == [
        "override loss=bse",
        "override metrics=iou",
        "override seed=-1",
        "override train.epocs=3",
    ]


@pytest.mark.parametrize("length", ["epochs=4", "steps=9", "max_time=2m"])
@pytest.mark.parametrize("written", ["epochs: 3", "steps: 8", "max_time: 1m", "epochs: 3, steps: null"])
def test_one_length_clears_the_others(
    length: str, written: str, base: str, read: Callable[..., Recipe], write: Callable[..., Path]
) -> None:
    name, _, value = length.partition("=")
    given = {"epochs": None, "steps": None, "max_time": None} | {name: value if name == "max_time" else int(value)}
    over = read(f"{base}train: {{{written}}}\n", f"train.{length}").train
    write(f"{base}train: {{{written}}}\n", "below.yaml")
    above = read(f"extends: below.yaml\ntrain: {{{name}: {value}}}\n").train
    for train in (over, above):
        assert {key: getattr(train, key) for key in given} == given


def test_a_length_that_is_not_given(base: str, read: Callable[..., Recipe]) -> None:
    assert read(base).train.epochs == 10
    for over in ("train.steps=5", "train.max_time=5m"):
        assert read(base, over).train.epochs is None
    assert read(base, "train.steps=null").train.epochs == 10

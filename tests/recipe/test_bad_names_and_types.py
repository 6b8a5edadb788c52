"""What is wrong with a recipe's structure and names: told with its place, all at once, before anything is imported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pytest

from segkit import assemble


class Bad(NamedTuple):
    """Lines that are added to the base recipe (its own are 1 and 2) and what must be told: line, cause, remedy."""

    name: str
    text: str
    faults: list[tuple[int, str, str]]


def a_type(line: int, cause: str) -> tuple[int, str, str]:
    return line, cause, "write a value of that type"


def a_rule(line: int, cause: str) -> tuple[int, str, str]:
    return line, cause, "write a valid value"


ADDED = [
    Bad("top key", "trian: {}", [(3, "trian: unknown key", "did you mean 'train'?")]),
    Bad("strange top key", "zzz: 1", [(3, "zzz: unknown key", "known: augment, callbacks, classes")]),
    Bad("key of train", "train:\n  epocs: 3", [(4, "train.epocs: unknown key", "did you mean 'epochs'?")]),
    Bad("key of run", "run: {dirr: x}", [(3, "run.dirr: unknown key", "did you mean 'dir'?")]),
    Bad("key that would break the line", '"a\\nb": 1', [(3, "'a\\nb': unknown key", "known: ")]),
    Bad("loss", "loss: bse", [(3, "loss.use: unknown loss 'bse'", "did you mean 'bce'?")]),
    Bad("loss of a list", "loss:\n- bce\n- {use: dise}", [(5, "loss.1.use: unknown loss 'dise'", "'dice'")]),
    Bad("optimizer", "optimizer: adm", [(3, "unknown optimizer 'adm'", "did you mean 'adam'?")]),
    Bad("scheduler", "scheduler: one_cicle", [(3, "unknown scheduler 'one_cicle'", "did you mean 'one_cycle'?")]),
    Bad("augment", "augment: [vflip, hflp]", [(3, "augment.1.use: unknown augment 'hflp'", "did you mean 'hflip'?")]),
    Bad("metric", "metrics: [iou, dicee]", [(3, "metrics.1.use: unknown metric 'dicee'", "did you mean 'dice'?")]),
    Bad("logger", "loggers: [cvs]", [(3, "unknown logger 'cvs'", "did you mean 'csv'?")]),
    Bad("callback", "callbacks: [bset]", [(3, "unknown callback 'bset'", "did you mean 'best'?")]),
    Bad("no such owner", "loss: nobody:bce", [(3, "no plugin's distribution is called 'nobody'", "segkit")]),
    Bad("import path", "loss: os:system", [(3, "no plugin's distribution is called 'os'", "segkit")]),
    Bad("monitor", "train: {monitor: val/iuo_mean}", [(3, "nothing gives 'val/iuo_mean'", "did you mean 'val/iou'?")]),
    Bad("monitor's split", "train: {monitor: vla/loss}", [(3, "nothing gives 'vla/loss'", "did you mean 'val/loss'?")]),
    Bad("monitor of no metric", "metrics: [dice]", [(0, "nothing gives 'val/iou_mean'", "val/dice")]),
    Bad("int for bool", "deterministic: 1", [a_type(3, "deterministic: expected bool, not 1")]),
    Bad("bool for int", "seed: true", [a_type(3, "seed: expected int, not True")]),
    Bad("float for int", "seed: 1.0", [a_type(3, "seed: expected int, not 1.0")]),
    Bad("text for int", "train: {batch_size: '8'}", [a_type(3, "train.batch_size: expected int, not '8'")]),
    Bad("text for float", "train: {clip_norm: x}", [a_type(3, "expected float or null, not 'x'")]),
    Bad("int beyond float", f"train: {{clip_norm: 1{'0' * 400}}}", [a_type(3, "expected float or null, not 1000")]),
    Bad("list for text", "task: [sea]", [a_type(3, "task: expected text, not ['sea']")]),
    Bad("text for list", "classes: sky", [a_type(3, "classes: expected list of text, not 'sky'")]),
    Bad("choice", "train: {precision: fp8}", [a_type(3, "train.precision: expected auto or fp32 or")]),
    Bad("list for mapping", "train: [epochs]", [(3, "expected a mapping of keys, not ['epochs']", "'key: value'")]),
    Bad(
        "number for component", "optimizer: 3", [(3, "expected the optimizer's name or {use: name, ...}", "write its")]
    ),
    Bad("list for component", "scheduler: [cosine]", [(3, "expected the scheduler's name", "write its name")]),
    Bad("no list", "augment: hflip", [(3, "augment: expected a list of augments", "write [name, {use: name, ...}]")]),
    Bad("no loss", "loss: []", [(3, "loss: a list of losses needs at least one", "write such as loss: bce")]),
    Bad(
        "weight",
        "loss: {use: bce, weight: a}",
        [(3, "loss.weight: expected float or a list of [epoch, weight]", "factor of this loss")],
    ),
    Bad("weight nan", "loss: [{use: bce, weight: .nan}]", [(3, "loss.0.weight: expected float", "factor of this")]),
    Bad("no value", "seed:", [(3, "seed: a value is missing", "give one, such as with seed=...")]),
    Bad("no value below", "train:\n  batch_size:", [(4, "train.batch_size: a value is missing", "train.batch_size=")]),
    Bad("no mapping", "train:", [(3, "train: a value is missing", "give one")]),
    Bad("no component", "loss:", [(3, "loss: a value is missing", "give one, such as with loss=...")]),
    Bad("no name", "loss: {include: [sea]}", [(3, "loss: the loss's name is missing", "write use: bce|")]),
    Bad("empty name", "optimizer: {use: }", [(3, "the optimizer's name is missing", "write use: adam|adamw|")]),
    Bad("to be given", "seed: ???", [(3, "seed: a value is missing", "give one, such as with seed=...")]),
    Bad("no length", "train: {epochs: }", [(3, "train.epochs: epochs, steps, max_time: none", "such as epochs: 10")]),
    Bad("negative seed", "seed: -1", [a_rule(3, "seed: must be 0 to 2^63 - 1, not -1")]),
    Bad("no epoch", "train: {epochs: 0}", [a_rule(3, "train.epochs: must be at least 1, not 0")]),
    Bad("negative steps", "train: {steps: -5}", [a_rule(3, "train.steps: must be at least 1, not -5")]),
    Bad("no batch", "train: {batch_size: 0}", [a_rule(3, "train.batch_size: must be at least 1, not 0")]),
    Bad("negative accumulate", "train: {accumulate: -1}", [a_rule(3, "train.accumulate: must be at least 1")]),
    Bad("no norm", "train: {clip_norm: 0}", [a_rule(3, "train.clip_norm: must be above 0, not 0")]),
    Bad("endless norm", "train: {clip_norm: .inf}", [a_rule(3, "train.clip_norm: must be above 0, not inf")]),
    Bad("no checkpoint", "train: {checkpoint_every: 0}", [a_rule(3, "checkpoint_every: must be at least 1")]),
    Bad("no patience", "train: {patience: 0}", [a_rule(3, "train.patience: must be at least 1")]),
    Bad("one class", "classes: [sky]", [a_rule(3, "classes: must be 2 to 255 different words")]),
    Bad("a class twice", "classes: [sky, sky]", [a_rule(3, "classes: must be 2 to 255 different words")]),
    Bad("a class of two words", "classes: [sky, the sea]", [a_rule(3, "classes: must be 2 to 255 different")]),
    *(
        Bad(f"duration {text}", f"train: {{max_time: {text}}}", [a_rule(3, "must be a duration such as 90s")])
        for text in ("soon", "3 minutes", "0s", "-3m", "3m2h", "1:30", "''", "s", "1e3s")
    ),
    Bad("duration without unit", "train: {max_time: 90}", [a_type(3, "train.max_time: expected text or null, not 90")]),
    Bad("two lengths", "train:\n  epochs: 3\n  steps: 9", [(5, "epochs and steps are given together", "keep the one")]),
    Bad("three", "train: {max_time: 1m, steps: 9, epochs: 3}", [(3, "epochs and steps and max_time", "keep the one")]),
    Bad(
        "everything at once",
        "trian: {}\nseed: -1\nloss: bse\ntrain: {epochs: 0, epocs: 3, precision: fp8}\nmetrics: [iuo]",
        [
            (3, "trian: unknown key", "did you mean 'train'?"),
            (4, "seed: must be", "write a valid value"),
            (5, "unknown loss 'bse'", "did you mean 'bce'?"),
            (6, "train.epocs: unknown key", "did you mean 'epochs'?"),
            (6, "train.epochs: must be at least 1", "write a valid value"),
            (6, "train.precision: expected", "write a value of that type"),
            (7, "unknown metric 'iuo'", "did you mean 'iou'?"),
        ],
    ),
]

WHOLE = [
    Bad("no data", "seed: 1", [(1, "data is missing", "write data: {use: ...} with a data set")]),
    Bad("data of no set", "data: {channels: 1}", [(1, "data.train is missing", ""), (1, "data.val is missing", "")]),
    Bad("data no mapping", "data: folder", [(1, "data: expected a mapping of keys, not 'folder'", "'key: value'")]),
    Bad("data set", "data: {use: foldr}", [(1, "data.use: unknown dataset 'foldr'", "did you mean 'folder'?")]),
    Bad("both forms", "data: {use: folder, val: folder}", [(1, "data.val: stands beside data.use", "write use for")]),
    Bad(
        "split",
        "data:\n  train: folder\n  vall: folder",
        [(3, "data.vall: unknown key", "did you mean 'val'?"), (1, "data.val is missing", "write data: {use: ...}")],
    ),
    Bad("a split's set", "data: {train: foldr, val: folder}", [(1, "data.train.use: unknown dataset", "'folder'?")]),
    Bad(
        "normalize",
        "data:\n  use: folder\n  normalize: {mena: [0.0], std: [1.0]}",
        [
            (3, "data.normalize.mena: unknown key", "did you mean 'mean'?"),
            (3, "data.normalize.mean is missing", "mean"),
        ],
    ),
    Bad("no such", "data: {use: folder, normalize: unti}", [a_type(1, "backbone or unit or mapping of mean and std")]),
    Bad("std", "data: {use: folder, normalize: {mean: [0], std: [0]}}", [a_rule(1, "std: must be above 0, not [0]")]),
    Bad(
        "stats",
        "data: {use: folder, channels: 1, normalize: {mean: [0, 0], std: [1]}}",
        [(1, "data.normalize: 2 means and 1 deviations for 1 channels", "give one of each a channel")],
    ),
    Bad("no size", "data: {use: folder, size: [0, 64]}", [a_rule(1, "at least 32 pixels each, not [0, 64]")]),
    Bad("negative size", "data: {use: folder, size: [-64, 64]}", [a_rule(1, "at least 32 pixels each")]),
    Bad("one number", "data: {use: folder, size: [64]}", [a_type(1, "expected list of 2 (int, int), not [64]")]),
    Bad("no pair", "data: {use: folder, size: 64}", [a_type(1, "expected list of 2 (int, int), not 64")]),
    Bad("channels", "data: {use: folder, channels: 2}", [a_type(1, "data.channels: expected 1 or 3, not 2")]),
    Bad("no root", "data: {use: folder, root: ''}", [a_type(1, "data.root: expected path or null, not ''")]),
    Bad("on_error", "data: {use: folder, on_error: ignore}", [a_type(1, "expected fail or skip, not 'ignore'")]),
    Bad(
        "parts of the model",
        "data: {use: folder}\nmodel:\n  backbone: plan\n  decoder: unt\n  norm: {use: bach}\n  activation: rellu",
        [
            (3, "model.backbone.use: unknown backbone 'plan'", "did you mean 'plain'?"),
            (4, "model.decoder.use: unknown decoder 'unt'", "did you mean 'unet'?"),
            (5, "model.norm.use: unknown norm 'bach'", "did you mean 'batch'?"),
            (6, "model.activation.use: unknown activation 'rellu'", "did you mean 'relu'?"),
        ],
    ),
    Bad("model", "data: {use: folder}\nmodel: encoder_decodr", [(2, "unknown model", "'encoder_decoder'?")]),
]


@pytest.fixture(autouse=True)
def _nothing_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: object) -> NoReturn:
        raise AssertionError("a component was imported, though the names alone are wrong")

    monkeypatch.setattr(assemble, "load", load)


def told(bad: Bad, path: Path, faults: list[tuple[str, str]]) -> None:
    assert len(faults) == len(bad.faults), faults
    for line, cause, remedy in bad.faults:
        where = f"{path}:{line}: " if line else ""
        found = [text for text in faults if text[0].startswith(where) and cause in text[0] and remedy in text[1]]
        assert len(found) == 1, (where, cause, remedy, faults)


@pytest.mark.parametrize("bad", ADDED, ids=[bad.name for bad in ADDED])
def test_a_line_too_many(bad: Bad, base: str, write: Callable[..., Path], cli: Callable[..., Any]) -> None:
    path = write(f"{base}{bad.text}\n")
    shown = cli("check", path)
    assert (shown.code, shown.out) == (2, "")
    told(bad, path, shown.faults)


@pytest.mark.parametrize("bad", WHOLE, ids=[bad.name for bad in WHOLE])
def test_a_whole_recipe(bad: Bad, write: Callable[..., Path], cli: Callable[..., Any]) -> None:
    path = write(f"{bad.text}\n")
    shown = cli("check", path)
    assert (shown.code, shown.out) == (2, "")
    told(bad, path, shown.faults)


def test_run_tells_the_same_and_makes_no_folder(base: str, write: Callable[..., Path], cli: Callable[..., Any]) -> None:
    path = write(f"{base}trian: {{}}\n")
    assert cli("run", path) == cli("check", path)
    assert list(Path.cwd().iterdir()) == []

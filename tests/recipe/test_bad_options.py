"""What is wrong with the components' options, and with what their constructors say; a folder is not yet read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

BAD: list[tuple[str, str, list[tuple[int, str, str]]]] = [
    ("option", "optimizer: {use: adam, lrr: 1}", [(3, "optimizer.lrr: optimizer 'adam' has no such", "mean 'lr'?")]),
    ("of data", "data: {use: synthetic_horizon, szie: [32, 32]}", [(1, "data.szie: dataset", "frame_size")]),
    (
        "of a backbone",
        "model:\n  backbone: {use: plain, width: [4]}",
        [(2, "backbone 'plain' has no such", "'widths'?")],
    ),
    (
        "of a norm",
        "model: {norm: {use: batch, epz: 1.0}}",
        [(1, "model.norm.epz: norm 'batch'", "did you mean 'eps'?")],
    ),
    (
        "of a list",
        "augment:\n- hflip\n- use: rotate\n  dgrees: 5",
        [(6, "augment.1.dgrees", "did you mean 'degrees'?")],
    ),
    ("engine's value", "optimizer: {use: adam, params: 3}", [(3, "optimizer.params: optimizer 'adam'", "known: ")]),
    ("fixed", "optimizer: {use: adam, fused: true}", [(3, "optimizer.fused: optimizer 'adam' has no such", "known: ")]),
    ("type", "optimizer: {use: adam, lr: fast}", [(3, "optimizer.lr: expected float, not 'fast'", "learning rate")]),
    ("quoted", "optimizer: {use: adam, lr: '1e-3'}", [(3, "optimizer.lr: expected float, not '1e-3'", "learning")]),
    ("huge", f"optimizer: {{use: adam, lr: 1{'0' * 400}}}", [(3, "optimizer.lr: expected float, not 1000", "type")]),
    ("no value", "optimizer: {use: adam, lr: }", [(3, "optimizer.lr: expected float, not None", "learning rate")]),
    ("to be given", "optimizer: {use: adam, lr: '???'}", [(3, "optimizer.lr: a value is missing", "optimizer.lr=...")]),
    (
        "length",
        "optimizer: {use: adam, betas: [0.9]}",
        [(3, "expected list of 2 (float, float), not [0.9]", "of that")],
    ),
    ("list", "loss: {use: dice, include: sea}", [(3, "loss.include: expected list of text or null", "of that type")]),
    ("int", "model: {backbone: {use: plain, widths: [a]}}", [(1, "expected list of int, not ['a']", "Channels of")]),
    ("bool", "model: {norm: {use: batch, affine: 1}}", [(1, "model.norm.affine: expected bool, not 1", "of that")]),
    ("nested", "model: {norm: 3}", [(1, "model.norm: expected the norm's name or {use: name, ...}", "write its name")]),
    ("nested null", "model: {backbone: null}", [(1, "model.backbone: expected the backbone's name", "write its name")]),
    (
        "negative",
        "model: {backbone: {use: plain, widths: [4, -8]}}",
        [(1, "widths must be one or more", "its options")],
    ),
    (
        "zero",
        "model: {backbone: {use: plain, widths: []}}",
        [(1, "widths must be one or more positive", "its options")],
    ),
    ("lr", "optimizer: {use: adam, lr: -1.0}", [(3, "optimizer 'adam' of segkit", "mend its options")]),
    ("counts", "data: {use: synthetic_horizon, counts: [0, 1, 1]}", [(1, "counts must be three numbers", "options")]),
    (
        "all at once",
        "optimizer: {use: adam, lrr: 1, eps: a}\n"
        "scheduler: {use: cosine, warm: 1}\n"
        "augment: [{use: rotate, degrees: x}]",
        [
            (3, "optimizer.lrr", "did you mean 'lr'?"),
            (3, "optimizer.eps: expected float, not 'a'", "write a value of that type"),
            (4, "scheduler.warm: scheduler 'cosine' has no such option", "warmup_epochs"),
            (5, "augment.0.degrees: expected float or list of 2 (float, float), not 'x'", "write a value"),
        ],
    ),
]


@pytest.mark.parametrize(("text", "faults"), [bad[1:] for bad in BAD], ids=[bad[0] for bad in BAD])
def test_bad_options(
    text: str,
    faults: list[tuple[int, str, str]],
    base: str,
    write: Callable[..., Path],
    cli: Callable[..., Any],
) -> None:
    key = text.partition(":")[0]
    kept = [line if not line.startswith(key) else "" for line in base.splitlines()]
    if key in ("data", "model"):  # in the place of the base recipe's own line
        place = 0 if key == "data" else 1
        path = write("\n".join([*kept[:place], text, *kept[place + 1 :]]))
        faults = [(place + line, cause, remedy) for line, cause, remedy in faults]
    else:
        path = write(f"{base}{text}\n")
    shown = cli("check", path)
    assert (shown.code, shown.out) == (2, "")
    assert len(shown.faults) == len(faults), shown.err
    for line, cause, remedy in faults:
        found = [f for f in shown.faults if f[0].startswith(f"{path}:{line}: ") and cause in f[0] and remedy in f[1]]
        assert len(found) == 1, (line, cause, remedy, shown.err)


@pytest.mark.parametrize(
    ("override", "cause"),
    [
        ("optimizer={use: adam, lrr: 1}", "optimizer.lrr: optimizer 'adam' has no such option"),
        ("optimizer.lr=fast", "optimizer.lr: expected float, not 'fast'"),
        ("model.backbone.widths.1=a", "model.backbone.widths: expected list of int, not [4, 'a']"),
        ("model.backbone.widths=4", "model.backbone.widths: expected list of int, not 4"),
        ("augment.0.p=high", "augment.0.p: expected float, not 'high'"),
        ("augment.0={use: rotate, degrees: x}", "augment.0.degrees: expected float or list of 2 (float, float)"),
        ("model.backbone.widths=[0]", "backbone 'plain' of segkit"),
        ("data={use: folder}", "data.root: dataset 'folder' needs a value: path"),
    ],
)
def test_bad_options_in_overrides(
    override: str, cause: str, base: str, write: Callable[..., Path], cli: Callable[..., Any]
) -> None:
    path = write(f"{base}optimizer: adam\naugment: [hflip]\n")
    shown = cli("check", path, override)
    assert (shown.code, shown.out) == (2, "")
    [(first, second)] = shown.faults
    assert f"override {override}: " in first  # behind the file's line where a constructor may refuse either's part
    assert cause in first
    assert second


def test_a_recipe_without_fault(base: str, write: Callable[..., Path], cli: Callable[..., Any]) -> None:
    path = write(base)
    assert cli("check", path, "augment=[{use: rotate, degrees: 15}]", "optimizer.use=sgd") == (
        0,
        f"{path}: no fault found\n",
        "",
    )


def test_the_shipped_recipes_are_without_fault(frames: Path, cli: Callable[..., Any]) -> None:
    """Those that wait for data say so, and have no fault once they are given a folder."""
    small = ["model.backbone={use: plain, widths: [4, 8]}"]
    assert cli("check", "horizon_unet", *small).code == 0
    assert cli("check", "horizon_timm").code == 0
    for name in ("horizon_uav", "camvid_sky"):
        shown = cli("check", name, *small)
        assert shown.code == 2
        assert [second for _, second in shown.faults] == ["give one, such as with data.root=..."]
        assert cli("check", name, *small, f"data.root={frames}").code == 0


def test_the_lab_s_recipe_is_without_fault(frames: Path, cli: Callable[..., Any]) -> None:
    for split in ("train", "val"):
        for part in ("images", "masks"):
            (frames / split / part).rename(frames / f"{split}_{part.replace('images', 'frames')}")
    small = ["model.backbone.widths=[4, 8]", "data.train.mask_values=0/1", "data.val.mask_values=0/1"]
    shown = cli("check", "lab_unet", f"data.root={frames}", *small)
    assert (shown.code, shown.err) == (0, "")

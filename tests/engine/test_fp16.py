"""Half precision whose loss is scaled: an overflow costs a try and no frame, and a resumed run repeats it exactly."""

from __future__ import annotations

import json
import math
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

import segkit
from segkit.api import evaluate, resume
from segkit.deploy.predictor import Predictor
from segkit.discovery import catalog
from segkit.engine import probe, session
from segkit.engine.cache import Frames
from segkit.engine.checkpoint import LAST, load_checkpoint
from segkit.engine.fit import Trainer
from segkit.engine.intake import Intake
from segkit.engine.model_file import read_card
from segkit.engine.plan import Pace, Plan
from segkit.engine.precision import make_fabric, native_half
from segkit.engine.probe import decide
from segkit.engine.scan import Scan
from segkit.errors import DivergedError, RunInterruptedError
from segkit.hooks import hookimpl
from segkit.kinds import Run
from segkit.recipe import Train

LR = 0.5
FIRST_SCALE = 2.0**16  # torch's own


class MemoryFrames(Frames):
    """Random frames, kept in memory; counts how often they are asked for."""

    def __init__(self, count: int = 4) -> None:
        super().__init__(Scan(ids=[f"frame{n}" for n in range(count)]))
        rng = np.random.default_rng(0)
        self.images = torch.from_numpy(rng.integers(0, 256, (count, 3, 32, 40), dtype=np.uint8))
        self.masks = torch.from_numpy(rng.integers(0, 2, (count, 32, 40), dtype=np.uint8))
        self.asked = 0

    def batch(self, rows: Sequence[int]) -> tuple[Tensor, Tensor]:
        self.asked += 1
        return self.images[list(rows)], self.masks[list(rows)]

    def own_mask(self, row: int) -> Tensor:
        return self.masks[row]


def mean_square(logits: Tensor, target: Tensor, epoch: float) -> Tensor:
    return torch.square(logits[:, 0] - 3 * target.float()).mean()


def trainer(
    precision: str = "fp16",
    clip_norm: float | None = None,
    loss: Callable[[Any, Tensor, float], Tensor] = mean_square,
) -> Trainer:
    """Give one whose gradient can be read off the step that plain gradient descent makes."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 1, 3, padding=1))
    optimizer = torch.optim.SGD(net.parameters(), lr=LR)
    return Trainer(
        make_fabric(precision),
        net,
        loss,
        optimizer,
        torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1.0),
        Intake([0.0] * 3, [1.0] * 3, channels_last=False),
        MemoryFrames(),
        lambda forward: {},
        Plan(0, 1, 100, 4, clip_norm=clip_norm),
    )


def followed(one: Trainer) -> Tensor:
    """Make a step and give the gradient that it followed."""
    before = nn.utils.parameters_to_vector(one.module.parameters()).detach().clone()
    one.train_step()
    return (before - nn.utils.parameters_to_vector(one.module.parameters()).detach()) / LR


def scale(one: Trainer) -> float:
    return float(one.state()["precision"]["scale"])


def test_the_network_really_computes_in_float16() -> None:
    one = trainer()
    seen: list[torch.dtype] = []
    one.module[0].register_forward_hook(lambda module, args, output: seen.append(output.dtype))
    one.train_step()
    assert set(seen) == {torch.float16}
    assert all(parameter.dtype == torch.float32 for parameter in one.module.parameters())


def test_a_scaled_step_follows_the_gradient_of_float32() -> None:
    half, full = followed(trainer()), followed(trainer("fp32"))
    torch.testing.assert_close(half, full, rtol=0.01, atol=0.002 * float(full.norm()))
    assert not torch.equal(half, full)


def test_the_norm_is_clipped_behind_the_scaling() -> None:
    free = followed(trainer())
    clipped = followed(trainer(clip_norm=float(free.norm()) / 10))
    torch.testing.assert_close(clipped, free / 10, rtol=1e-4, atol=1e-6)


def test_a_gradient_that_overflows_is_taken_anew_at_half_the_scale_until_it_does_not() -> None:
    def steep(logits: Tensor, target: Tensor, epoch: float) -> Tensor:
        return 64 * mean_square(logits, target, epoch)

    def noise(images: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        drawn.append(float(torch.rand(())))
        return images, masks

    drawn: list[float] = []
    one = trainer(loss=steep)
    one.intake._augment.append(noise)
    half, full = followed(one), followed(trainer("fp32", loss=steep))
    torch.testing.assert_close(half, full, rtol=0.01, atol=0.002 * float(full.norm()))
    halvings = math.log2(FIRST_SCALE / scale(one))
    assert halvings == int(halvings) > 0
    assert one._frames.asked == halvings + 1  # type: ignore[attr-defined]
    assert len(set(drawn)) == 1  # each try augments the frames in the same way
    assert (one.step, one._scheduler.last_epoch) == (1, 1)  # type: ignore[attr-defined]


def test_a_gradient_that_no_scale_makes_finite_ends_the_run_and_is_never_followed() -> None:
    def infinite_slope(logits: Tensor, target: Tensor, epoch: float) -> Tensor:
        return torch.sqrt((logits * 0).sum())

    one = trainer(loss=infinite_slope)
    before = nn.utils.parameters_to_vector(one.module.parameters()).detach().clone()
    with pytest.raises(DivergedError, match=r"the norm of the gradient is nan at step 0 .* on frame"):
        one.train_step()
    assert torch.equal(before, nn.utils.parameters_to_vector(one.module.parameters()).detach())
    assert one._frames.asked == 1 + 16 + 8  # type: ignore[attr-defined]  # from 2^16 to 2^-8
    assert one.step == 0


def test_a_loss_that_is_no_number_is_told_at_once() -> None:
    one = trainer(loss=lambda logits, *_: logits.mean() * torch.nan)
    with pytest.raises(DivergedError, match="the loss is nan at step 0"):
        one.train_step()
    assert one._frames.asked == 1  # type: ignore[attr-defined]


def fast_growing(precision: str) -> Fabric:
    """Double the scale behind every second step, so that it soon overflows, and does so again and again."""
    fabric = make_fabric(precision)
    fabric.strategy.precision.scaler.set_growth_interval(2)  # type: ignore[attr-defined]
    return fabric


class Interrupt:
    def __init__(self, step: int) -> None:
        self.step = step

    @hookimpl
    def step_end(self, run: Run) -> None:
        if run.step == self.step:
            os.kill(os.getpid(), signal.SIGINT)


FP16 = ("train.precision=fp16", "train.epochs=6", "loss=dice", "optimizer={use: sgd, lr: 0.1}")


@pytest.mark.parametrize("step", [5, 16, 17, 20])
def test_a_resumed_run_ends_with_the_same_bytes_and_the_same_scale(
    run: Any, plug: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr(session, "make_fabric", fast_growing)
    whole = run("whole", *FP16).folder
    stop = f"callbacks=[{plug('callback', 'interrupt', lambda: Interrupt(step))}]"
    with pytest.raises(RunInterruptedError, match=f"at step {step} of 24"):
        run("stopped", *FP16, stop)
    held = load_checkpoint(tmp_path / "stopped" / LAST)["precision"]
    assert held["scale"] > FIRST_SCALE  # a scaler that begins anew would be told apart
    plug("callback", "interrupt", lambda: Interrupt(-1))
    resume(tmp_path / "stopped")
    expected, got = load_checkpoint(whole / LAST), load_checkpoint(tmp_path / "stopped" / LAST)
    assert got["precision"] == expected["precision"]
    assert expected["precision"]["scale"] < FIRST_SCALE * 2 ** (24 // 2)  # it did overflow
    assert all(torch.equal(got["model"][name], value) for name, value in expected["model"].items())
    assert (tmp_path / "stopped" / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()


def test_a_model_trained_in_fp16_is_used_in_fp16(run: Any, caplog: pytest.LogCaptureFixture) -> None:
    folder = run("run", "train.precision=fp16").folder
    assert "fp16 works on a CPU, but is slow there" in caplog.text
    assert read_card(folder).precision == "fp16"
    assert evaluate(folder) == json.loads((folder / "metrics.json").read_text())
    predictor = Predictor(folder, catalog())
    seen: list[torch.dtype] = []
    predictor._network._model.register_forward_hook(lambda module, args, output: seen.append(output.dtype))
    predictor([np.zeros((40, 72, 3), np.uint8)])
    assert seen == [torch.float16]


@pytest.mark.parametrize(
    ("cuda", "bf16", "expected"), [(True, False, "fp16"), (True, True, "bf16"), (False, False, "bf16")]
)
def test_auto_looks_at_fp16_only_on_a_gpu_that_lacks_bf16(
    monkeypatch: pytest.MonkeyPatch, cuda: bool, bf16: bool, expected: str
) -> None:
    def supported(including_emulation: bool = True) -> bool:
        return bf16 or including_emulation  # torch says yes to what such a GPU emulates

    def make(precision: str, channels_last: bool) -> Any:
        asked.append(precision)
        return precision, None

    asked: list[str] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    monkeypatch.setattr(probe, "_pace", lambda name, _: Pace(1.0 if name == "fp32" else 0.5, 1.0))
    monkeypatch.setattr(probe, "_glance", lambda name: 1.0)
    assert native_half() == expected
    assert decide(Train(), make).precision == expected
    assert asked == ["fp32", expected]


def test_a_recipe_may_ask_for_it(recipe: Path) -> None:
    segkit.check(recipe, ["train.precision=fp16"])

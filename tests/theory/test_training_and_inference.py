"""T1: training against inference.

Training updates weights and lets batch norm use, and remember, the batch's statistics. Inference is the same network in
eval mode, without gradients, with the remembered statistics; batch norm is then a fixed scale and shift, which can be
folded into the convolution before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

import segkit
from segkit.api import evaluate, predict
from segkit_std.models.encoder_decoder import EncoderDecoder

MODEL = {"backbone": {"use": "plain", "widths": [4, 8]}, "norm": "batch"}


@contextmanager
def recorded() -> Iterator[list[tuple[bool, bool, Tensor]]]:
    """Whether the network was in training mode, whether gradients were on, and the logits, of every forward pass."""
    calls: list[tuple[bool, bool, Tensor]] = []

    def hook(module: nn.Module, given: Any, logits: Any) -> None:
        if isinstance(module, EncoderDecoder):
            calls.append((module.training, torch.is_grad_enabled(), logits.detach().clone()))

    handle = nn.modules.module.register_module_forward_hook(hook)
    try:
        yield calls
    finally:
        handle.remove()


@pytest.fixture
def run(train: Callable[..., Any], frames: Callable[..., Path]) -> Path:
    """The folder of a run of a few steps, with batch norm."""
    frames({"train": 8, "val": 4, "test": 4})
    network = "model={backbone: {use: plain, widths: [4, 8]}, norm: batch}"
    folder: Path = train("run", network, "train.steps=6", "optimizer={use: adam, lr: 1e-2}").folder
    return folder


def in_eval_mode(folder: Path, images: Tensor, training: bool = False) -> Tensor:
    """The logits of images (N, C, H, W) in [0, 1], by the weights' file and plain torch."""
    model = segkit.build("model", "encoder_decoder", MODEL, in_channels=3, classes=("sky", "sea"))
    model.load_state_dict(load_file(folder / "model.safetensors"))
    logits: Tensor = model.train(training)(images).detach()
    return logits


def pictures(folder: Path, save: Callable[..., Path]) -> tuple[Path, Tensor]:
    grey = np.random.default_rng(1).integers(0, 256, (4, 32, 32), dtype=np.uint8)
    for number, picture in enumerate(grey):
        save(f"new/images/{number}.png", picture)
        save(f"new/masks/{number}.png", picture > 127)
    return folder.parent / "new", torch.tensor(grey).float().div(255)[:, None].expand(-1, 3, -1, -1)


def test_predict_and_evaluate_give_the_logits_of_the_network_in_eval_mode(run: Path, save: Any) -> None:
    root, images = pictures(run, save)
    with recorded() as predicted:
        predict(run, [root / "images"], run / "out")
    with recorded() as evaluated:
        evaluate(run, data=root)
    expected = in_eval_mode(run, images)
    for calls in (predicted, evaluated):
        assert {(training, gradients) for training, gradients, _ in calls} == {(False, False)}
        logits = torch.cat([logits for _, _, logits in calls])
        torch.testing.assert_close(logits, expected, rtol=1e-5, atol=1e-5 * float(expected.abs().max()))
    in_training_mode = in_eval_mode(run, images, training=True)
    assert (in_training_mode - expected).abs().max() > 0.01 * expected.abs().max()


def test_inference_of_an_image_does_not_depend_on_its_batch_and_training_does(run: Path, save: Any) -> None:
    _, images = pictures(run, save)
    torch.testing.assert_close(in_eval_mode(run, images)[:1], in_eval_mode(run, images[:1]), rtol=1e-5, atol=1e-5)
    together, alone = (in_eval_mode(run, part, training=True)[:1] for part in (images, images[:1]))
    assert (together - alone).abs().max() > 1e-3


def test_training_itself_is_in_training_mode_with_gradients(train: Any, frames: Any) -> None:
    frames({"train": 8, "val": 4, "test": 4})
    with recorded() as calls:
        train("run", "model.norm=batch")
    modes = [(training, gradients) for training, gradients, _ in calls]
    assert (True, True) in modes
    assert modes[-1] == (False, False)  # the test


def test_batch_norm_folds_into_the_convolution_before_it() -> None:
    """w' = w g / s and b' = (b - mean) g / s + shift, with s the root of the running variance plus eps."""
    conv, norm = nn.Conv2d(3, 5, 3), segkit.build("norm", "batch", channels=5)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    images = torch.randn(8, 3, 9, 9) * 2 + 1
    for _ in range(20):
        norm(conv(images))
    with torch.no_grad():
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()
        weight, bias = conv.weight * scale.view(-1, 1, 1, 1), (conv.bias - norm.running_mean) * scale + norm.bias
        folded = nn.functional.conv2d(images, weight, bias)
        expected, in_training = norm.eval()(conv(images)), norm.train()(conv(images[:2]))
    torch.testing.assert_close(folded, expected, rtol=1e-5, atol=1e-5)
    assert (folded[:2] - in_training).abs().max() > 0.01

"""T7-11 and T13: batches, epochs, steps.

An epoch of N images in batches of B has S = ceil(N / B) steps, or floor(N / B) when the incomplete last batch is left
out. Small batches do not "get stuck in local minima": their gradients are noisy, with a variance of 1 / B, which often
helps to leave sharp minima. Memory and throughput set the limit; accumulation goes beyond it, exactly so for a loss of
pixels without batch norm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

import segkit
from segkit.engine.order import epoch_order

Frames = Callable[[Mapping[str, int]], Path]
Cli = Callable[..., tuple[int, str, str]]
BATCH_NORM = "model.norm=batch"


def weights(folder: Path) -> Tensor:
    state = load_file(folder / "model.safetensors")
    return torch.cat([state[key].flatten() for key in sorted(state) if "running" not in key and "num_" not in key])


@pytest.mark.parametrize(("drop_last", "steps"), [(False, 88), (True, 87)])
def test_seven_hundred_images_in_batches_of_eight_are_88_steps_and_it_is_said_before_training(
    cli: Cli, recipe: Path, tmp_path: Path, drop_last: bool, steps: int
) -> None:
    for split, count in (("train", 700), ("val", 1), ("test", 1)):
        for part in ("images", "masks"):
            (tmp_path / split / part).mkdir(parents=True)
            for number in range(count):
                pixels = np.full((4, 4), number % 2, dtype=np.uint8)
                Image.fromarray(pixels).save(tmp_path / split / part / f"{number}.bmp")
    smallest = ["model.backbone.widths=[1]", "train.batch_size=8", f"train.drop_last={str(drop_last).lower()}"]
    code, _, said = cli("run", recipe, f"run.dir={tmp_path / 'run'}", *smallest)
    assert code == 0, said
    assert f"1 epoch: {steps} steps an epoch, 1 in all" in said
    assert said.index("700 training images, 8 a step") < said.index("steps an epoch") < said.index("epoch 1/1:")


def test_an_epoch_takes_every_image_once_in_an_order_of_its_own() -> None:
    orders = [epoch_order(0, epoch, 700) for epoch in range(3)]
    assert all(sorted(order) == list(range(700)) for order in orders)
    assert orders[0] != orders[1] != orders[2]
    assert all(order != list(range(700)) for order in orders)


def moved(train: Any, *overrides: str) -> tuple[float, float]:
    """How far two steps of 4 x 2 images end from one of 8, and how far one of 8 ends from one that was shorter."""
    eight = weights(train("eight", "train.batch_size=8", *overrides).folder)
    parts = weights(train("parts", "train.batch_size=2", "train.accumulate=4", *overrides).folder)
    less = weights(train("less", "train.batch_size=8", "optimizer.lr=0.5", *overrides).folder)
    return float((eight - parts).norm()), float((eight - less).norm())


def test_accumulating_four_batches_of_two_is_a_batch_of_eight_for_a_loss_of_pixels(train: Any, frames: Frames) -> None:
    """Frames differ in how many pixels are ignored: a plain mean of the four losses would be off."""
    frames({"train": 8, "val": 1, "test": 1})
    apart, length = moved(train)
    assert apart < 1e-5 * length


@pytest.mark.parametrize("override", ["loss=dice", "loss=lovasz", "loss=jaccard", BATCH_NORM])
def test_accumulating_is_another_thing_for_losses_of_regions_and_batch_norm(
    train: Any, frames: Frames, override: str
) -> None:
    """A Dice of eight images is no mean of the Dice of two, and batch norm never sees more than two."""
    frames({"train": 8, "val": 1, "test": 1})
    apart, length = moved(train, override)
    assert apart > 1e-3 * length


def test_the_losses_of_parts_are_weighted_by_their_valid_pixels() -> None:
    """Two images, the first with little sea, the second with ten valid pixels. Dice weighs them by areas instead."""
    logits, target = torch.randn(2, 1, 10, 10, dtype=torch.float64), torch.zeros(2, 10, 10, dtype=torch.long)
    target[0, :5, 0] = target[1, 0] = 1
    target[1, 1:] = 255

    def together_and_apart(name: str) -> tuple[float, list[float]]:
        loss = segkit.build("loss", name)
        parts = [float(loss(logits[n : n + 1], target[n : n + 1])) for n in range(2)]
        return float(loss(logits, target)), parts

    whole, (first, second) = together_and_apart("bce")
    assert whole == pytest.approx((100 * first + 10 * second) / 110)
    assert whole != pytest.approx((first + second) / 2, rel=1e-3)
    whole, (first, second) = together_and_apart("dice")
    assert whole != pytest.approx((100 * first + 10 * second) / 110, rel=1e-3)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_variance_of_the_gradient_falls_as_one_over_the_batch_size(size: int) -> None:
    """Over all batches that can be drawn from five images, with replacement: exactly the variance of one, over B."""
    of_one_image = np.random.default_rng(0).normal(size=5)
    batches = np.array(list(product(of_one_image, repeat=size))).mean(axis=1)
    assert batches.mean() == pytest.approx(of_one_image.mean())
    assert batches.var() == pytest.approx(of_one_image.var() / size)


def test_noise_leaves_a_sharp_minimum_that_the_full_gradient_stays_in() -> None:
    """A loss with a narrow minimum at 0 and a wide, deeper one at 3; both begin in the narrow one.

    The full gradient settles there. The noisy one, of the same mean, is thrown out and settles in the wide one.
    """

    def slope(x: np.ndarray) -> np.ndarray:  # of  0.1 (x - 3)^2 - 0.5 exp(-20 x^2)
        return 0.2 * (x - 3) + 20 * x * np.exp(-20 * x**2)

    def ends(noise: float) -> np.ndarray:
        rng, x = np.random.default_rng(0), np.full(200, 0.05)
        for _ in range(2000):
            x = x - 0.02 * (slope(x) + noise * rng.normal(size=200))
        return x

    assert (np.abs(ends(0.0)) < 0.2).all()
    assert np.mean(np.abs(ends(4.0)) > 0.5) > 0.9
    assert ends(4.0).mean() == pytest.approx(3, abs=0.3)

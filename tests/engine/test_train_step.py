"""One optimizer step: which images it takes, and the gradient it follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from segkit.engine.cache import Frames
from segkit.engine.fit import Trainer
from segkit.engine.intake import Intake
from segkit.engine.order import epoch_order
from segkit.engine.plan import Plan
from segkit.engine.scan import Scan
from segkit.engine.weighted_sum import WeightedSum
from segkit.errors import DivergedError
from segkit.kinds import IGNORE
from segkit.recipe import Weight
from segkit_std.losses.bce import BinaryCrossEntropyLoss

LR = 0.5


class MemoryFrames(Frames):
    """Random frames, a different share of each one's pixels ignored."""

    def __init__(self, count: int) -> None:
        super().__init__(Scan(ids=[f"frame{n}" for n in range(count)]))
        rng = np.random.default_rng(0)
        self.images = torch.from_numpy(rng.integers(0, 256, (count, 3, 32, 40), dtype=np.uint8))
        self.masks = torch.from_numpy(rng.integers(0, 2, (count, 32, 40), dtype=np.uint8))
        for row in range(count):
            self.masks[row, : 3 * row] = IGNORE

    def batch(self, rows: Sequence[int]) -> tuple[Tensor, Tensor]:
        return self.images[list(rows)], self.masks[list(rows)]

    def own_mask(self, row: int) -> Tensor:
        return self.masks[row]


def trainer(
    frames: Frames,
    batch_size: int,
    accumulate: int = 1,
    clip_norm: float | None = None,
    loss: Callable[[Any, Tensor], Tensor] | None = None,
    model: nn.Module | None = None,
) -> Trainer:
    """Give one whose gradient can be read off the step that plain gradient descent makes."""
    torch.manual_seed(0)
    net = model or nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 1, 3, padding=1))
    optimizer = torch.optim.SGD(net.parameters(), lr=LR)
    per_epoch = -(-len(frames) // (batch_size * accumulate))
    plan = Plan(0, per_epoch, 10 * per_epoch, batch_size, accumulate, clip_norm)
    return Trainer(
        Fabric(devices=1, accelerator="cpu", precision="32-true"),
        net,
        loss or WeightedSum([(BinaryCrossEntropyLoss(), Weight.of(1.0))]),
        optimizer,
        torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1.0),
        Intake([0.0] * 3, [1.0] * 3, channels_last=False),
        frames,
        lambda forward: {},
        plan,
    )


def followed(one: Trainer) -> Tensor:
    """Make a step and give the gradient that it followed."""
    before = nn.utils.parameters_to_vector(one.module.parameters()).detach().clone()
    one.train_step()
    return (before - nn.utils.parameters_to_vector(one.module.parameters()).detach()) / LR


def by_hand(one: Trainer, rows: Sequence[int]) -> Tensor:
    """Give the gradient of the mean over the valid pixels of some frames, in float64, one frame after the other."""
    net = one.module.double()
    frames = one._frames
    total, valid = torch.zeros((), dtype=torch.float64), 0
    for row in rows:
        images, masks = frames.batch([row])
        keep = masks[0] != IGNORE
        z = net(images.double() / 255)[0, 0][keep]
        truth = masks[0][keep].double()
        total = total + (torch.log1p(torch.exp(-z)) * truth + torch.log1p(torch.exp(z)) * (1 - truth)).sum()
        valid += int(keep.sum())
    gradient = nn.utils.parameters_to_vector(torch.autograd.grad(total / valid, list(net.parameters())))
    one.module.float()
    return gradient.float()


def test_accumulating_four_by_two_follows_the_gradient_of_eight() -> None:
    frames = MemoryFrames(8)
    expected = by_hand(trainer(frames, 8), range(8))
    together, in_parts = followed(trainer(frames, 8)), followed(trainer(frames, 4, accumulate=2))
    torch.testing.assert_close(together, expected, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(in_parts, expected, rtol=1e-5, atol=1e-6)
    unweighted = (
        by_hand(trainer(frames, 8), epoch_order(0, 0, 8)[:4]) + by_hand(trainer(frames, 8), epoch_order(0, 0, 8)[4:])
    ) / 2
    assert (unweighted - expected).norm() > 1e-3 * expected.norm()  # the masks tell the two rules apart


def test_the_loss_of_an_accumulated_step_is_the_mean_over_its_valid_pixels() -> None:
    frames = MemoryFrames(8)
    one, two = trainer(frames, 8), trainer(frames, 3, accumulate=3)
    one.train_step()
    two.train_step()
    assert two.values["train/loss"] == pytest.approx(one.values["train/loss"], rel=1e-6)


def test_an_incomplete_last_step_is_a_mean_too() -> None:
    frames = MemoryFrames(11)  # steps of 8 and 3; the second in parts of 2 and 1
    one = trainer(frames, 2, accumulate=4)
    one.train_step()
    expected = by_hand(one, epoch_order(0, 0, 11)[8:])
    torch.testing.assert_close(followed(one), expected, rtol=1e-4, atol=1e-6)


def test_frames_that_are_wholly_ignored_change_nothing() -> None:
    frames = MemoryFrames(4)
    frames.masks[:] = IGNORE
    assert torch.equal(followed(trainer(frames, 2, accumulate=2)), torch.zeros(4 * 28 + 37))


def test_clip_norm_shortens_a_long_gradient_and_leaves_a_short_one() -> None:
    frames = MemoryFrames(8)
    free = followed(trainer(frames, 4, accumulate=2))
    norm = float(free.norm())
    clipped = followed(trainer(frames, 4, accumulate=2, clip_norm=norm / 10))
    torch.testing.assert_close(clipped, free / 10, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(followed(trainer(frames, 4, accumulate=2, clip_norm=norm * 2)), free)


def test_every_frame_is_taken_once_an_epoch_in_the_order_of_the_epoch() -> None:
    frames = MemoryFrames(7)
    taken: list[list[int]] = []

    class Recording(MemoryFrames):
        def batch(self, rows: Sequence[int]) -> tuple[Tensor, Tensor]:
            taken.append(list(rows))
            return super().batch(rows)

    frames = Recording(7)
    one = trainer(frames, 2, accumulate=2)
    one.train_step()
    one.train_step()
    order = epoch_order(0, 0, 7)
    assert taken == [order[:2], order[2:4], order[4:6], order[6:]]


def test_auxiliary_logits_count_four_tenths_of_their_mean() -> None:
    target = torch.tensor([[[0, 1], [1, IGNORE]]])
    loss = WeightedSum(
        [(BinaryCrossEntropyLoss(), Weight.of(2.0)), (lambda logits, target: logits.mean(), Weight.of(3.0))]
    )
    main, first, second = (torch.randn(1, 1, 2, 2, generator=torch.Generator().manual_seed(n)) for n in range(3))

    def single(z: Tensor) -> float:
        values = [(float(z[0, 0, r, c]), int(target[0, r, c])) for r, c in ((0, 0), (0, 1), (1, 0))]
        costs = [np.log1p(np.exp(-v)) if y else np.log1p(np.exp(v)) for v, y in values]
        return 2 * float(np.mean(costs)) + 3 * float(z.mean())

    expected = single(main) + 0.4 * (single(first) + single(second)) / 2
    assert float(loss((main, [first, second]), target)) == pytest.approx(expected, rel=1e-6)
    assert float(loss(main, target)) == pytest.approx(single(main), rel=1e-6)
    assert float(loss((main, []), target)) == pytest.approx(single(main), rel=1e-6)


def test_a_loss_that_is_no_number_names_step_rate_and_frames() -> None:
    one = trainer(MemoryFrames(6), 2, accumulate=2, loss=lambda logits, *_: logits.mean() * torch.nan)
    names = ", ".join(f"frame{row}" for row in epoch_order(0, 0, 6)[:4])
    with pytest.raises(DivergedError, match=rf"the loss is nan at step 0 \(learning rate 0\.5\) on {names}"):
        one.train_step()


@pytest.mark.parametrize("clip_norm", [None, 1.0])
def test_a_gradient_that_is_no_number_is_never_followed(clip_norm: float | None) -> None:
    def infinite_slope(logits: Tensor, target: Tensor, epoch: float) -> Tensor:
        return torch.sqrt((logits * 0).sum())  # 0, and its derivative at 0 is 0 * infinity

    one = trainer(MemoryFrames(6), 2, loss=infinite_slope, clip_norm=clip_norm)
    with pytest.raises(DivergedError, match=r"gradient is nan at step 0 \(learning rate 0\.5\) on frame"):
        one.train_step()
    assert all(torch.isfinite(parameter).all() for parameter in one.module.parameters())
    assert one.step == 0


def test_the_random_numbers_of_a_step_depend_on_seed_and_step_alone() -> None:
    drawn: list[float] = []

    def noise(images: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        drawn.append(float(torch.rand(())))
        return images, masks

    for _ in range(2):
        one = trainer(MemoryFrames(4), 2)
        one.intake._augment.append(noise)
        torch.rand(int(torch.randint(1, 9, ())))  # others draw too
        one.train_step()
        one.train_step()
    assert drawn[:2] == drawn[2:]
    assert drawn[0] != drawn[1]

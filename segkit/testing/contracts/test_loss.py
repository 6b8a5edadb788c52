"""What every loss promises, whatever it measures (``segkit.kinds.Loss``)."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from segkit.kinds import IGNORE
from segkit.testing.subject import Subject

Loss = Callable[[Tensor, Tensor], Tensor]

CLASSES = ("sky", "sea", "land")
HALF, SINGLE, DOUBLE = torch.bfloat16, torch.float32, torch.float64
each_dtype = pytest.mark.parametrize("dtype", [HALF, SINGLE, DOUBLE], ids=["bf16", "fp32", "fp64"])


@pytest.fixture(params=[1, 2, 3], ids=lambda k: f"K{k}")
def channels(request: pytest.FixtureRequest) -> int:
    """K of the logits: one for two classes, two for two classes, three."""
    return int(request.param)


@pytest.fixture
def loss(subject: Subject, channels: int) -> Loss:
    return made(subject, channels)


def made(subject: Subject, channels: int) -> Loss:
    classes = CLASSES[: max(channels, 2)]
    built: Loss = subject(classes=classes, class_counts=[1000 * (k + 1) for k in range(len(classes))])
    return built


def batch(channels: int, dtype: torch.dtype = SINGLE, size: tuple[int, int] = (5, 7)) -> tuple[Tensor, Tensor]:
    """Random logits and a random target whose first row is ignored."""
    generator = torch.Generator().manual_seed(0)
    target = torch.randint(0, max(channels, 2), (3, *size), generator=generator)
    target[:, 0] = IGNORE
    return torch.randn(3, channels, *size, dtype=DOUBLE, generator=generator).to(dtype), target


def stripes(channels: int, size: int = 256) -> Tensor:
    """A target (1, size, size) in which every class has about the same share of the rows."""
    rows = torch.arange(size) * max(channels, 2) // size
    return rows.view(1, -1, 1).expand(1, size, size).contiguous()


def agreeing(target: Tensor, channels: int, height: float) -> Tensor:
    """Logits that are ``height`` for the true class and ``-height`` for the others; 0 of the target where ignored."""
    logits = torch.stack([torch.where(target == k, height, -height) for k in range(max(channels, 2))], dim=1)
    return logits[:, 1:] - logits[:, :1] if channels == 1 else logits


def value_and_gradient(loss: Loss, logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    leaf = logits.detach().clone().requires_grad_()
    value = loss(leaf, target)
    torch.autograd.backward(value)
    assert leaf.grad is not None
    return value.detach(), leaf.grad


@each_dtype
def test_it_gives_a_scalar_in_float32_at_least(loss: Loss, channels: int, dtype: torch.dtype) -> None:
    value, gradient = value_and_gradient(loss, *batch(channels, dtype))
    assert value.shape == ()
    assert value.dtype == (DOUBLE if dtype == DOUBLE else SINGLE)
    assert gradient.dtype == dtype


def test_float32_agrees_with_float64(loss: Loss, channels: int) -> None:
    logits, target = batch(channels)
    narrow, wide = loss(logits, target), loss(logits.double(), target)
    assert narrow.item() == pytest.approx(wide.item(), rel=1e-5, abs=1e-6)


def test_its_gradient_is_its_slope(loss: Loss, channels: int) -> None:
    logits, target = batch(channels, DOUBLE, (3, 3))
    assert torch.autograd.gradcheck(lambda given: loss(given, target), (logits.requires_grad_(),))


def test_two_logits_count_as_their_difference(subject: Subject) -> None:
    two, target = batch(2)
    one = two[:, 1:] - two[:, :1]
    value_two, gradient_two = value_and_gradient(made(subject, 2), two, target)
    value_one, gradient_one = value_and_gradient(made(subject, 1), one, target)
    torch.testing.assert_close(value_two, value_one, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(gradient_two[:, 1:], gradient_one, rtol=1e-4, atol=1e-7)
    torch.testing.assert_close(gradient_two[:, :1], -gradient_one, rtol=1e-4, atol=1e-7)


def test_ignored_pixels_change_neither_value_nor_gradient(loss: Loss, channels: int) -> None:
    logits, target = batch(channels)
    other = logits.clone()
    other[:, :, 0] = -77.0
    value, gradient = value_and_gradient(loss, logits, target)
    other_value, other_gradient = value_and_gradient(loss, other, target)
    torch.testing.assert_close(value, other_value, rtol=0, atol=0)
    torch.testing.assert_close(gradient, other_gradient, rtol=0, atol=0)
    assert gradient[:, :, 0].eq(0).all()
    assert gradient[:, :, 1:].ne(0).any()


def test_an_image_that_is_all_ignored_changes_nothing(loss: Loss, channels: int) -> None:
    logits, target = batch(channels)
    target[2] = IGNORE
    value, gradient = value_and_gradient(loss, logits, target)
    without, _ = value_and_gradient(loss, logits[:2], target[:2])
    torch.testing.assert_close(value, without, rtol=1e-5, atol=1e-6)
    assert gradient[2].eq(0).all()


@each_dtype
def test_all_ignored_gives_zero_with_zero_gradient(loss: Loss, channels: int, dtype: torch.dtype) -> None:
    logits, target = batch(channels, dtype)
    value, gradient = value_and_gradient(loss, logits, torch.full_like(target, IGNORE))
    assert value.item() == 0
    assert gradient.eq(0).all()


@each_dtype
@pytest.mark.parametrize("present", [0, 1, "all"])
def test_huge_logits_stay_finite(loss: Loss, channels: int, dtype: torch.dtype, present: int | str) -> None:
    logits, target = batch(channels, dtype)
    extreme = torch.where(logits > 0, 1e4, -1e4).to(dtype)
    if present != "all":
        target = torch.where(target == IGNORE, IGNORE, int(present))
    for sign in (1, -1, 0):
        value, gradient = value_and_gradient(loss, sign * extreme, target)
        assert value.isfinite()
        assert gradient.isfinite().all()


@each_dtype
@pytest.mark.parametrize("label", [0, 1, IGNORE])
def test_a_single_pixel_is_enough(loss: Loss, channels: int, dtype: torch.dtype, label: int) -> None:
    for height in (0.0, 1.0, 1e4):
        logits = torch.full((1, channels, 1, 1), height, dtype=dtype)
        logits[:, -1] *= -1
        value, gradient = value_and_gradient(loss, logits, torch.full((1, 1, 1), label))
        assert value.isfinite()
        assert gradient.isfinite().all()


@pytest.mark.parametrize("present", [0, 1, "all"])
def test_truth_costs_less_than_its_opposite(loss: Loss, channels: int, present: int | str) -> None:
    target = stripes(channels, 24) if present == "all" else torch.full((1, 24, 24), int(present))
    right = agreeing(target, channels, 20.0)
    assert loss(right, target) < loss(-right, target) - 1e-3


@pytest.mark.parametrize("dtype", [HALF, SINGLE], ids=["bf16", "fp32"])
@pytest.mark.parametrize("present", [0, 1])
def test_wrong_everywhere_has_a_living_gradient_where_a_class_is_absent(
    loss: Loss, channels: int, dtype: torch.dtype, present: int
) -> None:
    def pull(target: Tensor) -> float:
        wrong = agreeing(target, channels, -1.5).to(dtype)
        return value_and_gradient(loss, wrong, target)[1].double().abs().sum().item()

    balanced = stripes(channels)
    assert pull(torch.full_like(balanced, present)) >= 0.01 * pull(balanced) > 0


def test_the_order_of_the_batch_is_no_matter(loss: Loss, channels: int) -> None:
    logits, target = batch(channels)
    torch.testing.assert_close(loss(logits[[2, 0, 1]], target[[2, 0, 1]]), loss(logits, target), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("side", [-1, -2], ids=["left-right", "up-down"])
def test_a_mirrored_picture_costs_the_same(loss: Loss, channels: int, side: int) -> None:
    logits, target = batch(channels)
    torch.testing.assert_close(loss(logits.flip(side), target.flip(side)), loss(logits, target), rtol=1e-5, atol=1e-6)


def test_the_layout_in_memory_is_no_matter(loss: Loss, channels: int) -> None:
    logits, target = batch(channels)
    expected = value_and_gradient(loss, logits, target)
    strided = torch.stack([logits, logits], dim=-1)[..., 0]
    for same in (logits.to(memory_format=torch.channels_last), strided):
        torch.testing.assert_close(value_and_gradient(loss, same, target), expected, rtol=1e-5, atol=1e-7)


def test_it_leaves_its_inputs_as_they_are(loss: Loss, channels: int) -> None:
    logits, target = batch(channels)
    kept = logits.clone(), target.clone()
    loss(logits, target)
    torch.testing.assert_close((logits, target), kept, rtol=0, atol=0)


def test_it_keeps_the_bounds_that_it_declares(loss: Loss, channels: int) -> None:
    low, high = getattr(loss, "bounds", (-math.inf, math.inf))
    for size in ((1, 1), (5, 7), (16, 16)):
        logits, target = batch(channels, size=size)
        targets = [target, *(torch.full_like(target, k) for k in range(max(channels, 2)))]
        for scale in (0.0, 1.0, 30.0):
            for given in targets:
                for sign in (1, -1):
                    value = loss(sign * scale * logits, given).item()
                    assert low - 1e-6 <= value <= high + 1e-6


def test_training_pixels_of_a_class_may_be_none(subject: Subject) -> None:
    logits, target = batch(2)
    assert subject(classes=CLASSES[:2], class_counts=[10, 0])(logits, target).isfinite()

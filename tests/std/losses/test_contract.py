"""What every loss promises, whatever it measures."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from segkit_std.losses.bce import BinaryCrossEntropyLoss
from segkit_std.losses.cross_entropy import CrossEntropyLoss
from segkit_std.losses.dice import DiceLoss

Loss = Callable[[Tensor, Tensor], Tensor]

LOSSES = {
    "bce": BinaryCrossEntropyLoss(),
    "bce_weighted": BinaryCrossEntropyLoss(pos_weight=3.0, label_smoothing=0.1),
    "cross_entropy": CrossEntropyLoss(),
    "cross_entropy_smooth": CrossEntropyLoss(label_smoothing=0.1),
    "dice": DiceLoss(),
    "dice_per_image": DiceLoss(per_image=True),
}
CHANNELS = (1, 2, 3)
each_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
each_channels = pytest.mark.parametrize("channels", CHANNELS)


def batch(channels: int, dtype: torch.dtype = torch.float32, size: tuple[int, int] = (5, 7)) -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    target = torch.randint(0, max(channels, 2), (3, *size))
    target[:, 0] = 255
    return torch.randn(3, channels, *size, dtype=torch.float64).to(dtype).requires_grad_(), target


def value_and_gradient(loss: Loss, logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    logits = logits.detach().requires_grad_()
    value = loss(logits, target)
    torch.autograd.backward(value)
    assert logits.grad is not None
    return value.detach(), logits.grad


@each_loss
@each_channels
@pytest.mark.parametrize(
    ("dtype", "expected"),
    [(torch.bfloat16, torch.float32), (torch.float32, torch.float32), (torch.float64, torch.float64)],
)
def test_gives_a_scalar_in_float32_at_least(
    loss: Loss, channels: int, dtype: torch.dtype, expected: torch.dtype
) -> None:
    value, gradient = value_and_gradient(loss, *batch(channels, dtype))
    assert value.shape == ()
    assert value.dtype == expected
    assert gradient.dtype == dtype


@each_loss
@each_channels
def test_float32_agrees_with_float64(loss: Loss, channels: int) -> None:
    narrow, _ = value_and_gradient(loss, *batch(channels))
    wide, _ = value_and_gradient(loss, *batch(channels, torch.float64))
    assert narrow.item() == pytest.approx(wide.item(), rel=1e-5)


@each_loss
def test_gradient_is_the_slope(loss: Loss) -> None:
    logits, target = batch(3, torch.float64, (2, 2))
    assert torch.autograd.gradcheck(lambda given: loss(given, target), (logits,))


@each_loss
def test_two_channels_are_their_difference(loss: Loss) -> None:
    two, target = batch(2)
    one = two.detach()[:, 1:] - two.detach()[:, :1]
    value_two, gradient_two = value_and_gradient(loss, two, target)
    value_one, gradient_one = value_and_gradient(loss, one, target)
    assert value_two.item() == pytest.approx(value_one.item(), rel=1e-5)
    torch.testing.assert_close(gradient_two[:, 1:], gradient_one)
    torch.testing.assert_close(gradient_two[:, :1], -gradient_one)


@each_loss
@each_channels
def test_ignored_pixels_change_neither_value_nor_gradient(loss: Loss, channels: int) -> None:
    logits, target = batch(channels)
    other = logits.detach().clone()
    other[:, :, 0] = 77.0
    value, gradient = value_and_gradient(loss, logits, target)
    other_value, other_gradient = value_and_gradient(loss, other, target)
    cropped, _ = value_and_gradient(loss, logits[:, :, 1:], target[:, 1:])
    torch.testing.assert_close(value, other_value, rtol=0, atol=0)
    torch.testing.assert_close(gradient, other_gradient, rtol=0, atol=0)
    assert value.item() == pytest.approx(cropped.item(), rel=1e-5)
    assert gradient[:, :, 0].eq(0).all()
    assert gradient[:, :, 1:].ne(0).all()


@each_loss
@each_channels
def test_an_image_that_is_all_ignored_changes_nothing(loss: Loss, channels: int) -> None:
    logits, target = batch(channels)
    target[2] = 255
    with_it, gradient = value_and_gradient(loss, logits, target)
    without, _ = value_and_gradient(loss, logits[:2], target[:2])
    assert with_it.item() == pytest.approx(without.item(), rel=1e-5)
    assert gradient[2].eq(0).all()


@each_loss
@each_channels
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_all_ignored_gives_zero_with_zero_gradient(loss: Loss, channels: int, dtype: torch.dtype) -> None:
    logits, target = batch(channels, dtype)
    value, gradient = value_and_gradient(loss, logits, torch.full_like(target, 255))
    assert value.item() == 0
    assert gradient.eq(0).all()


@each_loss
@each_channels
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("label", [0, 1, "mixed"])
def test_huge_logits_stay_finite(loss: Loss, channels: int, dtype: torch.dtype, label: int | str) -> None:
    logits, target = batch(channels, dtype)
    extreme = torch.where(logits.detach() > 0, 1e4, -1e4).to(dtype)
    target = target if label == "mixed" else torch.where(target == 255, 255, int(label))
    for sign in (1, -1):
        value, gradient = value_and_gradient(loss, sign * extreme, target)
        assert value.isfinite()
        assert gradient.isfinite().all()
    assert value_and_gradient(loss, extreme[:, :, :1, :1], target[:, 1:2, :1])[1].isfinite().all()


@each_loss
@each_channels
def test_right_costs_nothing_and_wrong_costs_more(loss: Loss, channels: int) -> None:
    _, target = batch(channels)
    right = torch.stack([(target == k) * 40.0 - 20 for k in range(max(channels, 2))], dim=1)
    right = right[:, 1:] if channels == 1 else right
    value, _ = value_and_gradient(loss, right, target)
    wrong, _ = value_and_gradient(loss, -right, target)
    smoothing = getattr(loss, "label_smoothing", 0.0)
    assert value.item() == pytest.approx(0, abs=1e-6) or smoothing
    assert wrong > value + 0.5


@each_loss
@each_channels
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("absent", [0, 1])
def test_wrong_everywhere_has_a_living_gradient_where_a_class_is_absent(
    loss: Loss, channels: int, dtype: torch.dtype, absent: int
) -> None:
    present = 1 - absent
    balanced = batch(channels, size=(256, 256))[1][:1]
    single = torch.full_like(balanced, present)

    def pull(target: Tensor) -> float:
        seen = torch.where(target == 255, 0, target)
        logits = torch.stack([(seen != k) * 3.0 - 1.5 for k in range(max(channels, 2))], dim=1)
        logits = logits[:, 1:] - logits[:, :1] if channels == 1 else logits
        return value_and_gradient(loss, logits.to(dtype), target)[1].double().abs().sum().item()

    assert pull(single) >= 0.01 * pull(balanced) > 0

"""What every activation promises (``segkit.kinds.Activation``)."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn

from segkit.testing.subject import Subject

HALF, SINGLE, DOUBLE = torch.bfloat16, torch.float32, torch.float64
each_dtype = pytest.mark.parametrize("dtype", [HALF, SINGLE, DOUBLE], ids=["bf16", "fp32", "fp64"])


@pytest.fixture
def activation(subject: Subject) -> nn.Module:
    made: nn.Module = subject()
    return made


def maps(channels: int = 5, dtype: torch.dtype = SINGLE) -> Tensor:
    """Random maps (3, channels, 4, 6), most of their values within 6."""
    generator = torch.Generator().manual_seed(1)
    return (3 * torch.randn(3, channels, 4, 6, dtype=DOUBLE, generator=generator)).to(dtype)


@each_dtype
@pytest.mark.parametrize("channels", [1, 5, 64])
def test_it_keeps_shape_and_dtype_whatever_the_channels(
    activation: nn.Module, channels: int, dtype: torch.dtype
) -> None:
    given = maps(channels, dtype)
    activated = activation.to(dtype)(given)
    assert (activated.shape, activated.dtype) == (given.shape, given.dtype)
    assert activated.isfinite().all()


@each_dtype
@pytest.mark.parametrize("height", [1e4, 30.0, 0.0, -30.0, -1e4])
def test_value_and_gradient_stay_finite(activation: nn.Module, dtype: torch.dtype, height: float) -> None:
    given = torch.full((1, 3, 2, 2), height, dtype=dtype)
    given[:, 1] *= -1
    given.requires_grad_()
    activated = activation.to(dtype)(given)
    activated.sum().backward()
    assert activated.isfinite().all()
    assert given.grad is not None
    assert given.grad.isfinite().all()


def test_no_pixel_looks_at_another(activation: nn.Module) -> None:
    given, activated = maps(), activation.eval()(maps())
    alone = activation(given[1:2, :, 1:2, 3:5])
    torch.testing.assert_close(alone, activated[1:2, :, 1:2, 3:5], rtol=1e-5, atol=1e-6)
    shuffled = given.flatten(2)[:, :, torch.arange(23, -1, -1)].view_as(given)
    torch.testing.assert_close(activation(shuffled), activated.flip(2, 3), rtol=1e-5, atol=1e-6)


def test_no_image_looks_at_another(activation: nn.Module) -> None:
    given, activated = maps(), activation.eval()(maps())
    torch.testing.assert_close(activation(given[[2, 0, 1]]), activated[[2, 0, 1]], rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(activation(given[2:]), activated[2:], rtol=1e-5, atol=1e-6)


def test_the_layout_in_memory_is_no_matter(activation: nn.Module) -> None:
    given, activated = maps(), activation.eval()(maps())
    strided = torch.stack([given, given], dim=-1)[..., 0]
    for same in (given.to(memory_format=torch.channels_last), strided):
        torch.testing.assert_close(activation(same), activated, rtol=1e-5, atol=1e-6)


def test_it_works_under_autocast(activation: nn.Module) -> None:
    expected = activation.eval()(maps(dtype=HALF).float())
    with torch.autocast("cpu", HALF):
        activated = activation(maps(dtype=HALF))
    torch.testing.assert_close(activated.float(), expected, rtol=0.02, atol=0.02)


def test_gradient_reaches_maps_and_parameters(activation: nn.Module) -> None:
    given = maps().requires_grad_()
    (activation(given) * maps().sin()).sum().backward()
    reached = {"maps": given.grad} | {name: parameter.grad for name, parameter in activation.named_parameters()}
    assert [name for name, gradient in reached.items() if gradient is None or not gradient.any()] == []


def test_it_leaves_its_input_as_it_is(activation: nn.Module) -> None:
    given = maps()
    activation(given)
    torch.testing.assert_close(given, maps(), rtol=0, atol=0)


def test_two_of_it_learn_apart(subject: Subject) -> None:
    first, second = subject().eval(), subject().eval()
    before = second(maps())
    with torch.no_grad():
        for parameter in first.parameters():
            parameter.add_(1)
    torch.testing.assert_close(second(maps()), before, rtol=0, atol=0)


def test_a_copy_and_its_state_give_the_same(subject: Subject, activation: nn.Module) -> None:
    with torch.no_grad():
        for parameter in activation.parameters():
            parameter.add_(0.5)
    other = subject()
    other.load_state_dict(activation.state_dict())
    expected = activation.eval()(maps())
    torch.testing.assert_close(deepcopy(activation)(maps()), expected, rtol=0, atol=0)
    torch.testing.assert_close(other.eval()(maps()), expected, rtol=0, atol=0)

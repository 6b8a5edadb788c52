"""Depthwise convolutions that go backward another way: their gradients are those of float64, but for rounding."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from segkit.engine.depthwise import QuickDepthwise

LAYERS = {
    "stride 2": nn.Conv2d(12, 12, 3, stride=2, padding=1, groups=12, bias=False),
    "stride 2, nothing around": nn.Conv2d(12, 12, 3, stride=2, groups=12, bias=False),
    "5x5": nn.Conv2d(12, 12, 5, padding=2, groups=12, bias=False),
    "5x5, stride 2": nn.Conv2d(12, 12, 5, stride=2, padding=2, groups=12, bias=False),
    "7x3, strides 1 and 3": nn.Conv2d(12, 12, (7, 3), stride=(1, 3), padding=(3, 0), groups=12),
    "with a bias": nn.Conv2d(12, 12, 5, stride=2, padding=1, groups=12),
    # These are left to torch:
    "3x3": nn.Conv2d(12, 12, 3, padding=1, groups=12),
    "dilated": nn.Conv2d(12, 12, 5, padding=4, dilation=2, groups=12),
    "same": nn.Conv2d(12, 12, 5, padding="same", groups=12),
    "wide margins": nn.Conv2d(12, 12, 5, padding=6, groups=12),
    "two outputs a channel": nn.Conv2d(12, 24, 5, padding=2, groups=12),
    "dense": nn.Conv2d(12, 12, 5, stride=2, padding=2),
}


def _backward(
    layer: nn.Module, images: Tensor, how: contextlib.AbstractContextManager[object]
) -> tuple[Tensor, list[Tensor]]:
    """Give a layer's output and the gradients of the sum of its cubes: of the images, of the parameters."""
    layer, images = copy.deepcopy(layer), images.clone().requires_grad_()
    with how:
        output = layer(images)
    gradients = torch.autograd.grad((output.to(images.dtype) ** 3).sum(), [images, *layer.parameters()])
    return output.detach(), list(gradients)


@contextlib.contextmanager
def _quick() -> Iterator[None]:
    with torch.autocast("cpu", dtype=torch.bfloat16), QuickDepthwise():
        yield


@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("size", [(16, 16), (17, 20)])
@pytest.mark.parametrize("layer", [pytest.param(layer, id=name) for name, layer in LAYERS.items()])
def test_gradients_are_the_exact_ones_but_for_rounding(
    layer: nn.Conv2d, size: tuple[int, int], memory: torch.memory_format
) -> None:
    images = torch.randn(3, 12, *size, generator=torch.Generator().manual_seed(0)).to(memory_format=memory)
    exact, wanted = _backward(copy.deepcopy(layer).double(), images.double(), contextlib.nullcontext())
    output, gradients = _backward(layer, images, _quick())
    assert output.dtype == torch.bfloat16
    assert (output - exact).norm() < 0.01 * exact.norm()
    for gradient, right in zip(gradients, wanted, strict=True):
        assert gradient.dtype == torch.float32
        assert (gradient - right).norm() < 0.02 * right.norm()


@pytest.mark.parametrize(("layer", "name"), [(LAYERS["5x5"], "_Depthwise"), (LAYERS["3x3"], "Convolution")])
def test_only_what_is_slow_is_taken_over_and_only_under_autocast(layer: nn.Conv2d, name: str) -> None:
    images = torch.randn(1, 12, 16, 16)
    with QuickDepthwise():
        assert layer(images).grad_fn.name().startswith("Convolution")
        with torch.no_grad():
            assert layer(images).grad_fn is None
    with _quick():
        assert layer(images).grad_fn.name().startswith(name)

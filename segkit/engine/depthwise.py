"""Faster ways backward through depthwise convolutions in bfloat16 on a CPU."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.overrides import TorchFunctionMode

Pair = tuple[int, int]


class QuickDepthwise(TorchFunctionMode):
    """While entered, depthwise convolutions go backward another way, with the same result but for rounding.

    For strides above 1 and for kernels above 3x3 oneDNN has no quick bfloat16 kernel for the gradients: they take up to
    a hundred times as long as the way forward, and made more than half of a step with EfficientNet-Lite0
    (``benches/depthwise.py``). The gradient for the input is, after zeros are put between the rows and columns of the
    output's gradient, a convolution of stride 1, which is quick; that for a large kernel is quicker in float32. Under
    autocast only: what runs in float32 anyway is left alone, and so is every other convolution.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Take over where a convolution is one of those."""
        kwargs = kwargs or {}
        if func is torch.conv2d and torch.is_grad_enabled() and _in_bfloat16():
            return _conv2d(*args, **kwargs)
        return func(*args, **kwargs)


def _in_bfloat16() -> bool:
    return torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") == torch.bfloat16


def _conv2d(
    input: Tensor,  # noqa: A002 - so that it may be given by name
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | str | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    depthwise = 1 < groups == input.shape[1] == weight.shape[0] and input.ndim == 4
    if not depthwise or isinstance(padding, str) or _pair(dilation) != (1, 1):
        return torch.conv2d(input, weight, bias, stride, padding, dilation, groups)
    steps, kernel = _pair(stride), (weight.shape[2], weight.shape[3])
    margins = _pair(padding)
    quick = max(steps) == 1 and max(kernel) <= 3
    if quick or margins[0] >= kernel[0] or margins[1] >= kernel[1]:
        return torch.conv2d(input, weight, bias, stride, padding, dilation, groups)
    with torch.autocast("cpu", enabled=False):
        output: Tensor = _Depthwise.apply(input.bfloat16(), weight.bfloat16(), steps, margins)
        return output if bias is None else output + bias.bfloat16().view(1, -1, 1, 1)


def _pair(value: int | Sequence[int]) -> Pair:
    first, second = (value, value) if isinstance(value, int) else (value[0], value[-1])
    return first, second


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: Pair, padding: Pair) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.padding = stride, padding
        return torch.conv2d(x, weight, None, stride, padding, 1, len(weight))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        x, weight = ctx.saved_tensors
        for_input = for_weight = None
        if ctx.needs_input_grad[0]:
            for_input = _input_grad(grad, x, weight, ctx.stride, ctx.padding)
        if ctx.needs_input_grad[1]:
            for_weight = _weight_grad(grad, x, weight, ctx.stride, ctx.padding)
        return for_input, for_weight, None, None


def _input_grad(grad: Tensor, x: Tensor, weight: Tensor, stride: Pair, padding: Pair) -> Tensor:
    """Correlate the output's gradient, with zeros between its values, with the kernel turned by half a turn."""
    kernel = weight.shape[2], weight.shape[3]
    if stride != (1, 1):
        height, width = (x.shape[2 + axis] + 2 * padding[axis] - kernel[axis] + 1 for axis in (0, 1))
        spread = grad.new_zeros(len(grad), height, width, grad.shape[1]).permute(0, 3, 1, 2)  # channels last
        spread[:, :, :: stride[0], :: stride[1]] = grad
        grad = spread
    margins = kernel[0] - 1 - padding[0], kernel[1] - 1 - padding[1]
    return torch.conv2d(grad, weight.flip(2, 3), None, 1, margins, 1, len(weight))


def _weight_grad(grad: Tensor, x: Tensor, weight: Tensor, stride: Pair, padding: Pair) -> Tensor:
    wide = max(weight.shape[2:]) > 3
    tensors = [tensor.float() for tensor in (grad, x, weight)] if wide else [grad, x, weight]
    gradients = torch.ops.aten.convolution_backward(
        *tensors, None, stride, padding, (1, 1), False, (0, 0), len(weight), (False, True, False)
    )
    return gradients[1].to(weight.dtype)  # type: ignore[no-any-return]

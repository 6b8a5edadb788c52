"""M1-4: convolution, weight sharing, stacking.

What networks call convolution is cross-correlation: the kernel is not flipped. The assignment prints the transpose of
its own example. Sharing weights makes the layer *equivariant*: shift the input and the output shifts along; an
*invariant* one would not change at all, and that only pooling brings, in part.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.signal import convolve2d, correlate2d
from torch import Tensor, nn
from torch.nn import functional as F

import segkit

IMAGE = np.array([[2, 4, 9, 1, 4], [2, 1, 4, 4, 6], [1, 1, 2, 9, 2], [7, 3, 5, 1, 3], [2, 3, 4, 8, 5]])
KERNEL = np.array([[1, 2, 3], [-4, 7, 4], [2, -5, 1]])
RESULT = np.array([[51, 66, 20], [31, 49, 101], [15, 53, -2]])


def conv(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    as_maps = [torch.tensor(array, dtype=torch.float64)[None, None] for array in (image, kernel)]
    result: np.ndarray = F.conv2d(*as_maps)[0, 0].numpy()
    return result


def backbone(widths: list[int]) -> nn.Module:
    """The plain backbone, linear but for its pooling."""
    made: nn.Module = segkit.build(
        "backbone",
        "plain",
        {"widths": widths},
        in_channels=1,
        norm=lambda channels: segkit.build("norm", "none", channels=channels),
        activation=lambda: segkit.build("activation", "identity"),
    )
    return made.double()


def test_the_example_of_the_assignment_is_this_and_not_its_transpose() -> None:
    by_hand = [[int((IMAGE[r : r + 3, c : c + 3] * KERNEL).sum()) for c in range(3)] for r in range(3)]
    assert by_hand == RESULT.tolist()
    assert (conv(IMAGE, KERNEL) == RESULT).all()
    assert (conv(IMAGE, KERNEL) != RESULT.T).any()


def test_the_convolution_of_networks_is_the_cross_correlation_of_mathematics() -> None:
    assert (conv(IMAGE, KERNEL) == correlate2d(IMAGE, KERNEL, mode="valid")).all()
    assert (conv(IMAGE, KERNEL) != convolve2d(IMAGE, KERNEL, mode="valid")).any()
    assert (conv(IMAGE, KERNEL[::-1, ::-1].copy()) == convolve2d(IMAGE, KERNEL, mode="valid")).all()


def test_a_shifted_input_gives_a_shifted_output_and_not_the_same_one() -> None:
    image = np.zeros((16, 16))
    image[4:9, 4:9] = IMAGE
    before, after = conv(image, KERNEL), conv(np.roll(image, (2, 3), axis=(0, 1)), KERNEL)
    assert (after[2:, 3:] == before[:-2, :-3]).all()  # equivariant
    assert (after != before).any()  # not invariant


def test_pooling_makes_invariant_only_in_part() -> None:
    image = torch.zeros(1, 1, 16, 16)
    image[0, 0, 6, 6] = 1
    by_one, by_two = (image.roll((s, s), dims=(2, 3)) for s in (1, 2))
    assert torch.equal(F.max_pool2d(by_one, 2), F.max_pool2d(image, 2))
    assert not torch.equal(F.max_pool2d(by_two, 2), F.max_pool2d(image, 2))
    assert torch.equal(F.adaptive_max_pool2d(by_two, 1), F.adaptive_max_pool2d(image, 1))


def test_sharing_weights_saves_parameters() -> None:
    """3x3 from 3 to 16 channels: 3*3*3*16 + 16 = 448, at any size; dense on 32x32: 3,072 * 16,384 + 16,384."""

    def count(layer: nn.Module) -> int:
        return sum(parameter.numel() for parameter in layer.parameters())

    assert count(nn.Conv2d(3, 16, 3, padding=1)) == 448
    assert count(nn.Linear(3 * 32 * 32, 16 * 32 * 32, device="meta")) == 50_348_032


def seen(output_of: nn.Module, size: int, level: int, samples: int) -> tuple[int, int]:
    """Height and width of the input that the middle of a map depends on, by its gradient over random images."""
    image = torch.rand(samples, 1, size, size, dtype=torch.float64, requires_grad=True)
    maps: list[Tensor] = output_of(image)
    middle = maps[level].shape[-1] // 2
    maps[level][:, :, middle, middle].abs().sum().backward()
    assert image.grad is not None
    rows, columns = image.grad.abs().sum(dim=(0, 1)).nonzero(as_tuple=True)
    return int(rows.max() - rows.min() + 1), int(columns.max() - columns.min() + 1)


@pytest.mark.parametrize(("level", "field", "samples"), [(0, 5, 1), (1, 14, 200)])
def test_the_receptive_field_grows_with_depth_and_with_pooling(level: int, field: int, samples: int) -> None:
    """Each 3x3 adds 2 times the stride so far: 1 + 2 + 2 = 5; pooling adds 1: 6; then 2 * 2 twice: 14."""
    assert seen(backbone([3, 4]), 32, level, samples) == (field, field)


def test_a_single_convolution_sees_its_kernel_only() -> None:
    layer = nn.Conv2d(1, 1, 3, padding=1).double()
    assert seen(nn.Sequential(layer, _AsList()), 32, 0, 1) == (3, 3)


def test_strides_say_by_how_much_the_maps_are_coarser() -> None:
    stacked = backbone([2, 3, 4])
    assert tuple(stacked.strides) == (1, 2, 4)
    assert [tuple(m.shape[1:]) for m in stacked(torch.zeros(1, 1, 32, 48, dtype=torch.float64))] == [
        (2, 32, 48),
        (3, 16, 24),
        (4, 8, 12),
    ]


class _AsList(nn.Module):
    def forward(self, image: Tensor) -> list[Tensor]:
        return [image]

from __future__ import annotations

import math

import pytest
import torch

SIZES = [(32, 32), (33, 47), (100, 131), (64, 128)]


@pytest.fixture
def plain(make):
    def made(in_channels=3, norm="batch", activation="relu", **options):
        factory = make("backbone", "plain", **options)
        return factory(in_channels=in_channels, norm=make("norm", norm), activation=make("activation", activation))

    return made


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("in_channels", [1, 3])
def test_maps_have_the_declared_channels_and_strides(plain, size, in_channels):
    backbone = plain(in_channels)
    maps = backbone(torch.randn(2, in_channels, *size))
    assert backbone.channels == (16, 32, 64, 128, 256)
    assert backbone.strides == (1, 2, 4, 8, 16)
    for x, channels, stride in zip(maps, backbone.channels, backbone.strides, strict=True):
        assert x.shape == (2, channels, math.ceil(size[0] / stride), math.ceil(size[1] / stride))


def test_more_levels_than_the_image_can_halve_still_give_maps(plain):
    maps = plain(norm="group", widths=[2] * 9)(torch.randn(1, 3, 33, 32))
    assert [tuple(x.shape[2:]) for x in maps[-3:]] == [(1, 1)] * 3


def test_one_level(plain):
    backbone = plain(widths=[5])
    (x,) = backbone(torch.randn(1, 3, 32, 40))
    assert x.shape == (1, 5, 32, 40)
    assert backbone.strides == (1,)


@pytest.mark.parametrize("widths", [[], [16, 0], [-1]])
def test_wrong_widths_are_refused(plain, widths):
    with pytest.raises(ValueError, match="widths must be one or more positive channel counts, not"):
        plain(widths=widths)


@pytest.mark.parametrize(("norm", "convolutions_with_bias"), [("batch", 0), ("layer", 0), ("none", 4)])
def test_a_convolution_has_a_bias_only_where_the_norm_has_none(plain, norm, convolutions_with_bias):
    backbone = plain(norm=norm, widths=[4, 8])
    convolutions = [module for module in backbone.modules() if isinstance(module, torch.nn.Conv2d)]
    assert sum(convolution.bias is not None for convolution in convolutions) == convolutions_with_bias


def test_a_shift_by_the_stride_shifts_every_map_away_from_the_border(plain):
    backbone = plain(widths=[4, 8, 8]).eval().double()
    x = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    maps, shifted = backbone(x), backbone(torch.roll(x, (4, 8), dims=(2, 3)))
    for a, b, stride in zip(maps, shifted, backbone.strides, strict=True):
        moved = torch.roll(a, (4 // stride, 8 // stride), dims=(2, 3))
        edge = 24 // stride  # beyond the shift and the receptive field's half
        inner = (..., slice(edge, -edge), slice(edge, -edge))
        torch.testing.assert_close(b[inner], moved[inner], rtol=1e-10, atol=1e-12)


def test_the_receptive_field_of_two_stacked_convolutions_is_five(plain):
    backbone = plain(norm="none", activation="identity", widths=[3])
    x = torch.zeros(1, 3, 15, 15, requires_grad=True)
    backbone(x)[0][0, :, 7, 7].sum().backward()
    seen = x.grad.abs().sum((0, 1)) > 0
    assert seen[5:10, 5:10].all()
    assert seen.sum() == 25

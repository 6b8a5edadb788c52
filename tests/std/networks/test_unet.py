from __future__ import annotations

import pytest
import torch


@pytest.fixture
def unet(make):
    def made(channels, strides, norm="batch", **options):
        factory = make("decoder", "unet", **options)
        return factory(
            channels=channels, strides=strides, norm=make("norm", norm), activation=make("activation", "relu")
        )

    return made


@pytest.mark.parametrize("upsample", ["transposed", "bilinear"])
@pytest.mark.parametrize(
    ("channels", "strides", "sizes"),
    [
        ((4, 8, 16), (1, 2, 4), [(32, 48), (16, 24), (8, 12)]),
        ((4, 8, 16), (1, 2, 4), [(33, 47), (17, 24), (9, 12)]),  # a backbone that rounds up
        ((4, 8, 16), (4, 8, 16), [(8, 11), (4, 5), (2, 2)]),  # one that rounds down
        ((6, 6, 6), (16, 16, 16), [(3, 4)] * 3),  # a plain vision transformer
        ((4, 8), (2, 8), [(17, 24), (5, 6)]),
        ((4, 8), (7, 14), [(5, 7), (3, 4)]),
        ((4, 8), (12, 17), [(5, 7), (3, 4)]),
    ],
)
def test_the_result_is_as_fine_as_the_finest_map(unet, channels, strides, sizes, upsample):
    decoder = unet(channels, strides, upsample=upsample)
    maps = [torch.randn(2, c, *size) for c, size in zip(channels, sizes, strict=True)]
    assert decoder(maps).shape == (2, channels[0], *sizes[0])
    assert (decoder.out_channels, decoder.out_stride) == (channels[0], strides[0])


def test_widths_are_the_channels_after_each_step(unet):
    decoder = unet((4, 8, 16), (1, 2, 4), widths=[5, 7])
    assert decoder.out_channels == 5
    assert [conv[0][0].in_channels for conv in decoder.convs] == [7 + 8, 5 + 4]
    assert decoder([torch.randn(1, 4, 8, 8), torch.randn(1, 8, 4, 4), torch.randn(1, 16, 2, 2)]).shape == (1, 5, 8, 8)


def test_one_map_is_passed_through(unet):
    decoder = unet((6,), (4,))
    x = torch.randn(1, 6, 5, 5)
    assert decoder([x]) is x
    assert (decoder.out_channels, decoder.out_stride) == (6, 4)


@pytest.mark.parametrize("widths", [[4], [4, 0], [1, 2, 3]])
def test_wrong_widths_are_refused(unet, widths):
    with pytest.raises(ValueError, match="widths must be 2 positive channel counts, one fewer"):
        unet((4, 8, 16), (1, 2, 4), widths=widths)


def test_an_unknown_way_to_upsample_is_refused(unet):
    with pytest.raises(ValueError, match="upsample must be 'transposed' or 'bilinear', not 'nearest'"):
        unet((4, 8), (1, 2), upsample="nearest")


def test_every_map_reaches_the_result(unet):
    decoder = unet((4, 8, 16), (1, 2, 4), norm="none")
    maps = [torch.randn(1, c, s, s, requires_grad=True) for c, s in ((4, 8), (8, 4), (16, 2))]
    decoder(maps).sum().backward()
    assert all(x.grad.abs().sum() > 0 for x in maps)


def test_transposed_upsampling_places_each_pixels_kernel_side_by_side(unet):
    """Stride and kernel 2: output (2r + i, 2c + j) is input (r, c) times kernel (i, j), with no overlap."""
    up = unet((1, 1), (1, 2)).ups[0]
    torch.nn.init.zeros_(up.bias)
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 1, 2, 2)
    expected = torch.kron(x[0, 0], up.weight[0, 0])
    torch.testing.assert_close(up(x)[0, 0], expected)

"""What every decoder promises (``segkit.kinds.Decoder``)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from segkit.testing.subject import Subject

Levels = tuple[tuple[int, ...], tuple[int, ...]]

# Channels and strides as backbones have them: a U-Net's encoder, a ResNet, a plain vision transformer (all maps of one
# size), patches of 14 pixels, and a backbone of a single map.
BACKBONES = {
    "unet": ((8, 16, 24), (1, 2, 4)),
    "resnet": ((6, 8, 16, 24), (2, 4, 8, 16)),
    "vit": ((12, 12, 12), (16, 16, 16)),
    "patch14": ((8, 12), (14, 28)),
    "jump": ((8, 16), (4, 16)),
    "one": ((10,), (4,)),
}


@pytest.fixture(params=BACKBONES)
def levels(request: pytest.FixtureRequest) -> Levels:
    """Channels and strides of a backbone's maps."""
    return BACKBONES[request.param]


@pytest.fixture
def decoder(subject: Subject, levels: Levels) -> Any:
    return made(subject, levels)


def batch_norm(channels: int) -> nn.Module:
    return nn.BatchNorm2d(channels)


def made(subject: Subject, levels: Levels, norm: Any = batch_norm, activation: Any = nn.ReLU) -> Any:
    torch.manual_seed(0)
    channels, strides = levels
    return subject(channels=channels, strides=strides, norm=norm, activation=activation)


def maps_of(
    levels: Levels,
    size: tuple[int, int] = (64, 96),
    rounding: Callable[[float], int] = math.ceil,
    count: int = 2,
) -> list[Tensor]:
    """Random maps of images of a size."""
    generator = torch.Generator().manual_seed(1)
    return [
        torch.randn(count, c, *(max(1, rounding(side / stride)) for side in size), generator=generator)
        for c, stride in zip(*levels, strict=True)
    ]


@pytest.mark.parametrize("size", [(64, 96), (33, 47), (61, 130), (32, 32)], ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("rounding", [math.ceil, math.floor])
def test_its_map_is_the_one_that_it_declares_at_any_size(
    decoder: Any,
    levels: Levels,
    size: tuple[int, int],
    rounding: Callable[[float], int],
) -> None:
    with torch.no_grad():
        decoded = decoder.eval()(maps_of(levels, size, rounding))
    assert decoded.shape[:2] == (2, decoder.out_channels)
    for side, whole in zip(decoded.shape[2:], size, strict=True):
        assert abs(side - whole / decoder.out_stride) <= 1.5
    assert decoded.isfinite().all()


def test_gradient_reaches_every_parameter(decoder: Any, levels: Levels) -> None:
    decoded = decoder.train()([x.requires_grad_() for x in maps_of(levels)])
    torch.autograd.backward((decoded * torch.sin(7 * decoded.detach())).sum())
    gradients = {name: parameter.grad for name, parameter in decoder.named_parameters()}
    assert [name for name, g in gradients.items() if g is None or not g.isfinite().all()] == []


def test_gradient_reaches_the_backbone(decoder: Any, levels: Levels) -> None:
    maps = [x.requires_grad_() for x in maps_of(levels)]
    decoded = decoder.eval()(maps)
    torch.autograd.backward((decoded * torch.sin(7 * decoded.detach())).sum())
    assert any(x.grad is not None and x.grad.any() for x in maps)


def test_in_evaluation_an_image_depends_on_no_other(decoder: Any, levels: Levels) -> None:
    decoder.eval()
    with torch.no_grad():
        together = decoder(maps_of(levels))
        torch.testing.assert_close(decoder(maps_of(levels)), together, rtol=0, atol=0)
        alone = decoder([x[1:] for x in maps_of(levels)])
    torch.testing.assert_close(alone, together[1:], rtol=1e-4, atol=1e-5)


def test_the_layout_in_memory_is_no_matter(decoder: Any, levels: Levels) -> None:
    decoder.eval()
    with torch.no_grad():
        same = decoder([x.to(memory_format=torch.channels_last) for x in maps_of(levels)])
        torch.testing.assert_close(same, decoder(maps_of(levels)), rtol=1e-4, atol=1e-5)


def test_it_works_under_autocast(decoder: Any, levels: Levels) -> None:
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        decoded = decoder.eval()([x.bfloat16() for x in maps_of(levels)])
    assert decoded.isfinite().all()


def test_it_leaves_maps_and_list_as_they_are(decoder: Any, levels: Levels) -> None:
    given = maps_of(levels)
    with torch.no_grad():
        decoder.eval()(given)
    torch.testing.assert_close(given, maps_of(levels), rtol=0, atol=0)


def test_norms_and_activations_are_asked_for_as_their_kinds_are(subject: Subject) -> None:
    def norm(**engine_values: Any) -> nn.Module:
        assert list(engine_values) == ["channels"]
        return nn.GroupNorm(1, engine_values["channels"])

    def activation(**engine_values: Any) -> nn.Module:
        assert engine_values == {}
        return nn.SiLU()

    levels = BACKBONES["resnet"]
    decoder = made(subject, levels, norm, activation)
    assert decoder(maps_of(levels, count=1)).isfinite().all()
    assert [part for part in decoder.modules() if isinstance(part, nn.BatchNorm2d)] == []

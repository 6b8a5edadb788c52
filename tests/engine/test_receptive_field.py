"""What a column of a map depends on, against the arithmetic of kernels and strides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from torch import Tensor, nn

import segkit
from segkit.engine.receptive_field import facts_of, receptive_fields

Layers = Sequence[tuple[int, int]]  # (kernel, stride) of each layer on the longest way


def arithmetic(layers: Layers) -> int:
    """Each layer adds (kernel - 1) times the strides before it (Araujo, Norris and Sim, 2019, Distill)."""
    field, jump = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * jump
        jump *= stride
    return field


def one(*layers: nn.Module) -> Callable[[Tensor], list[Tensor]]:
    net = nn.Sequential(*layers).eval()
    return lambda image: [net(image)]


@pytest.mark.parametrize(
    ("layers", "stride", "expected"),
    [
        ([nn.Conv2d(1, 2, 1)], 1, 1),
        ([nn.Conv2d(1, 2, 3, padding=1)], 1, 3),
        ([nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.Conv2d(2, 1, 3, padding=1)], 1, 5),
        ([nn.Conv2d(1, 2, 3, padding=4, dilation=4)], 1, 9),
        ([nn.Conv2d(1, 2, 7, stride=2, padding=3), nn.MaxPool2d(3, 2, 1)], 4, 11),
        ([nn.AvgPool2d(8), nn.BatchNorm2d(1), nn.Conv2d(1, 1, 3, padding=1)], 8, 24),
        ([nn.Conv2d(1, 1, (3, 5), padding=(1, 2))], 1, 5),
        ([nn.Conv2d(1, 1, 2, padding=1)], 1, 2),
    ],
)
def test_stacked_layers(layers: list[nn.Module], stride: int, expected: int) -> None:
    assert receptive_fields(one(*layers), [stride], 1) == (expected,)


def test_weights_of_zero_count_too() -> None:
    conv = nn.Conv2d(1, 1, 5, padding=2)
    nn.init.zeros_(conv.weight)
    assert receptive_fields(one(conv), [1], 1) == (5,)


def test_a_field_wider_than_the_first_strip() -> None:
    assert receptive_fields(one(nn.Conv2d(1, 1, (1, 1401), padding=(0, 700))), [1], 1) == (1401,)


class Squeeze(nn.Module):
    def forward(self, image: Tensor) -> Tensor:
        return image * image.mean(dim=(2, 3), keepdim=True)


class Attention(nn.Module):
    def forward(self, image: Tensor) -> Tensor:
        tokens = nn.functional.avg_pool2d(image, 32).flatten(2).mT
        return nn.functional.scaled_dot_product_attention(tokens, tokens, tokens).mT[:, :, None]


@pytest.mark.parametrize(("module", "stride"), [(Squeeze(), 1), (Attention(), 32)])
def test_what_weighs_by_all_pixels_sees_the_whole_picture(module: nn.Module, stride: int) -> None:
    assert receptive_fields(one(module), [stride], 1) == (None,)


def test_each_map_has_its_own() -> None:
    first, second = nn.Conv2d(1, 1, 3, stride=2, padding=1), nn.Sequential(nn.Conv2d(1, 1, 3, padding=1), Squeeze())
    assert receptive_fields(lambda image: [first(image), second(first(image))], [2, 2], 1) == (3, None)


def test_the_plain_encoder_by_hand() -> None:
    backbone = segkit.build("backbone", "plain", {"widths": [4, 8, 8, 8]}, in_channels=3, norm=None, activation=None)
    # Two 3x3 see 5; a 2x2 maximum adds 1, and two 3x3 at stride 2 add 8: 14; then 2 + 16: 32; then 4 + 32: 68.
    facts = facts_of(backbone, 3)
    assert facts.receptive_fields == (5, 14, 32, 68)
    assert (facts.channels, facts.strides) == ((4, 8, 8, 8), (1, 2, 4, 8))
    convolutions = [(3, 4), (4, 4), (4, 8), (8, 8), (8, 8), (8, 8), (8, 8), (8, 8)]
    norms = 2 * sum(outputs for _, outputs in convolutions)
    # A convolution in front of a batch norm needs no bias.
    assert facts.parameters == sum(9 * inputs * outputs for inputs, outputs in convolutions) + norms
    assert backbone.training


STEM: Layers = [(7, 2), (3, 2)]  # of a ResNet, He et al., 2016, table 1


def stage(number: int) -> Layers:
    """Give the two basic blocks of a stage of ResNet-18."""
    return [(3, 1 if number == 1 else 2), (3, 1), (3, 1), (3, 1)]


def test_resnet18_has_the_field_of_its_kernels_and_strides() -> None:
    backbone: Any = segkit.build("backbone", "timm", {"name": "resnet18"}, in_channels=3, norm=None, activation=None)
    layers: list[tuple[int, int]] = [*STEM]
    expected = [arithmetic(STEM[:1])]
    for number in range(1, 5):
        layers += stage(number)
        expected.append(arithmetic(layers))
    assert expected == [7, 43, 99, 211, 435]
    facts = facts_of(backbone, 3)
    assert facts.receptive_fields == tuple(expected)
    assert facts.strides == (2, 4, 8, 16, 32)
    assert facts.parameters == 11_689_512 - 513_000  # He et al.'s network without its last layer, 512 x 1000 + 1000


def test_squeeze_and_excitation_makes_it_the_whole_picture() -> None:
    backbone = segkit.build(
        "backbone", "timm", {"name": "mobilenetv3_small_050"}, in_channels=3, norm=None, activation=None
    )
    assert facts_of(backbone, 3).receptive_fields[-1] is None


def test_show_tells_of_a_backbone_with_its_options(cli: Any) -> None:
    outcome = cli("show", "backbone", "plain", "widths=[4, 8]")
    assert outcome.code == 0
    assert outcome.out.splitlines()[-5:] == [
        "with widths=[4, 8], for 3 channels:",
        # 3x3 kernels: 3 to 4, 4 to 4, 4 to 8 and 8 to 8 channels, and a scale and a shift for each of the outputs
        f"  parameters: {9 * (3 * 4 + 4 * 4 + 4 * 8 + 8 * 8) + 2 * (4 + 4 + 8 + 8):,}",
        "  stride  channels  receptive field",
        "       1         4  5 px",
        "       2         8  14 px",
    ]


def test_show_says_where_a_map_sees_the_whole_picture(cli: Any) -> None:
    outcome = cli("show", "backbone", "timm", "name=mobilenetv3_small_050", "out_indices=[4]")
    assert outcome.out.splitlines()[-1] == "      32       288  the whole picture"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("backbone", "plain", "width=[4]"), "override width=[4]: width: backbone 'plain' has no such option"),
        (("backbone", "plain", "widths=[0]"), "widths must be one or more positive channel counts"),
        (("backbone", "plain", "widths"), "an override is key=value"),
        (("loss", "bce", "pos_weight=2"), "options can be tried on a backbone, not on a loss"),
    ],
)
def test_what_show_cannot_do_is_the_users_mistake(cli: Any, arguments: tuple[str, ...], told: str) -> None:
    outcome = cli("show", *arguments)
    assert outcome.code == 2
    assert told in outcome.err
    assert "Traceback" not in outcome.err

"""A chosen norm and activation stand in every layer of timm's models, and what was learned is kept."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file
from timm import layers
from timm.layers import BatchNormAct2d
from torch import nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from segkit_std.backbones._by_channels import ByChannels
from segkit_std.backbones._replace import replace
from segkit_std.backbones.timm import Timm

FAMILIES = [
    "resnet18",
    "mobilenetv3_small_050",  # hardswish, and hardsigmoid as a gate
    "tf_efficientnet_lite0",
    "regnety_002",
    "convnext_atto",
    "test_convnext",  # layer norm of (N, C, H, W) and of (N, H, W, C)
    "resnetv2_18",  # norm and activation in front of the convolution
    "densenet121",
    "hrnet_w18_small",
    "repvit_m1",
    "poolformerv2_s12",  # its own norms and activations
    "mobilevit_xxs",  # convolutions and tokens
    "swin_tiny_patch4_window7_224",
    "vit_tiny_patch16_224",
    "mvitv2_tiny",  # norms of queries, keys and values of each head
    "levit_128s",  # batch norm of tokens
]
ACTIVATIONS = ("relu", "relu6", "gelu", "silu", "hardswish", "leaky_relu", "elu", "mish", "hardtanh", "prelu")
NORMS = ("batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm")
GATES = ("sigmoid", "hardsigmoid", "softmax", "scaled_dot_product_attention")


class Calls(TorchFunctionMode):
    """Counts the functions that are called, whichever modules call them."""

    def __init__(self):
        super().__init__()
        self.names = Counter()

    def __torch_function__(self, function, types, args=(), kwargs=None):
        self.names[function.__name__.rstrip("_")] += 1
        return function(*args, **(kwargs or {}))

    def of(self, names):
        return sum(self.names[name] for name in names)


class Wave(nn.Module):
    """An activation that no model has, of none of the functions above."""

    def forward(self, maps):
        return torch.sin(maps)


class Unit(nn.Module):
    """A norm that no model has, of none of the functions above; takes maps only."""

    def __init__(self, channels):
        super().__init__()
        self.channels = channels
        self.weight = nn.Parameter(torch.ones(channels))

    def forward(self, maps):
        assert maps.ndim == 4
        assert maps.shape[1] == self.channels
        return torch.cos(maps) * self.weight.reshape(1, -1, 1, 1)


def counted(backbone, images):
    with Calls() as calls:
        maps = backbone(images)
    return maps, calls


@pytest.mark.parametrize("name", FAMILIES)
def test_each_call_of_a_norm_or_activation_is_one_of_the_chosen_and_gates_stay(name):
    images = torch.randn(2, 3, 67, 45)
    own, chosen = Timm(3, name), Timm(3, name, norm=Unit, activation=Wave)
    _, before = counted(own, images)
    maps, after = counted(chosen, images)
    assert before.of(ACTIVATIONS) > 0
    assert before.of(NORMS) > 0
    assert (after.of(ACTIVATIONS), after.of(NORMS)) == (0, 0)
    assert after.names["sin"] == before.of(ACTIVATIONS) + before.names["sin"]
    assert after.names["cos"] == before.of(NORMS) + before.names["cos"]
    assert after.of(GATES) == before.of(GATES)
    assert [x.shape[1] for x in maps] == list(own.channels)
    sum(x.square().mean() for x in maps).backward()
    for key, parameter in chosen.named_parameters():
        assert parameter.grad is not None, key
        assert torch.isfinite(parameter.grad).all(), key


@pytest.mark.parametrize(
    ("name", "activations", "norms"),
    [
        ("resnet18", 1 + 8 * 2, 1 + 8 * 2 + 3),  # the stem, eight blocks of two, three shortcuts
        ("regnety_002", 1 + 13 * 4, 1 + 13 * 3 + 4),  # a block's fourth activation is inside squeeze-and-excitation
        ("vit_tiny_patch16_224", 12, 24),
        ("convnext_atto", 12, 1 + 12 + 3),  # the stem, twelve blocks, three downsamplings
    ],
)
def test_the_layers_are_as_many_as_the_architecture_has(name, activations, norms):
    backbone = Timm(3, name, norm=Unit, activation=Wave)
    kinds = Counter(type(module) for module in backbone.modules())
    assert (kinds[Wave], kinds[Unit]) == (activations, norms)


def shaken(name):
    """The state of a feature model whose norms have learned something."""
    torch.manual_seed(1)
    state = timm.create_model(name, features_only=True).state_dict()
    for value in state.values():
        if value.dtype == torch.float32 and value.ndim == 1:
            value.uniform_(0.5, 1.5)
    return state


@pytest.mark.parametrize(
    ("name", "norm"),
    [
        ("resnet18", "sync_batch"),
        ("tf_efficientnet_lite0", "batch"),  # BatchNormAct2d with an eps of its own
        ("mobilenetv3_small_050", "sync_batch"),
        ("levit_128s", "batch"),
        ("convnext_atto", "layer"),
        ("test_convnext", "layer"),
        ("vit_tiny_patch16_224", "layer"),
        ("swin_tiny_patch4_window7_224", "layer"),
        ("mvitv2_tiny", "layer"),
    ],
)
def test_a_norm_of_the_same_formula_gives_the_same_maps_with_the_weights_of_a_file(make, tmp_path, name, norm):
    path = tmp_path / "weights.safetensors"
    save_file(shaken(name), path)
    own = Timm(3, name, pretrained=path)
    chosen = Timm(3, name, pretrained=path, norm=make("norm", norm))
    images = torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        for ours, theirs in zip(chosen.eval()(images), own.eval()(images), strict=True):
            torch.testing.assert_close(ours, theirs, rtol=2e-3, atol=2e-3)
    kind = type(make("norm", norm)(channels=1))
    norms = [module for module in chosen.net.modules() if "Norm" in type(module).__name__ and not [*module.children()]]
    assert {type(module) for module in norms} == {kind}


@pytest.mark.parametrize(("norm", "kept"), [("group", {"weight", "bias"}), ("rms", {"weight"}), ("none", set())])
def test_of_another_norm_weight_and_bias_are_kept_where_it_has_them(make, tmp_path, norm, kept):
    state = shaken("resnet18")
    save_file(state, tmp_path / "weights.safetensors")
    backbone = Timm(3, "resnet18", pretrained=tmp_path / "weights.safetensors", norm=make("norm", norm))
    found = backbone.net.state_dict()
    assert {key for key in ("weight", "bias", "running_mean") if f"layer2.0.bn1.{key}" in found} == kept
    for key, value in found.items():
        assert torch.equal(value, state[key]), key


def test_a_layer_of_the_chosen_type_stays_as_it_is():
    net = timm.create_model("resnet18", features_only=True)
    before = list(net.modules())
    replace(net, "resnet18", lambda channels: nn.BatchNorm2d(channels, eps=0.1), nn.ReLU)
    assert all(a is b for a, b in zip(before, net.modules(), strict=True))
    assert net.bn1.eps == 1e-5


def test_only_the_norm_is_chosen(make):
    backbone = Timm(3, "mobilenetv3_small_050", norm=make("norm", "group"))
    kinds = Counter(type(module).__name__ for module in backbone.modules())
    own = Counter(
        type(module).__name__ for module in timm.create_model("mobilenetv3_small_050", features_only=True).modules()
    )
    assert kinds["BatchNormAct2d"] == 0
    assert kinds["GroupNorm"] == own["BatchNormAct2d"] + own["BatchNorm2d"] == 34
    assert (kinds["Hardswish"], kinds["ReLU"]) == (own["Hardswish"], own["ReLU"])


def test_only_the_activation_is_chosen_also_inside_a_norm_that_has_one():
    backbone = Timm(3, "mobilenetv3_small_050", activation=nn.Mish)
    norms = [module for module in backbone.modules() if isinstance(module, BatchNormAct2d)]
    assert norms
    assert {type(norm.act) for norm in norms} == {nn.Mish, nn.Identity}
    assert not [module for module in backbone.modules() if isinstance(module, (nn.ReLU, nn.Hardswish))]


def test_the_gate_of_squeeze_and_excitation_stays_and_its_inner_activation_does_not():
    backbone = Timm(3, "mobilenetv3_small_050", activation=nn.Mish)
    blocks = [module for module in backbone.modules() if type(module).__name__ == "SqueezeExcite"]
    assert len(blocks) == 9
    assert {(type(block.act1), type(block.gate)) for block in blocks} == {(nn.Mish, nn.Hardsigmoid)}


def test_an_activation_that_is_made_of_another_is_replaced_as_a_whole():
    backbone = Timm(3, "poolformerv2_s12", activation=nn.Mish)  # its StarReLU scales and squares a ReLU
    assert not [module for module in backbone.modules() if "ReLU" in type(module).__name__]
    assert sum(isinstance(module, nn.Mish) for module in backbone.modules()) == 12


def test_each_layer_has_its_own_learned_slope():
    backbone = Timm(3, "resnet18", activation=nn.PReLU)
    assert (
        sum(key.endswith("act1.weight") or key.endswith("act2.weight") for key, _ in backbone.named_parameters()) == 17
    )


def test_a_new_layer_trains_or_evaluates_as_the_one_before(make):
    net = nn.Sequential(nn.BatchNorm2d(2).eval(), nn.BatchNorm2d(2), nn.ReLU())
    replace(net, "made for this test", make("norm", "sync_batch"), nn.SiLU)
    assert [module.training for module in net] == [False, True, True]


def test_tokens_maps_and_vectors_are_normalized_over_their_own_axes(make):
    norm = ByChannels(make("norm", "instance")(channels=4), -1).double()
    for shape in [(2, 7, 4), (2, 5, 3, 4), (2, 3, 2, 3, 4)]:
        x = np.random.default_rng(0).normal(3, 2, shape)
        axes = tuple(range(1, len(shape) - 1))
        mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
        result = norm(torch.from_numpy(x)).detach().numpy()
        np.testing.assert_allclose(result, (x - mean) / np.sqrt(variance + 1e-5), rtol=1e-10)
    vectors = ByChannels(make("norm", "layer")(channels=4), -1)
    x = torch.randn(3, 4)
    torch.testing.assert_close(vectors(x), F.layer_norm(x, (4,), eps=1e-6))


@pytest.mark.parametrize("shape", [(6, 4), (2, 4, 7)])
def test_channels_on_the_second_axis_are_normalized_as_torch_does_it(make, shape):
    x = torch.randn(shape)
    torch.testing.assert_close(ByChannels(make("norm", "batch")(channels=4), 1)(x), nn.BatchNorm1d(4)(x))


def test_one_layer_in_several_places_stays_one():
    act = nn.ReLU()
    net = nn.Sequential(act, nn.Conv2d(3, 3, 1), act)
    net.alias = act
    replace(net, "made for this test", None, nn.PReLU)
    assert type(net[0]) is nn.PReLU
    assert net[0] is net[2] is net.alias


def test_hooks_that_sit_on_a_replaced_layer_are_called_with_the_new_ones_maps(make):
    net, seen = nn.Sequential(BatchNormAct2d(3)), []
    net[0].register_forward_hook(lambda module, inputs, output: seen.append(output))
    replace(net, "made for this test", make("norm", "group"), nn.SiLU)
    x = torch.randn(2, 3, 4, 4)
    assert torch.equal(net(x), seen[0])
    torch.testing.assert_close(seen[0], F.silu(F.group_norm(x, 3)))


@pytest.mark.parametrize(
    ("norm", "axis"),
    [
        (nn.BatchNorm1d(4), 1),
        (nn.BatchNorm2d(4), None),
        (nn.SyncBatchNorm(4), None),
        (nn.InstanceNorm2d(4), None),
        (nn.GroupNorm(2, 4), None),
        (layers.GroupNorm1(4), None),
        (nn.LayerNorm(4), -1),
        (nn.RMSNorm(4), -1),
        (layers.LayerNorm(4), -1),
        (layers.RmsNorm(4), -1),
        (layers.SimpleNorm(4), -1),
        (layers.LayerNorm2d(4), None),
        (layers.RmsNorm2d(4), None),
        (layers.LayerNormAct2d(4), None),
        (layers.LayerNormAct(4), -1),
        (layers.GroupNormAct(4, num_groups=2), None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_a_norm_is_taken_for_what_it_is_over(norm, axis):
    net = nn.Sequential(norm)
    x = torch.randn({-1: (2, 5, 6, 4), 1: (2, 4, 7), None: (2, 4, 5, 6)}[axis])
    expected = net(x).shape
    replace(net, "made for this test", Unit, None)
    assert net(x).shape == expected
    wrappers = [module for module in net.modules() if isinstance(module, ByChannels)]
    assert [module.axis for module in wrappers] == ([] if axis is None else [axis])
    assert sum(isinstance(module, Unit) for module in net.modules()) == 1


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("resnetv2_50d_evos", "EvoNorm2dS0"),
        ("resnetv2_50d_frn", "FilterResponseNormTlu2d"),
        ("dm_nfnet_f0", "GammaAct"),
    ],
)
def test_a_layer_that_is_more_than_a_norm_or_an_activation_is_refused_by_name(name, layer):
    with pytest.raises(
        ValueError, match=rf"activation must be left to timm's '{name}', whose {layer} is more than that"
    ):
        Timm(3, name, activation=nn.ReLU)


def test_a_norm_over_more_than_the_channels_is_refused(make):
    with pytest.raises(ValueError, match=r"norm must be left to timm's 'x', whose LayerNorm\(\(4, 4\).*write null"):
        replace(nn.Sequential(nn.LayerNorm((4, 4))), "x", make("norm", "batch"), None)

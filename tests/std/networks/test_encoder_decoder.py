from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from segkit.assembly import Assembly, assemble
from segkit.discovery import catalog
from segkit.recipe import dump, read_recipe
from segkit_std.activations.specs import SPECS as ACTIVATIONS
from segkit_std.models.encoder_decoder import EncoderDecoder
from segkit_std.norms.rms import RMSNorm
from segkit_std.norms.specs import SPECS as NORMS

CLASSES = ("sky", "sea", "land", "boat")


@pytest.fixture
def model(make):
    def made(in_channels=3, classes=2, widths=(4, 8, 16), decoder=None, norm="batch", activation="relu", **options):
        return EncoderDecoder(
            in_channels,
            CLASSES[:classes],
            make("backbone", "plain", widths=widths),
            make("decoder", "unet", **(decoder or {})),
            make("norm", norm),
            make("activation", activation),
            **options,
        )

    return made


@pytest.mark.parametrize("size", [(32, 32), (33, 47), (100, 131)])
@pytest.mark.parametrize(("classes", "outputs"), [(2, 1), (3, 3), (4, 4)])
def test_logits_have_the_images_size_and_one_map_a_class_or_one_for_two(model, size, classes, outputs):
    assert model(classes=classes)(torch.randn(2, 3, *size)).shape == (2, outputs, *size)


def test_the_parameters_of_the_labs_unet(model):
    """64-128-256-512-1024 with batch norm, counted by hand."""

    def double(i: int, o: int) -> int:
        return 9 * i * o + 9 * o * o + 4 * o  # two convolutions without bias, and scale and shift of two norms

    encoder = double(3, 64) + double(64, 128) + double(128, 256) + double(256, 512) + double(512, 1024)
    up = sum(2 * w * w * 4 + w for w in (64, 128, 256, 512))  # transposed 2x2 convolutions 2w -> w, with bias
    decoder = sum(double(2 * w, w) for w in (64, 128, 256, 512))
    head = 64 + 1
    network = model(widths=[64, 128, 256, 512, 1024])
    assert sum(p.numel() for p in network.parameters()) == encoder + up + decoder + head == 31_037_633


@pytest.mark.parametrize("norm", [spec.name for spec in NORMS])
@pytest.mark.parametrize("activation", [spec.name for spec in ACTIVATIONS])
def test_every_norm_with_every_activation_steps_once_and_reaches_every_parameter(model, norm, activation):
    network = model(norm=norm, activation=activation, classes=3)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    before = [p.detach().clone() for p in network.parameters()]
    logits = network(torch.randn(2, 3, 33, 32))
    torch.nn.functional.cross_entropy(logits, torch.randint(3, (2, 33, 32))).backward()
    for name, parameter in network.named_parameters():
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.abs().sum() > 0, name
    optimizer.step()
    assert any(not torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))


@pytest.mark.parametrize("upsample", ["transposed", "bilinear"])
def test_a_few_steps_learn_where_the_bright_half_is(model, upsample):
    network = model(norm="group", decoder={"upsample": upsample})
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    images = torch.rand(2, 3, 32, 32) * 0.4
    target = torch.zeros(2, 1, 32, 32)
    target[..., 16:, :] = 1
    images += 0.6 * target
    for _ in range(30):
        optimizer.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(network(images), target).backward()
        optimizer.step()
    assert ((network.eval()(images) > 0) == target.bool()).float().mean() > 0.99


def test_a_coarser_decoder_map_is_resized_bilinearly(make):
    """A head that is the identity on a stride-2 ramp: between the sample points the ramp goes on straight."""

    class Ramp(torch.nn.Module):
        channels, strides = (1,), (2,)

        def forward(self, images):
            return [torch.arange(8.0).reshape(1, 1, 1, 8).expand(1, 1, 4, 8)]

    network = EncoderDecoder(
        3, CLASSES[:2], lambda **_: Ramp(), make("decoder", "unet"), make("norm", "none"), make("activation", "relu")
    )
    torch.nn.init.ones_(network.head.weight)
    torch.nn.init.zeros_(network.head.bias)
    row = network(torch.zeros(1, 3, 8, 16))[0, 0, 3]
    torch.testing.assert_close(row[1:-1], torch.arange(1, 15) / 2 - 0.25)


def test_the_backbones_mean_and_std_are_passed_on_only_when_it_has_them(model, make):
    assert not hasattr(model(), "mean")
    network = model()
    backbone = network.backbone
    backbone.mean, backbone.std = (0.5,) * 3, (0.2,) * 3
    with_statistics = EncoderDecoder(
        3, CLASSES[:2], lambda **_: backbone, make("decoder", "unet"), make("norm", "batch"), make("activation", "relu")
    )
    assert (with_statistics.mean, with_statistics.std) == ((0.5,) * 3, (0.2,) * 3)


def test_names_in_the_place_of_factories_are_refused_with_the_remedy():
    with pytest.raises(
        ValueError, match=r"must be factories here.*pass such as Plain and UNet, not 'plain' and 'unet'"
    ):
        EncoderDecoder(3, CLASSES[:2])


def assembled(recipe, *overrides) -> Assembly:
    return assemble(read_recipe(recipe, overrides, catalog()), catalog())


def kinds(module):
    """The classes of a model's layers that are neither containers nor convolutions."""
    others = (torch.nn.Conv2d, torch.nn.ConvTranspose2d, torch.nn.MaxPool2d, torch.nn.Identity, torch.nn.Dropout)
    return {type(layer) for layer in module.modules() if not [*layer.children()] and not isinstance(layer, others)}


@pytest.mark.parametrize("backbone", ["plain", "timm"])
def test_a_chosen_norm_and_activation_are_all_that_backbone_and_decoder_have(make, backbone):
    options = {"name": "resnetv2_18"} if backbone == "timm" else {"widths": (4, 8)}
    chosen = make("norm", "rms"), make("activation", "mish")
    network = EncoderDecoder(
        3,
        CLASSES[:2],
        make("backbone", backbone, **options),
        make("decoder", "unet"),
        norm=chosen[0],
        activation=chosen[1],
    )
    expected = {type(chosen[0](channels=1)), torch.nn.Mish}
    assert kinds(network.backbone) == kinds(network.decoder) == expected


def test_without_a_choice_each_part_has_its_own(make):
    own = {torch.nn.BatchNorm2d, torch.nn.ReLU}
    network = EncoderDecoder(3, CLASSES[:2], make("backbone", "plain"), make("decoder", "unet"))
    assert kinds(network.backbone) == kinds(network.decoder) == own
    network = EncoderDecoder(3, CLASSES[:2], make("backbone", "timm", name="convnext_atto"), make("decoder", "unet"))
    assert {kind.__name__ for kind in kinds(network.backbone)} == {"LayerNorm2d", "GELU"}
    assert not kinds(network.backbone) & own
    assert kinds(network.decoder) == own


def test_the_norm_alone_can_be_chosen(make):
    network = EncoderDecoder(
        3,
        CLASSES[:2],
        make("backbone", "timm", name="resnetv2_18"),
        make("decoder", "unet"),
        norm=make("norm", "group"),
    )
    expected = {type(make("norm", "group")(channels=1)), torch.nn.ReLU}
    assert kinds(network.backbone) == kinds(network.decoder) == expected


def test_a_recipe_that_leaves_the_norm_to_each_part_is_written_with_null_and_read_again(tmp_path):
    recipe = assembled("horizon_timm").describe()
    assert (recipe["model"]["norm"], recipe["model"]["activation"]) == (None, None)
    (tmp_path / "written.yaml").write_text(dump(recipe))
    again = assembled(tmp_path / "written.yaml")
    assert again.describe() == recipe
    model = again.model(in_channels=3, classes=CLASSES[:2])
    assert "Hardswish" in {kind.__name__ for kind in kinds(model.backbone)}
    assert kinds(model.decoder) == {torch.nn.BatchNorm2d, torch.nn.ReLU}


def test_a_recipe_takes_a_choice_back_with_null_and_makes_it_with_a_name():
    model = assembled("horizon_unet", "model.norm=null").model
    assert model.options["norm"] is None
    model = assembled("horizon_timm", "model.norm=rms", "model.activation=mish").model(
        in_channels=3, classes=CLASSES[:2]
    )
    assert torch.nn.Hardswish not in kinds(model.backbone)
    assert {RMSNorm, torch.nn.Mish} == kinds(model.backbone) & kinds(model.decoder)


def test_one_class_is_refused(model):
    with pytest.raises(ValueError, match="classes must be two or more names"):
        model(classes=1)


@pytest.mark.parametrize("kernel", [0, 2, -1])
def test_an_even_head_kernel_is_refused(model, kernel):
    with pytest.raises(ValueError, match="head_kernel must be odd and positive"):
        model(head_kernel=kernel)


def test_a_wider_head_keeps_the_size(model):
    assert model(head_kernel=3)(torch.randn(1, 3, 33, 47)).shape == (1, 1, 33, 47)


def test_weights_survive_a_round_trip(model, tmp_path):
    first, second = model(), model()
    torch.save(first.state_dict(), tmp_path / "weights.pth")
    second.load_state_dict(torch.load(tmp_path / "weights.pth", weights_only=True))
    x = torch.randn(1, 3, 40, 40)
    assert torch.equal(first.eval()(x), second.eval()(x))


def test_evaluation_is_deterministic_and_independent_of_the_batch(model):
    network = model().eval()
    x = torch.randn(3, 3, 33, 47)
    assert torch.equal(network(x), network(x))
    torch.testing.assert_close(network(x)[1:2], network(x[1:2]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("norm", [spec.name for spec in NORMS])
def test_bfloat16_autocast_is_near_float32_and_trains(model, norm):
    network = model(norm=norm)
    x = torch.randn(2, 3, 33, 47)
    with torch.autocast("cpu", torch.bfloat16):
        logits = network(x)
        logits.float().square().mean().backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())
    torch.testing.assert_close(logits.float(), network(x), rtol=0.1, atol=0.1)


def test_channels_last_gives_the_same_logits(model):
    network = model(norm="layer").eval()
    x = torch.randn(2, 3, 33, 47)
    expected = network(x)
    result = network.to(memory_format=torch.channels_last)(x.to(memory_format=torch.channels_last))
    torch.testing.assert_close(result, expected, rtol=1e-4, atol=1e-5)


def test_float64_is_kept(model):
    assert model().double()(torch.randn(2, 3, 32, 32, dtype=torch.float64)).dtype == torch.float64


def test_a_pyramid_gives_the_mean_of_what_is_seen_at_each_size(model):
    network = model(eval_pyramid=[1, 0.5, 1.5]).eval()
    images = torch.randn(2, 3, 32, 48)
    small = images.reshape(2, 3, 16, 2, 24, 2).mean(dim=(3, 5))  # of four pixels each
    large = F.interpolate(images, (48, 72), mode="bilinear")
    with torch.no_grad():
        seen = network(images)
        network.eval_pyramid = (1,)
        one, half, more = network(images), network(small), network(large)
    expected = one + F.interpolate(half, (32, 48), mode="bilinear") + F.interpolate(more, (32, 48), mode="area")
    torch.testing.assert_close(seen, expected / 3)


def test_a_pyramid_leaves_training_alone(model):
    torch.manual_seed(0)
    plain = model()
    pyramid = model(eval_pyramid=[0.5, 1])
    pyramid.load_state_dict(plain.state_dict())
    images = torch.randn(2, 3, 32, 48)
    assert torch.equal(plain(images), pyramid(images))
    assert not torch.equal(plain.eval()(images), pyramid.eval()(images))


def test_a_pyramid_keeps_an_odd_size(model):
    assert model(classes=3, eval_pyramid=[0.5, 0.7, 1.3]).eval()(torch.randn(1, 3, 33, 47)).shape == (1, 3, 33, 47)


@pytest.mark.parametrize("pyramid", [[], [0], [1, -1], [float("inf")], [float("nan")]])
def test_a_pyramid_needs_factors_above_0(model, pyramid):
    with pytest.raises(ValueError, match=r"eval_pyramid must be factors above 0.*give such as \[1, 0.5\]"):
        model(eval_pyramid=pyramid)

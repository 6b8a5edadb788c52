from __future__ import annotations

import numpy as np
import pytest
import torch

from segkit_std.norms.frn import FilterResponseNorm
from segkit_std.norms.group import GroupNorm
from segkit_std.norms.specs import SPECS

NAMES = [spec.name for spec in SPECS]
PER_IMAGE = ["group", "layer", "instance", "rms", "frn"]


def by_formula(x: np.ndarray, axes: tuple[int, ...], eps: float) -> np.ndarray:
    mean = x.mean(axis=axes, keepdims=True)
    variance = ((x - mean) ** 2).mean(axis=axes, keepdims=True)
    return (x - mean) / np.sqrt(variance + eps)


def with_random_affine(norm):
    torch.nn.init.normal_(norm.weight)
    torch.nn.init.normal_(norm.bias)
    weight, bias = (p.detach().numpy().reshape(1, -1, 1, 1) for p in (norm.weight, norm.bias))
    return norm, weight, bias


@pytest.mark.parametrize(
    ("name", "axes", "eps"),
    [
        ("batch", (0, 2, 3), 1e-5),
        ("sync_batch", (0, 2, 3), 1e-5),
        ("layer", (1,), 1e-6),
        ("instance", (2, 3), 1e-5),
    ],
)
def test_a_norm_is_its_formula(make, name, axes, eps):
    norm, weight, bias = with_random_affine(make("norm", name)(channels=6).double())
    x = torch.randn(3, 6, 5, 7, dtype=torch.float64) * 3 + 2
    expected = by_formula(x.numpy(), axes, eps) * weight + bias
    np.testing.assert_allclose(norm(x).detach().numpy(), expected, rtol=1e-10, atol=1e-12)


def test_group_norm_is_its_formula(make):
    norm, weight, bias = with_random_affine(make("norm", "group", groups=3)(channels=6).double())
    x = torch.randn(3, 6, 5, 7, dtype=torch.float64) * 3 + 2
    grouped = by_formula(x.numpy().reshape(3, 3, 2, 5, 7), (2, 3, 4), 1e-5).reshape(3, 6, 5, 7)
    np.testing.assert_allclose(norm(x).detach().numpy(), grouped * weight + bias, rtol=1e-10, atol=1e-12)


def test_rms_norm_is_its_formula(make):
    norm = make("norm", "rms")(channels=6).double()
    torch.nn.init.normal_(norm.weight)
    x = torch.randn(3, 6, 5, 7, dtype=torch.float64) * 3 + 2
    values = x.numpy()
    expected = values / np.sqrt((values**2).mean(1, keepdims=True) + 1e-6)
    expected *= norm.weight.detach().numpy().reshape(1, -1, 1, 1)
    np.testing.assert_allclose(norm(x).detach().numpy(), expected, rtol=1e-10, atol=1e-12)


def test_rms_norm_is_layer_norm_where_the_channels_have_no_mean(make):
    x = torch.randn(2, 6, 4, 5, dtype=torch.float64)
    x -= x.mean(1, keepdim=True)
    rms, layer = make("norm", "rms")(channels=6).double(), make("norm", "layer")(channels=6).double()
    torch.testing.assert_close(rms(x), layer(x), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("threshold", [False, True])
def test_frn_is_its_formula(make, threshold):
    norm, weight, bias = with_random_affine(make("norm", "frn", threshold=threshold)(channels=6).double())
    x = torch.randn(3, 6, 5, 7, dtype=torch.float64) * 3 + 2
    values = x.numpy()
    expected = values / np.sqrt((values**2).mean((2, 3), keepdims=True) + 1e-6) * weight + bias
    if threshold:
        torch.nn.init.normal_(norm.threshold)
        expected = np.maximum(expected, norm.threshold.detach().numpy().reshape(1, -1, 1, 1))
    np.testing.assert_allclose(norm(x).detach().numpy(), expected, rtol=1e-10, atol=1e-12)


def test_frns_thresholded_linear_unit_is_a_relu_between_two_shifts():
    unit, plain = FilterResponseNorm(4, threshold=True), FilterResponseNorm(4)
    torch.nn.init.normal_(unit.threshold)
    plain.bias.data -= unit.threshold.data
    x = torch.randn(2, 4, 5, 6)
    shift = unit.threshold.reshape(1, 4, 1, 1)
    torch.testing.assert_close(unit(x), torch.relu(plain(x)) + shift)
    unit(x).sum().backward()
    below = (plain(x) <= 0).sum((0, 2, 3)).float()  # where the threshold is what is given, it has a slope of one
    torch.testing.assert_close(unit.threshold.grad, below)


def test_frn_does_not_change_with_a_maps_scale_but_with_its_shift():
    norm = FilterResponseNorm(3)
    x = torch.randn(2, 3, 5, 6) + 1
    torch.testing.assert_close(norm(100 * x), norm(x), rtol=1e-4, atol=1e-5)
    assert (norm(x + 5) - norm(x)).abs().max() > 0.5


@pytest.mark.parametrize("name", ["rms", "frn"])
def test_float16_maps_whose_squares_overflow_are_normalized(make, name):
    x = torch.randn(2, 8, 6, 6) * 1000
    result = make("norm", name)(channels=8).half()(x.half())
    torch.testing.assert_close(result.float(), make("norm", name)(channels=8)(x), rtol=0.01, atol=0.01)


def test_one_group_is_the_layer_norm_over_channels_and_pixels(make):
    x = torch.randn(2, 6, 4, 5, dtype=torch.float64)
    ours = make("norm", "group", groups=1)(channels=6).double()(x)
    np.testing.assert_allclose(ours.detach().numpy(), by_formula(x.numpy(), (1, 2, 3), 1e-5), rtol=1e-10)


@pytest.mark.parametrize("name", ["batch", "sync_batch"])
def test_batch_norm_keeps_the_unbiased_variance_and_uses_it_in_evaluation(make, name):
    norm = make("norm", name)(channels=4).double()
    x = torch.randn(2, 4, 3, 3, dtype=torch.float64) * 2 + 1
    norm(x)
    values = x.numpy().transpose(1, 0, 2, 3).reshape(4, -1)
    mean, variance = 0.1 * values.mean(1), 0.9 * 1 + 0.1 * values.var(1, ddof=1)
    np.testing.assert_allclose(norm.running_mean.numpy(), mean, rtol=1e-12)
    np.testing.assert_allclose(norm.running_var.numpy(), variance, rtol=1e-12)
    shape = (1, 4, 1, 1)
    expected = (x.numpy() - mean.reshape(shape)) / np.sqrt(variance.reshape(shape) + 1e-5)
    np.testing.assert_allclose(norm.eval()(x).detach().numpy(), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("channels", "groups", "used"), [(16, 8, 8), (12, 8, 6), (7, 8, 7), (13, 8, 1), (1, 8, 1), (4, 8, 4), (20, 8, 5)]
)
def test_groups_are_the_largest_divisor_of_the_channels(channels, groups, used):
    assert GroupNorm(channels, groups).groups == used


def test_no_groups_are_refused():
    with pytest.raises(ValueError, match="groups must be at least 1, not 0"):
        GroupNorm(4, groups=0)


@pytest.mark.parametrize("name", PER_IMAGE)
def test_the_result_does_not_depend_on_the_rest_of_the_batch(make, name):
    norm = make("norm", name)(channels=8)
    x = torch.randn(4, 8, 5, 6)
    torch.testing.assert_close(norm(x)[:1], norm(x[:1]))


@pytest.mark.parametrize("name", ["batch", "sync_batch"])
def test_batch_norm_depends_on_the_rest_of_the_batch(make, name):
    norm = make("norm", name)(channels=8)
    x = torch.randn(4, 8, 5, 6)
    assert (norm(x)[:1] - norm(x[:1])).abs().max() > 0.01


@pytest.mark.parametrize("channels", [1, 8])
@pytest.mark.parametrize("name", [*PER_IMAGE, "none"])
def test_a_single_pixel_alone_in_training(make, name, channels):
    norm = make("norm", name)(channels=channels).train()
    x = torch.randn(1, channels, 1, 1, requires_grad=True)
    result = norm(x)
    result.sum().backward()
    assert result.shape == x.shape
    assert torch.isfinite(result).all()
    assert torch.isfinite(x.grad).all()


@pytest.mark.parametrize("name", ["batch", "sync_batch"])
def test_batch_norm_refuses_a_single_value_a_channel_in_training(make, name):
    norm = make("norm", name)(channels=8)
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        norm(torch.randn(1, 8, 1, 1))
    assert norm.eval()(torch.randn(1, 8, 1, 1)).shape == (1, 8, 1, 1)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("name", NAMES)
def test_half_precision_stays_near_float32(make, name, dtype):
    norm = make("norm", name)(channels=8)
    x = torch.randn(2, 8, 6, 6)
    expected = norm(x)
    result = norm.to(dtype)(x.to(dtype))
    assert result.dtype == dtype
    torch.testing.assert_close(result.float(), expected, rtol=0.05, atol=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_autocast_takes_bfloat16_maps_with_float32_weights(make, name):
    norm = make("norm", name)(channels=8)
    x = torch.randn(2, 8, 6, 6)
    with torch.autocast("cpu", torch.bfloat16):
        result = norm(x.bfloat16())
    torch.testing.assert_close(result.float(), norm(x), rtol=0.05, atol=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_memory_format_does_not_change_the_result_and_is_kept(make, name):
    norm = make("norm", name)(channels=8)
    x = torch.randn(2, 8, 5, 6)
    last = norm(x.to(memory_format=torch.channels_last))
    torch.testing.assert_close(last, norm(x))
    assert last.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("value", [0.0, 7.0])
@pytest.mark.parametrize("name", NAMES)
def test_a_constant_map_stays_finite(make, name, value):
    norm = make("norm", name)(channels=4)
    x = torch.full((2, 4, 3, 3), value, requires_grad=True)
    result = norm(x)
    result.square().sum().backward()
    without_mean = {"none": value, "rms": np.sign(value), "frn": np.sign(value)}.get(name, 0)
    torch.testing.assert_close(result, torch.full_like(x, without_mean), rtol=0, atol=1e-2)
    assert torch.isfinite(x.grad).all()


def in_a_process_group_of_one(tmp_path):
    return torch.distributed.init_process_group("gloo", f"file://{tmp_path / 'store'}", rank=0, world_size=1)


def test_sync_batch_on_a_cpu_is_batch_norm_in_a_process_group_too(make, tmp_path):
    sync, plain = make("norm", "sync_batch")(channels=4), make("norm", "batch")(channels=4)
    x = torch.randn(2, 4, 5, 6)
    in_a_process_group_of_one(tmp_path)
    try:
        torch.testing.assert_close(sync(x), plain(x))
        torch.testing.assert_close(sync.state_dict(), plain.state_dict())
    finally:
        torch.distributed.destroy_process_group()
    plain.load_state_dict(sync.state_dict())
    torch.testing.assert_close(sync.eval()(x), plain.eval()(x))

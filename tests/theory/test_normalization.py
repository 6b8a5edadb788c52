"""M5-7: batch norm, layer norm and their kin.

Batch norm takes its statistics per channel over N, H and W. That it works by "reducing internal covariate shift" is
disputed (Santurkar et al. 2018, arXiv:1805.11604). Layer norm does not work "across the training data" nor on "each
feature independently": its statistics are those of one sample over its features. And batch norm is not the more
flexible one with small batches: it is the norm that depends on the batch, and group norm is the remedy.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import segkit

WITHIN_A_SAMPLE = ["layer", "group", "instance", "rms", "frn", "none"]


def norm(name: str, channels: int, **options: Any) -> Any:
    return segkit.build("norm", name, options, channels=channels).double()


def maps(*shape: int, spread: float = 2.0) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64) * spread + 3


def standardized(x: Tensor, axes: tuple[int, ...], eps: float = 1e-5) -> np.ndarray:
    values = x.numpy()
    result: np.ndarray = (values - values.mean(axes, keepdims=True)) / np.sqrt(values.var(axes, keepdims=True) + eps)
    return result


def test_batch_norm_divides_by_the_root_of_biased_variance_plus_eps() -> None:
    x = maps(2, 3, 2, 2, spread=0.01)  # a variance near eps: where it is added and what it is added to can be seen
    values = x.numpy()
    centered = values - values.mean((0, 2, 3), keepdims=True)
    variance, unbiased = (values.var((0, 2, 3), keepdims=True, ddof=ddof) for ddof in (0, 1))
    result = norm("batch", 3)(x).detach().numpy()
    np.testing.assert_allclose(result, centered / np.sqrt(variance + 1e-5), rtol=1e-9)
    assert np.abs(result / (centered / (np.sqrt(variance) + 1e-5)) - 1).max() > 0.01
    assert np.abs(result / (centered / np.sqrt(unbiased + 1e-5)) - 1).max() > 0.01


def test_batch_norm_keeps_the_unbiased_variance_for_inference() -> None:
    batch, x = norm("batch", 3), maps(2, 3, 2, 2)
    batch(x)
    values = x.numpy().transpose(1, 0, 2, 3).reshape(3, -1)
    np.testing.assert_allclose(batch.running_mean, 0.1 * values.mean(1), rtol=1e-12)
    np.testing.assert_allclose(batch.running_var, 0.9 + 0.1 * values.var(1, ddof=1), rtol=1e-12)
    assert (np.abs(batch.running_var.numpy() - (0.9 + 0.1 * values.var(1))) > 1e-3).all()


def test_batch_norm_learns_the_scale_and_shift_that_it_took_away() -> None:
    batch, x = norm("batch", 3), maps(4, 3, 5, 5)
    assert (batch(x) - x).abs().max() > 1
    with torch.no_grad():
        batch.weight.copy_((x.var((0, 2, 3), correction=0) + 1e-5).sqrt())
        batch.bias.copy_(x.mean((0, 2, 3)))
    torch.testing.assert_close(batch(x), x)


@pytest.mark.parametrize("name", WITHIN_A_SAMPLE)
def test_the_result_does_not_depend_on_the_rest_of_the_batch(name: str) -> None:
    made, x = norm(name, 16), maps(4, 16, 5, 6)
    torch.testing.assert_close(made(x)[:1], made(x[:1]))


@pytest.mark.parametrize("name", ["batch", "sync_batch"])
def test_batch_norm_does_depend_on_the_rest_of_the_batch(name: str) -> None:
    made, x = norm(name, 16), maps(4, 16, 5, 6)
    assert (made(x)[:1] - made(x[:1])).abs().max() > 0.01


def test_layer_norm_is_per_pixel_over_channels_and_not_over_the_data() -> None:
    x = maps(3, 8, 4, 5)
    result = norm("layer", 8)(x).detach().numpy()
    np.testing.assert_allclose(result, standardized(x, (1,), eps=1e-6), rtol=1e-9)
    assert np.abs(result - standardized(x, (0,))).max() > 0.1  # each feature by itself, across the data


def test_the_layer_norm_over_a_whole_image_is_group_norm_with_one_group() -> None:
    x = maps(3, 8, 4, 5)
    np.testing.assert_allclose(norm("group", 8, groups=1)(x).detach(), standardized(x, (1, 2, 3)), rtol=1e-9)
    np.testing.assert_allclose(norm("group", 8, groups=8)(x).detach(), standardized(x, (2, 3)), rtol=1e-9)
    np.testing.assert_allclose(norm("instance", 8)(x).detach(), standardized(x, (2, 3)), rtol=1e-9)


def test_rms_norm_takes_no_mean_away() -> None:
    x = maps(2, 8, 3, 3)
    result = norm("rms", 8)(x).detach()
    np.testing.assert_allclose(result, x / np.sqrt((x.numpy() ** 2).mean(1, keepdims=True)), rtol=1e-5)
    assert np.abs(result - standardized(x, (1,))).max() > 0.1


def test_batch_norm_fails_on_one_value_a_channel_and_group_norm_does_not() -> None:
    single = maps(1, 8, 1, 1)
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        norm("batch", 8)(single)
    assert torch.isfinite(norm("group", 8)(single)).all()


def test_batch_norm_of_one_image_takes_the_statistics_of_that_image() -> None:
    x = maps(1, 8, 6, 6)
    torch.testing.assert_close(norm("batch", 8)(x), norm("instance", 8)(x))
    assert (norm("batch", 8)(x) - norm("batch", 8).eval()(x)).abs().max() > 0.5


def test_the_statistics_of_small_batches_are_noisy() -> None:
    """Images differ in brightness; the mean of B of them varies as 1/B, and so does the shift of batch norm."""
    brightness = torch.randn(4096, 1, 1, 1, dtype=torch.float64).expand(-1, 1, 2, 2)

    def variance_of_the_mean(size: int) -> float:
        made, means = norm("batch", 1), []
        made.momentum = 1.0  # the running mean is that of the last batch
        for batch in brightness.split(size):
            made(batch)
            means.append(float(made.running_mean))
        return float(np.var(means))

    assert variance_of_the_mean(1) == pytest.approx(1, rel=0.1)
    assert variance_of_the_mean(16) == pytest.approx(1 / 16, rel=0.3)


RECIPE = """
classes: [sky, sea]
data: {use: synthetic_horizon, counts: [9, 4, 4], size: [32, 32]}
model: {backbone: {use: plain, widths: [2, 4]}, norm: batch}
train: {batch_size: 3}
"""
TO_ONE_PIXEL = "model.backbone.widths=[2, 2, 2, 2, 2, 2]"


@pytest.mark.parametrize("risk", [["train.batch_size=1"], ["train.batch_size=4"], ["train.batch_size=4", TO_ONE_PIXEL]])
def test_segkit_warns_before_training_where_batch_norm_meets_one_image_and_names_the_remedy(
    cli: Any, tmp_path: Path, risk: list[str]
) -> None:
    """Nine images: batches of four leave one over; batches of three do not."""
    recipe = tmp_path / "small.yaml"
    recipe.write_text(RECIPE)

    def said(*overrides: str) -> str:
        code, _, errors = cli("check", recipe, *overrides)
        assert code == 0
        return str(errors)

    remedy = "model.norm=group"
    assert remedy in said(*risk)
    assert ("1x1" in said(*risk)) == (TO_ONE_PIXEL in risk)
    assert said(*risk, remedy) == ""
    assert said(TO_ONE_PIXEL) == ""

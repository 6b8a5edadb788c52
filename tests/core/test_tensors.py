"""What losses and metrics read of logits and targets, against plain comparisons."""

from __future__ import annotations

import pytest
import torch

from segkit.tensors import (
    binary_logit,
    binary_maps,
    class_map,
    class_maps,
    expand,
    predicted_classes,
    valid_map,
    widen,
)

DTYPES = (torch.float32, torch.float64, torch.bfloat16)


@pytest.mark.parametrize(
    ("given", "wide"),
    [
        (torch.bfloat16, torch.float32),
        (torch.float16, torch.float32),
        (torch.float32, torch.float32),
        (torch.float64, torch.float64),
    ],
)
def test_logits_are_read_in_float32_at_least(given: torch.dtype, wide: torch.dtype) -> None:
    logits = torch.tensor([1.5, -2.0], dtype=given)
    assert widen(logits).dtype == wide
    assert widen(logits).tolist() == [1.5, -2.0]


def test_one_logit_stands_for_two_and_two_for_one() -> None:
    one = torch.tensor([[[[-3.0, 0.0, 4.0]]]])
    two = torch.cat([one + 7, 2 * one + 7], dim=1)
    assert binary_logit(one).tolist() == binary_logit(two).tolist() == [[[-3.0, 0.0, 4.0]]]
    torch.testing.assert_close(expand(one).softmax(dim=1)[:, 1], one[:, 0].sigmoid())
    assert expand(two) is two


def test_the_likeliest_class_is_the_first_of_equals() -> None:
    assert predicted_classes(torch.tensor([[[[-1.0, 0.0, 1.0]]]])).int().tolist() == [[[0, 0, 1]]]
    assert predicted_classes(torch.tensor([[[[2.0, 2.0, 1.0]], [[1.0, 2.0, 2.0]]]])).int().tolist() == [[[0, 0, 1]]]
    three = torch.tensor([[[[0.0, 3.0, 1.0]], [[1.0, 2.0, 1.0]], [[0.5, 1.0, 2.0]]]])
    assert predicted_classes(three).tolist() == [[[1, 0, 2]]]


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_maps_of_a_target_are_what_comparisons_give(dtype: torch.dtype) -> None:
    target = torch.arange(256).view(1, 16, 16)
    assert torch.equal(valid_map(target, dtype), (target != 255).to(dtype))
    for label in (0, 1, 7):
        assert torch.equal(class_map(target, label, dtype), (target == label).to(dtype))
    maps = class_maps(target, 3, dtype)
    assert maps.shape == (1, 3, 16, 16)
    for label in range(3):
        assert torch.equal(maps[:, label], (target == label).to(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_maps_of_a_target_of_two_classes(dtype: torch.dtype) -> None:
    target = torch.tensor([[[0, 1, 255]]])
    first, valid = binary_maps(target, dtype)
    assert (first.tolist(), valid.tolist()) == ([[[0, 1, 0]]], [[[1, 1, 0]]])
    assert target.tolist() == [[[0, 1, 255]]]

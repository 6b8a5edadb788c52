"""What the losses that count single pixels or soft areas promise beyond the contract, which shapes and lines cannot."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

import segkit

THREE = ("sky", "sea", "land")

# Names and options. First those that weigh every valid pixel by itself, then those that compare areas; what is wholly
# right costs nothing in either. It does cost in the last ones.
PIXELS: list[tuple[str, dict[str, Any]]] = [("bce", {}), ("cross_entropy", {}), ("focal", {}), ("poly1", {})]
AREAS: list[tuple[str, dict[str, Any]]] = [
    ("dice", {}),
    ("dice", {"per_image": True}),
    ("jaccard", {}),
    ("log_cosh_dice", {}),
    ("lovasz", {}),
    ("tversky", {}),
]
OTHERS: list[tuple[str, dict[str, Any]]] = [
    ("bce", {"pos_weight": 3.0, "label_smoothing": 0.1}),
    ("cross_entropy", {"class_weights": "auto", "label_smoothing": 0.1}),
    ("focal_tversky", {}),
    ("mcc", {}),
    ("ohem", {}),
]
each_channels = pytest.mark.parametrize("channels", [1, 2, 3])


def make(name: str, options: dict[str, Any], channels: int) -> Any:
    classes = THREE[: max(channels, 2)]
    return segkit.build("loss", name, options, classes=classes, class_counts=[10, 20, 40][: len(classes)])


def each(losses: list[tuple[str, dict[str, Any]]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("name", "options"), losses, ids=[" ".join([name, *given]) for name, given in losses]
    )


def batch(channels: int) -> tuple[Tensor, Tensor]:
    """Random logits, and a target whose first rows and last column are ignored."""
    generator = torch.Generator().manual_seed(0)
    target = torch.randint(0, max(channels, 2), (3, 8, 7), generator=generator)
    target[:, :2] = target[:, :, -1] = 255
    return torch.randn(3, channels, 8, 7, dtype=torch.float64, generator=generator), target


@each(PIXELS + AREAS + OTHERS)
@each_channels
def test_ignored_pixels_might_as_well_be_cut_off(name: str, options: dict[str, Any], channels: int) -> None:
    logits, target = batch(channels)
    loss = make(name, options, channels)
    cropped = loss(logits[:, :, 2:, :-1], target[:, 2:, :-1])
    assert loss(logits, target).item() == pytest.approx(cropped.item(), rel=1e-12)


@each(PIXELS + AREAS)
@each_channels
def test_what_is_right_costs_nothing(name: str, options: dict[str, Any], channels: int) -> None:
    _, target = batch(channels)
    right = torch.stack([torch.where(target == k, 40.0, -40.0) for k in range(max(channels, 2))], dim=1)
    right = right[:, 1:] if channels == 1 else right
    assert make(name, options, channels)(right, target).item() == pytest.approx(0, abs=1e-6)


@each(PIXELS)
@each_channels
def test_every_valid_pixel_has_a_gradient(name: str, options: dict[str, Any], channels: int) -> None:
    logits, target = batch(channels)
    loss = make(name, options, channels)
    (gradient,) = torch.autograd.grad(loss(logits.requires_grad_(), target), logits)
    valid = (target != 255).unsqueeze(1).expand_as(gradient)
    assert torch.equal(gradient != 0, valid)

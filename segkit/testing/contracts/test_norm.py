"""What every norm promises (``segkit.kinds.Norm``)."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from segkit.testing.subject import Subject

CHANNELS = (1, 6, 16)
HALF, SINGLE, DOUBLE = torch.bfloat16, torch.float32, torch.float64
each_dtype = pytest.mark.parametrize("dtype", [HALF, SINGLE, DOUBLE], ids=["bf16", "fp32", "fp64"])


@pytest.fixture(params=CHANNELS, ids=lambda c: f"C{c}")
def channels(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def norm(subject: Subject, channels: int) -> nn.Module:
    """A norm in training, fresh."""
    torch.manual_seed(0)
    made: nn.Module = subject(channels=channels)
    return made.train()


def maps(channels: int, images: int = 3, size: tuple[int, int] = (5, 7), dtype: torch.dtype = SINGLE) -> Tensor:
    """Random maps of a deviation and a mean that no norm leaves as they are."""
    generator = torch.Generator().manual_seed(1)
    return (3 * torch.randn(images, channels, *size, dtype=DOUBLE, generator=generator) + 2).to(dtype)


def trained(norm: nn.Module, channels: int) -> nn.Module:
    """The norm in evaluation, behind a few steps that its running statistics come from, if it has any."""
    for _ in range(3):
        norm.train()(maps(channels))
    return norm.eval()


@each_dtype
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_it_keeps_shape_and_dtype(norm: nn.Module, channels: int, dtype: torch.dtype, training: bool) -> None:
    given = maps(channels, dtype=dtype)
    normalized = norm.to(dtype).train(training)(given)
    assert (normalized.shape, normalized.dtype) == (given.shape, given.dtype)
    assert normalized.isfinite().all()


def test_bfloat16_maps_under_autocast_are_normalized_alike(norm: nn.Module, channels: int) -> None:
    given = maps(channels).to(HALF)
    expected = norm(given.float())
    with torch.autocast("cpu", HALF):
        normalized = norm(given)
    assert normalized.shape == given.shape
    torch.testing.assert_close(normalized.float(), expected, rtol=0.02, atol=0.05)


@pytest.mark.parametrize("height", [0.0, 5.0, 1e4])
def test_constant_maps_stay_finite_with_finite_gradient(norm: nn.Module, channels: int, height: float) -> None:
    given = torch.full((2, channels, 4, 4), height, requires_grad=True)
    normalized = norm(given)
    normalized.square().sum().backward()
    assert normalized.isfinite().all()
    assert given.grad is not None
    assert given.grad.isfinite().all()


def test_a_1x1_map_of_one_image_works_in_evaluation(norm: nn.Module, channels: int) -> None:
    given = maps(channels, images=1, size=(1, 1))
    normalized = trained(norm, channels)(given)
    assert normalized.shape == given.shape
    assert normalized.isfinite().all()


def test_a_1x1_map_of_one_image_trains_or_is_refused_with_a_value_error(norm: nn.Module, channels: int) -> None:
    given = maps(channels, images=1, size=(1, 1))
    try:
        normalized = norm(given)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - either outcome is right
        return
    assert normalized.isfinite().all()


def test_a_batch_of_one_trains(norm: nn.Module, channels: int) -> None:
    assert norm(maps(channels, images=1)).isfinite().all()


def test_in_evaluation_an_image_depends_on_no_other(norm: nn.Module, channels: int) -> None:
    evaluated, given = trained(norm, channels), maps(channels)
    together = evaluated(given)
    torch.testing.assert_close(evaluated(given), together, rtol=0, atol=0)
    for n in range(len(given)):
        torch.testing.assert_close(evaluated(given[n : n + 1]), together[n : n + 1], rtol=1e-5, atol=1e-6)


def test_evaluation_changes_no_state(norm: nn.Module, channels: int) -> None:
    evaluated = trained(norm, channels)
    before = {name: value.clone() for name, value in evaluated.state_dict().items()}
    evaluated(maps(channels))
    torch.testing.assert_close(dict(evaluated.state_dict()), before, rtol=0, atol=0)


def test_the_layout_in_memory_is_no_matter(norm: nn.Module, channels: int) -> None:
    given = maps(channels)
    expected = norm(given)
    torch.testing.assert_close(norm(given.to(memory_format=torch.channels_last)), expected, rtol=1e-5, atol=1e-5)


def test_gradient_reaches_maps_and_parameters(norm: nn.Module, channels: int) -> None:
    given = maps(channels).requires_grad_()
    (norm(given) * maps(channels).sin()).sum().backward()
    reached = {"maps": given.grad} | {name: parameter.grad for name, parameter in norm.named_parameters()}
    assert [name for name, gradient in reached.items() if gradient is None or not gradient.isfinite().all()] == []


def test_it_leaves_its_input_as_it_is(norm: nn.Module, channels: int) -> None:
    given = maps(channels)
    norm(given)
    torch.testing.assert_close(given, maps(channels), rtol=0, atol=0)


def test_its_state_makes_another_one_the_same(subject: Subject, norm: nn.Module, channels: int) -> None:
    evaluated = trained(norm, channels)
    with torch.no_grad():
        for parameter in evaluated.parameters():
            parameter.add_(0.5)
    other: nn.Module = subject(channels=channels)
    other.load_state_dict(evaluated.state_dict())
    torch.testing.assert_close(other.eval()(maps(channels)), evaluated(maps(channels)), rtol=0, atol=0)

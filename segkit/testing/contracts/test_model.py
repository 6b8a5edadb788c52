"""What every model promises (``segkit.kinds.Model``)."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from segkit.testing.subject import Subject

CLASSES = ("sky", "sea", "land")
SIZES = ((32, 32), (33, 47), (61, 96))


@pytest.fixture(scope="module", params=[2, 3], ids=lambda count: f"{count}-classes")
def count(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def model(subject: Subject, count: int) -> Any:
    """A model for color images, in evaluation."""
    return made(subject, count).eval()


def made(subject: Subject, count: int = 2, in_channels: int = 3, seed: int = 0) -> Any:
    torch.manual_seed(seed)
    return subject(in_channels=in_channels, classes=CLASSES[:count])


def images(channels: int = 3, size: tuple[int, int] = (48, 64)) -> Tensor:
    return torch.rand(2, channels, *size, generator=torch.Generator().manual_seed(1))


def logits_of(model: Any, given: Tensor) -> Tensor:
    with torch.no_grad():
        logits = model(given)
    assert isinstance(logits, Tensor), "auxiliary logits are for training only"
    return logits


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
def test_logits_have_the_size_of_the_images(model: Any, count: int, size: tuple[int, int]) -> None:
    logits = logits_of(model, images(size=size))
    assert logits.shape == (2, 1 if count == 2 else count, *size)
    assert logits.dtype == torch.float32
    assert logits.isfinite().all()


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
def test_in_training_all_logits_have_the_size_of_the_images(
    subject: Subject, count: int, size: tuple[int, int]
) -> None:
    output = made(subject, count).train()(images(size=size))
    logits, others = output if isinstance(output, tuple) else (output, [])
    assert isinstance(others, list)
    assert {tuple(x.shape) for x in (logits, *others)} == {(2, 1 if count == 2 else count, *size)}
    assert all(x.isfinite().all() for x in (logits, *others))


@pytest.mark.parametrize("channels", [1, 3])
def test_it_takes_images_of_so_many_channels(subject: Subject, channels: int) -> None:
    model = made(subject, in_channels=channels).eval()
    assert logits_of(model, images(channels)).isfinite().all()
    for statistic in ("mean", "std"):
        numbers = getattr(model, statistic, None)
        assert numbers is None or (len(numbers) == channels and all(isinstance(number, float) for number in numbers))


def test_gradient_reaches_every_parameter(subject: Subject, count: int) -> None:
    model = made(subject, count).train()
    output = model(images())
    logits, others = output if isinstance(output, tuple) else (output, [])
    torch.autograd.backward(torch.stack([(x * torch.sin(7 * x.detach())).sum() for x in (logits, *others)]).sum())
    gradients = {name: parameter.grad for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert gradients
    assert [name for name, g in gradients.items() if g is None or not g.isfinite().all()] == []


def test_in_evaluation_an_image_depends_on_no_other(model: Any) -> None:
    given = images()
    together = logits_of(model, given)
    torch.testing.assert_close(logits_of(model, given), together, rtol=0, atol=0)
    for n in range(len(given)):
        torch.testing.assert_close(logits_of(model, given[n : n + 1]), together[n : n + 1], rtol=1e-3, atol=1e-4)


def test_different_images_give_different_logits(model: Any) -> None:
    first, second = logits_of(model, images())
    assert (first != second).any()


def test_its_state_makes_another_one_the_same(subject: Subject, count: int) -> None:
    model, other = made(subject, count), made(subject, count, seed=1)
    model.train()(images())  # so that running statistics count too
    other.load_state_dict(model.state_dict())
    torch.testing.assert_close(logits_of(other.eval(), images()), logits_of(model.eval(), images()), rtol=0, atol=0)


def test_evaluation_changes_no_state(model: Any) -> None:
    before = {name: value.clone() for name, value in model.state_dict().items()}
    logits_of(model, images())
    torch.testing.assert_close(dict(model.state_dict()), before, rtol=0, atol=0)


def test_the_layout_in_memory_is_no_matter(model: Any) -> None:
    given = images()
    same = logits_of(model, given.to(memory_format=torch.channels_last))
    torch.testing.assert_close(same, logits_of(model, given), rtol=1e-3, atol=1e-4)


def test_it_works_under_autocast(model: Any) -> None:
    with torch.autocast("cpu", torch.bfloat16):
        assert logits_of(model, images()).isfinite().all()


def test_it_leaves_its_input_as_it_is(model: Any) -> None:
    given = images()
    logits_of(model, given)
    torch.testing.assert_close(given, images(), rtol=0, atol=0)

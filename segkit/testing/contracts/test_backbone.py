"""What every backbone promises (``segkit.kinds.Backbone``)."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from segkit.assemble import load
from segkit.options import signature_of
from segkit.testing.subject import Subject

SIZES = ((32, 32), (33, 47), (96, 64), (61, 130))


@pytest.fixture(scope="module")
def backbone(subject: Subject) -> Any:
    """A backbone for color images with its own norms and activations, in evaluation."""
    return made(subject).eval()


def made(subject: Subject, in_channels: int = 3, **chosen: Any) -> Any:
    torch.manual_seed(0)
    return subject(in_channels=in_channels, **{"norm": None, "activation": None, **chosen})


def images(channels: int = 3, size: tuple[int, int] = (64, 64), count: int = 2) -> Tensor:
    return torch.rand(count, channels, *size, generator=torch.Generator().manual_seed(1))


def maps_of(backbone: Any, given: Tensor) -> list[Tensor]:
    with torch.no_grad():
        maps = backbone(given)
    assert isinstance(maps, list)
    return maps


class Counted(nn.Module):
    """Passes on what it is given, times a parameter, and keeps count: a norm and an activation that can be found."""

    def __init__(self, channels: int = 1) -> None:
        super().__init__()
        assert isinstance(channels, int)
        assert channels >= 1
        self.scale = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.calls = 0

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape."""
        self.calls += 1
        return maps * self.scale


def test_it_declares_channels_and_strides_finest_first(backbone: Any) -> None:
    channels, strides = list(backbone.channels), list(backbone.strides)
    assert len(channels) == len(strides) >= 1
    assert all(isinstance(number, int) and number >= 1 for number in channels + strides)
    assert strides == sorted(strides)


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
def test_its_maps_are_those_that_it_declares_at_any_size(backbone: Any, size: tuple[int, int]) -> None:
    maps = maps_of(backbone, images(size=size))
    assert [tuple(x.shape[:2]) for x in maps] == [(2, channels) for channels in backbone.channels]
    for x, stride in zip(maps, backbone.strides, strict=True):
        assert all(abs(side - whole / stride) <= 1.5 for side, whole in zip(x.shape[2:], size, strict=True))
        assert x.isfinite().all()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_it_takes_images_of_so_many_channels(subject: Subject, channels: int) -> None:
    backbone = made(subject, in_channels=channels).eval()
    assert all(x.isfinite().all() for x in maps_of(backbone, images(channels)))
    for statistic in ("mean", "std"):
        numbers = getattr(backbone, statistic, None)
        assert numbers is None or (len(numbers) == channels and all(isinstance(number, float) for number in numbers))


@pytest.mark.parametrize("what", ["norm", "activation"])
def test_a_chosen_norm_or_activation_is_used(subject: Subject, what: str) -> None:
    if what not in signature_of(load(subject.component), subject.component.spec).passes:
        return  # it has its own for good, and says so by not asking

    def factory(**engine_values: Any) -> Counted:
        assert set(engine_values) == ({"channels"} if what == "norm" else set())
        return Counted(**engine_values)

    chosen: dict[str, Any] = {what: factory}
    backbone = made(subject, **chosen).eval()
    maps_of(backbone, images())
    used = [part for part in backbone.modules() if isinstance(part, Counted)]
    assert used
    assert all(part.calls for part in used)
    if what == "norm":
        assert [name for name, part in backbone.named_modules() if isinstance(part, _BatchNorm)] == []


@pytest.mark.parametrize("chosen", [False, True], ids=["own", "chosen"])
def test_gradient_reaches_every_parameter(subject: Subject, chosen: bool) -> None:
    factories: dict[str, Any] = (
        {"norm": lambda channels: nn.GroupNorm(1, channels), "activation": nn.SiLU} if chosen else {}
    )
    backbone = made(subject, **factories).train()
    total = torch.stack([(x * torch.sin(7 * x.detach())).sum() for x in backbone(images())]).sum()
    torch.autograd.backward(total)
    gradients = {name: parameter.grad for name, parameter in backbone.named_parameters() if parameter.requires_grad}
    assert gradients
    assert [name for name, g in gradients.items() if g is None or not g.isfinite().all()] == []


def test_in_evaluation_an_image_depends_on_no_other(backbone: Any) -> None:
    given = images()
    together = maps_of(backbone, given)
    torch.testing.assert_close(maps_of(backbone, given), together, rtol=0, atol=0)
    for n in range(len(given)):
        alone = maps_of(backbone, given[n : n + 1])
        torch.testing.assert_close(alone, [x[n : n + 1] for x in together], rtol=1e-3, atol=1e-4)


def test_different_images_give_different_maps(backbone: Any) -> None:
    assert all((x[0] != x[1]).any() for x in maps_of(backbone, images()))


def test_the_layout_in_memory_is_no_matter(backbone: Any) -> None:
    given = images()
    same = maps_of(backbone, given.to(memory_format=torch.channels_last))
    torch.testing.assert_close(same, maps_of(backbone, given), rtol=1e-3, atol=1e-4)


def test_it_works_under_autocast(backbone: Any) -> None:
    with torch.autocast("cpu", torch.bfloat16):
        assert all(x.isfinite().all() for x in maps_of(backbone, images()))


def test_it_leaves_its_input_as_it_is(backbone: Any) -> None:
    given = images()
    maps_of(backbone, given)
    torch.testing.assert_close(given, images(), rtol=0, atol=0)

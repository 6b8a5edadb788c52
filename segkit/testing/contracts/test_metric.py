"""What every metric promises (``segkit.kinds.Metric``)."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from segkit.kinds import IGNORE
from segkit.testing.subject import Subject

CLASSES = ("sky", "sea", "land")
IMAGES = 7


@pytest.fixture(params=[1, 2, 3], ids=lambda k: f"K{k}")
def channels(request: pytest.FixtureRequest) -> int:
    """K of the logits: one for two classes, two for two classes, three."""
    return int(request.param)


def made(subject: Subject, channels: int) -> Any:
    return subject(classes=CLASSES[: max(channels, 2)])


def frames(channels: int, size: tuple[int, int] = (12, 15)) -> Tensor:
    """Masks: sky above, sea below a tilted line, land where there are three classes, some pixels ignored."""
    rows, columns = torch.meshgrid(*(torch.arange(side) for side in size), indexing="ij")
    lines = [2 + 1.2 * n + (0.25 * n - 0.7) * (columns - 7) for n in range(IMAGES)]
    target = torch.stack([(rows > line).long() for line in lines])
    if channels == 3:
        target[:, 4:8, 9:] = 2
    target[:, -2:] = IGNORE
    return target


def batch(channels: int) -> tuple[Tensor, Tensor]:
    """Logits that are right more often than not, and their target."""
    target = frames(channels)
    noise = torch.randn(IMAGES, channels, *target.shape[1:], generator=torch.Generator().manual_seed(1))
    return agreeing(target, channels) + 1.5 * noise, target


def agreeing(target: Tensor, channels: int) -> Tensor:
    """Logits of 2 for the true class and -1 for the others; for one channel, of class 1."""
    logits = torch.stack([torch.where(target == k, 2.0, -1.0) for k in range(max(channels, 2))], dim=1)
    return logits[:, 1:] if channels == 1 else logits


def metas(count: int) -> list[dict[str, Any]]:
    return [{} for _ in range(count)]


def numbers(metric: Any) -> dict[str, float]:
    """What the metric computed, as the engine reads it."""
    value = metric.compute()
    entries = value if isinstance(value, dict) else {"": value}
    assert all(isinstance(name, str) for name in entries)
    return {name: float(number) for name, number in entries.items()}


def measured(subject: Subject, logits: Tensor, target: Tensor, cuts: tuple[int, ...] = ()) -> dict[str, float]:
    metric = made(subject, logits.shape[1])
    ends = [*cuts, len(target)]
    for first, end in zip([0, *cuts], ends, strict=True):
        metric.update(logits[first:end], target[first:end], metas(end - first))
    return numbers(metric)


def near(values: dict[str, float], rel: float = 1e-6) -> Any:
    return pytest.approx(values, rel=rel, abs=1e-9, nan_ok=True)


def test_it_gives_a_finite_number_or_several(subject: Subject, channels: int) -> None:
    values = measured(subject, *batch(channels))
    assert any(math.isfinite(value) for value in values.values())


@pytest.mark.parametrize("cuts", [(1, 2, 3, 4, 5, 6), (3,), (1, 5)], ids=["one-by-one", "halves", "uneven"])
def test_the_batch_size_changes_nothing(subject: Subject, channels: int, cuts: tuple[int, ...]) -> None:
    assert measured(subject, *batch(channels), cuts) == near(measured(subject, *batch(channels)))


def test_the_order_of_the_images_changes_nothing(subject: Subject, channels: int) -> None:
    logits, target = batch(channels)
    assert measured(subject, logits.flip(0), target.flip(0)) == near(measured(subject, logits, target))


@pytest.mark.parametrize("share", [1, 3, IMAGES])
def test_two_ranks_merge_to_one(subject: Subject, channels: int, share: int) -> None:
    logits, target = batch(channels)
    first, second = made(subject, channels), made(subject, channels)
    first.update(logits[:share], target[:share], metas(share))
    if share < IMAGES:
        second.update(logits[share:], target[share:], metas(IMAGES - share))
    first.merge_state(second)
    assert numbers(first) == near(measured(subject, logits, target))


def test_reset_forgets(subject: Subject, channels: int) -> None:
    logits, target = batch(channels)
    metric = made(subject, channels)
    metric.update(-logits, target, metas(IMAGES))
    metric.compute()
    metric.reset()
    metric.update(logits, target, metas(IMAGES))
    assert numbers(metric) == near(measured(subject, logits, target))


def test_computing_in_between_changes_nothing(subject: Subject, channels: int) -> None:
    logits, target = batch(channels)
    metric = made(subject, channels)
    metric.update(logits[:2], target[:2], metas(2))
    metric.compute()
    metric.update(logits[2:], target[2:], metas(IMAGES - 2))
    assert numbers(metric) == near(measured(subject, logits, target))


def test_nothing_beats_the_truth(subject: Subject, channels: int) -> None:
    better = made(subject, channels).higher_is_better
    if better is None:
        return
    sign = 1 if better else -1
    logits, target = batch(channels)
    best = measured(subject, agreeing(target, channels), target)
    others = [measured(subject, given, target) for given in (logits, -logits, -agreeing(target, channels))]
    for name, value in best.items():
        assert all(
            math.isnan(other[name]) or sign * (value - other[name]) >= -1e-9 for other in others if name in other
        )
    assert any(sign * (best[name] - others[-1].get(name, math.nan)) > 1e-6 for name in best)


def test_ignored_pixels_change_nothing(subject: Subject, channels: int) -> None:
    logits, target = batch(channels)
    other = torch.where((target == IGNORE).unsqueeze(1), -5 * logits, logits)
    assert (other != logits).any()
    assert measured(subject, other, target) == near(measured(subject, logits, target))


def test_an_image_that_is_all_ignored_changes_nothing(subject: Subject, channels: int) -> None:
    logits, target = batch(channels)
    target[2] = IGNORE
    rest = [n for n in range(IMAGES) if n != 2]
    assert measured(subject, logits, target) == near(measured(subject, logits[rest], target[rest]))


def test_nothing_is_measured_where_all_is_ignored(subject: Subject, channels: int) -> None:
    logits, target = batch(channels)
    values = measured(subject, logits, torch.full_like(target, IGNORE))
    if made(subject, channels).higher_is_better is not None:
        assert all(math.isnan(value) for value in values.values())


@pytest.mark.parametrize("label", [0, 1])
def test_a_class_may_be_absent(subject: Subject, channels: int, label: int) -> None:
    logits, target = batch(channels)
    assert measured(subject, logits, torch.full_like(target, label)) is not None


def test_two_logits_count_as_their_difference(subject: Subject) -> None:
    logits, target = batch(2)
    assert measured(subject, logits[:, 1:] - logits[:, :1], target) == near(measured(subject, logits, target))


def test_bfloat16_will_do(subject: Subject, channels: int) -> None:
    logits, target = batch(channels)
    coarse = logits.bfloat16()
    assert measured(subject, coarse, target) == near(measured(subject, coarse.float(), target), rel=1e-2)


def test_it_leaves_its_inputs_as_they_are(subject: Subject, channels: int) -> None:
    given = batch(channels)
    measured(subject, *given)
    torch.testing.assert_close(given, batch(channels), rtol=0, atol=0)

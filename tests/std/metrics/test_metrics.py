from __future__ import annotations

from math import isnan, nan
from statistics import fmean
from typing import Any

import pytest
import torch
from torch import Tensor
from torchmetrics import JaccardIndex, MetricCollection
from torchmetrics.classification import MulticlassPrecision, MulticlassRecall
from torchmetrics.utilities import dim_zero_sum

from segkit_std.metrics.accuracy import Accuracy
from segkit_std.metrics.dice import Dice
from segkit_std.metrics.iou import IoU
from segkit_std.metrics.iou_image_mean import ImageMeanIoU
from segkit_std.metrics.precision import Precision
from segkit_std.metrics.recall import Recall

NAMES = ("sky", "sea", "land", "boat")
ALL = (IoU, Dice, Precision, Recall, Accuracy, ImageMeanIoU)
each_metric = pytest.mark.parametrize("metric", ALL)


def batch(channels: int, images: int = 4) -> tuple[Tensor, Tensor]:
    """Logits and a target of odd size with ignored pixels; class 2 of three is missing from the first image."""
    torch.manual_seed(channels)
    target = torch.randint(0, max(channels, 2), (images, 5, 7))
    target[0][target[0] == 2] = 0
    target[:, 0] = 255
    return torch.randn(images, channels, 5, 7), target


def measure(metric: Any, logits: Tensor, target: Tensor, step: int = 100) -> Any:
    """The value as Python numbers, given ``step`` images at a time."""
    made = metric(classes=NAMES[: max(logits.shape[1], 2)])
    for first in range(0, len(target), step):
        made.update(logits[first : first + step], target[first : first + step], [{}] * step)
    value = made.compute()
    return {key: one.item() for key, one in value.items()} if isinstance(value, dict) else value.item()


def counts(logits: Tensor, target: Tensor, k: int) -> tuple[int, int, int]:
    """True, false positive and false negative pixels of class k, counted one by one."""
    hit = extra = missed = 0
    for n, r, c in torch.cartesian_prod(*map(torch.arange, target.shape)).tolist():
        scores = [0.0, *logits[n, :, r, c].tolist()] if logits.shape[1] == 1 else logits[n, :, r, c].tolist()
        predicted, true = scores.index(max(scores)), int(target[n, r, c])
        if true != 255:
            hit += predicted == k == true
            extra += predicted == k != true
            missed += predicted != k == true
    return hit, extra, missed


def ratio(part: float, whole: float) -> float:
    return part / whole if whole else nan


FORMULAS: dict[Any, Any] = {
    IoU: lambda hit, extra, missed: ratio(hit, hit + extra + missed),
    Dice: lambda hit, extra, missed: ratio(2 * hit, 2 * hit + extra + missed),
    Precision: lambda hit, extra, missed: ratio(hit, hit + extra),
    Recall: lambda hit, extra, missed: ratio(hit, hit + missed),
}


@pytest.mark.parametrize(("metric", "formula"), FORMULAS.items())
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_agrees_with_pixels_counted_one_by_one(metric: Any, formula: Any, channels: int) -> None:
    logits, target = batch(channels)
    expected = {name: formula(*counts(logits, target, k)) for k, name in enumerate(NAMES[: max(channels, 2)])}
    assert measure(metric, logits, target) == pytest.approx({"mean": fmean(expected.values()), **expected})


@pytest.mark.parametrize("channels", [1, 3])
def test_accuracy_and_image_mean_agree_with_pixels_counted_one_by_one(channels: int) -> None:
    logits, target = batch(channels)
    classes = range(max(channels, 2))
    hits = sum(counts(logits, target, k)[0] for k in classes)
    assert measure(Accuracy, logits, target) == pytest.approx(hits / target.ne(255).sum().item())
    means = []
    for n in range(len(target)):
        scores = [FORMULAS[IoU](*counts(logits[n : n + 1], target[n : n + 1], k)) for k in classes]
        means.append(fmean(score for score in scores if not isnan(score)))
    assert measure(ImageMeanIoU, logits, target) == pytest.approx(fmean(means))


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_agrees_with_torchmetrics(channels: int) -> None:
    logits, target = batch(channels)
    options: Any = {"num_classes": channels, "ignore_index": 255}
    others = {
        IoU: JaccardIndex(task="multiclass", average="macro", **options),
        Precision: MulticlassPrecision(average="macro", **options),
        Recall: MulticlassRecall(average="macro", **options),
    }
    for metric, other in others.items():
        assert measure(metric, logits, target)["mean"] == pytest.approx(other(logits, target).item(), rel=1e-6)


def test_hand_worked() -> None:
    """Class 1: predicted 3, true 2, common 2; class 0: predicted 1, true 2, common 1; one pixel is ignored."""
    logits = torch.tensor([[[[1.0, 1.0, 1.0, -1.0, 1.0]]]])
    target = torch.tensor([[[1, 1, 0, 0, 255]]])
    assert measure(IoU, logits, target) == pytest.approx({"mean": (2 / 3 + 1 / 2) / 2, "sky": 1 / 2, "sea": 2 / 3})
    assert measure(Dice, logits, target) == pytest.approx({"mean": (4 / 5 + 2 / 3) / 2, "sky": 2 / 3, "sea": 4 / 5})
    assert measure(Precision, logits, target) == pytest.approx({"mean": 5 / 6, "sky": 1, "sea": 2 / 3})
    assert measure(Recall, logits, target) == pytest.approx({"mean": 3 / 4, "sky": 1 / 2, "sea": 1})
    assert measure(Accuracy, logits, target) == pytest.approx(3 / 4)


@each_metric
def test_two_channels_are_their_difference(metric: Any) -> None:
    logits, target = batch(2)
    assert measure(metric, logits, target) == measure(metric, logits[:, 1:] - logits[:, :1], target)


@each_metric
@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("step", [1, 3])
def test_batch_size_changes_nothing(metric: Any, channels: int, step: int) -> None:
    logits, target = batch(channels, images=7)
    assert measure(metric, logits, target, step) == pytest.approx(measure(metric, logits, target), rel=1e-12)


@each_metric
def test_two_processes_merge_into_one(metric: Any) -> None:
    logits, target = batch(3, images=5)
    whole, first, second = (metric(classes=NAMES[:3]) for _ in range(3))
    whole.update(logits, target, [{}] * 5)
    first.update(logits[:2], target[:2], [{}] * 2)
    second.update(logits[2:], target[2:], [{}] * 3)
    first.merge_state(second)
    assert set(first._reductions.values()) == {dim_zero_sum}
    assert repr(first.compute()) == repr(whole.compute())


@pytest.mark.parametrize("metric", [IoU, Dice, Precision, Recall])
def test_a_class_without_a_pixel_is_not_defined_and_left_out(metric: Any) -> None:
    target = torch.zeros(1, 3, 3, dtype=torch.long)
    value = measure(metric, torch.full((1, 1, 3, 3), -1.0), target)
    assert value["sky"] == value["mean"] == 1
    assert isnan(value["sea"])


@pytest.mark.parametrize("metric", [IoU, Dice, Precision, Recall])
def test_a_class_that_is_only_true_or_only_predicted_scores_zero(metric: Any) -> None:
    target = torch.zeros(1, 3, 3, dtype=torch.long)
    assert measure(metric, torch.ones(1, 1, 3, 3), target) == {"mean": 0, "sky": 0, "sea": 0}


@each_metric
def test_nothing_is_defined_when_all_is_ignored(metric: Any) -> None:
    value = measure(metric, torch.zeros(2, 3, 1, 1), torch.full((2, 1, 1), 255))
    assert all(isnan(number) for number in (value.values() if isinstance(value, dict) else [value]))


def test_an_image_that_is_all_ignored_is_left_out_of_the_image_mean() -> None:
    logits, target = batch(3)
    target[1] = 255
    rest = [0, 2, 3]
    assert measure(ImageMeanIoU, logits, target) == pytest.approx(measure(ImageMeanIoU, logits[rest], target[rest]))


@each_metric
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_any_float_will_do(metric: Any, dtype: torch.dtype) -> None:
    logits, target = batch(3)
    coarse = logits.bfloat16()
    assert measure(metric, coarse.to(dtype), target) == measure(metric, coarse.float(), target)


@each_metric
def test_reset_forgets_and_more_is_better(metric: Any) -> None:
    logits, target = batch(1)
    made = metric()
    made.update(-logits, target, [{}] * 4)
    made.reset()
    made.update(logits, target, [{}] * 4)
    fresh = metric()
    fresh.update(logits, target, [{}] * 4)
    assert repr(made.compute()) == repr(fresh.compute())
    assert made.higher_is_better is True


def test_metrics_of_one_matrix_can_share_the_work() -> None:
    logits, target = batch(1)
    collection = MetricCollection([IoU(), Dice(), Accuracy()])
    collection.update(logits, target, [{}] * 4)
    assert len(collection.compute_groups) == 1


@each_metric
def test_logits_and_labels_of_other_classes_are_refused(metric: Any) -> None:
    logits, target = batch(3)
    with pytest.raises(ValueError, match=r"a channel for each of 2 classes .* not 3"):
        metric().update(logits, target, [{}] * 4)
    target[2, 3, 3] = 7
    with pytest.raises(ValueError, match="class indices below 3 and 255, not 7"):
        metric(classes=NAMES[:3]).update(logits, target, [{}] * 4)

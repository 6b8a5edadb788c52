from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest
import torch
from torch import Tensor

from segkit_horizon.losses.horizon_line import HorizonLineLoss

DOUBLE = torch.float64


def scene(counts: list[int], height: int = 12) -> Tensor:
    """A target (1, height, W) of which each column is sky (0) down to its count, and sea (1) below."""
    return (torch.arange(height).view(1, -1, 1) >= torch.tensor(counts)).long()


def certain(target: Tensor) -> Tensor:
    """Logits (1, 1, H, W) that predict the target."""
    return torch.where(target == 1, 1e4, -1e4).to(DOUBLE).unsqueeze(1)


def reference(sky: Tensor, target: Tensor, line_weight: float) -> float:
    """Column by column, and each of the two lines by numpy's own least squares."""
    height, width = target.shape[1:]
    x = np.arange(width) + 0.5
    costs: list[float] = []
    for p, y in zip(sky.numpy(), target.numpy(), strict=True):
        valid = y != 255
        columns = valid.any(axis=0)
        if not columns.any():
            continue
        lines = []
        for probability in (p, (y == 0).astype(float)):
            counts = (probability * valid).sum(axis=0)
            lines.append(np.polyval(np.polyfit(x[columns], counts[columns], 1), x))
        for c in np.flatnonzero(columns):
            extra = p[:, c][valid[:, c] & (y[:, c] != 0)].sum()
            missed = (1 - p[:, c])[y[:, c] == 0].sum()
            costs.append((max(extra, missed) + line_weight * abs(lines[0][c] - lines[1][c])) / height)
    return float(np.mean(costs))


def batch() -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    target = torch.randint(0, 3, (3, 7, 9))
    target[0, :, 2:4] = 255  # columns without a valid pixel
    target[1, 5:] = 255
    target[2] = 255
    return torch.randn(3, 3, 7, 9, dtype=DOUBLE), target


@pytest.mark.parametrize("line_weight", [0.0, 1.0, 2.5])
def test_agrees_with_the_definition(line_weight: float) -> None:
    logits, target = batch()
    expected = reference(logits.softmax(dim=1)[:, 0], target, line_weight)
    assert HorizonLineLoss(line_weight)(logits, target).item() == pytest.approx(expected, rel=1e-10)


def test_one_logit_agrees_with_the_definition() -> None:
    logits, target = batch()
    target[target == 2] = 1
    expected = reference(1 - logits[:, 0].sigmoid(), target, 1.0)
    assert HorizonLineLoss()(logits[:, :1], target).item() == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("rows", [-3, -1, 1, 3])
def test_a_horizon_too_high_or_low_by_some_rows_costs_them_twice_as_a_share_of_the_height(rows: int) -> None:
    truth = [4, 5, 5, 6, 7, 8]
    loss = HorizonLineLoss()(certain(scene([c + rows for c in truth])), scene(truth))
    assert loss.item() == pytest.approx(2 * abs(rows) / 12, rel=1e-12)


def test_a_tilt_costs_what_it_moves_the_columns() -> None:
    """Off by -3, -1, 1, 3 rows in four columns: the line is off by the same, by 2 in the mean."""
    loss = HorizonLineLoss()(certain(scene([3, 5, 7, 9])), scene([6, 6, 6, 6]))
    assert loss.item() == pytest.approx(2 * 2 / 12, rel=1e-12)


def test_a_ripple_about_the_line_costs_no_line() -> None:
    """Off by 1, -1, -1, 1: every line through that which fits is level at 0."""
    logits, target = certain(scene([7, 5, 5, 7])), scene([6, 6, 6, 6])
    assert HorizonLineLoss()(logits, target).item() == pytest.approx(1 / 12, rel=1e-12)
    assert HorizonLineLoss(line_weight=9.0)(logits, target).item() == pytest.approx(1 / 12, rel=1e-12)


def test_columns_that_are_all_sky_or_all_sea_count_too() -> None:
    logits, target = certain(scene([0, 3, 9, 12])), scene([2, 3, 9, 10])
    expected = reference((logits[:, 0] < 0).to(DOUBLE), target, 1.0)
    assert HorizonLineLoss(line_weight=0.0)(logits, target).item() == pytest.approx(4 / 4 / 12, rel=1e-12)
    assert HorizonLineLoss()(logits, target).item() == pytest.approx(expected, rel=1e-10)
    assert expected > 4 / 4 / 12


def test_sky_in_the_wrong_place_does_not_make_up_for_sky_that_is_missed() -> None:
    """Half sky, predicted upside down: every count is right, and every pixel wrong."""
    target = scene([6, 6, 6, 6])
    assert HorizonLineLoss()(certain(1 - target), target).item() == pytest.approx(0.5, rel=1e-12)


def test_the_truth_costs_nothing() -> None:
    target = scene([4, 12, 0, 7])
    assert HorizonLineLoss()(certain(target), target).item() == 0


def test_which_of_the_other_classes_it_is_does_not_matter() -> None:
    logits, target = batch()
    swapped = torch.tensor([0, 2, 1])
    other = torch.where(target == 255, 255, swapped[target.clamp(max=2)])
    expected = HorizonLineLoss()(logits, target)
    torch.testing.assert_close(HorizonLineLoss()(logits[:, swapped], other), expected, rtol=1e-12, atol=0)


def test_a_single_valid_column_has_a_level_line() -> None:
    target = torch.full((1, 12, 5), 255)
    target[:, :, 3:4] = scene([4])
    logits = certain(scene([7] * 5))
    assert HorizonLineLoss()(logits, target).item() == pytest.approx(2 * 3 / 12, rel=1e-12)


def test_the_line_through_two_columns_meets_both() -> None:
    """Off by 1 and -2 rows: both the columns and the line are off by 1.5 in the mean."""
    target = torch.full((1, 12, 4), 255)
    target[:, :, 1:3] = scene([6, 6])
    assert HorizonLineLoss()(certain(scene([0, 7, 4, 0])), target).item() == pytest.approx(3 / 12, rel=1e-12)


def test_the_gradient_moves_the_count_toward_the_truth() -> None:
    target = scene([4, 5, 6, 7])
    for shift, sign in ((2, -1), (-2, 1)):
        logits = (3e-4 * certain(scene([c + shift for c in (4, 5, 6, 7)]))).requires_grad_()
        HorizonLineLoss()(logits, target).backward()
        assert logits.grad is not None
        wrong = (logits.detach()[:, 0] > 0) != (target == 1)
        assert (sign * logits.grad[:, 0][wrong]).gt(0).all()


@pytest.mark.parametrize("value", [-0.5, inf, nan])
def test_a_line_weight_that_cannot_be_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match=f"line_weight must be a finite number of 0 or more, not {value}"):
        HorizonLineLoss(line_weight=value)

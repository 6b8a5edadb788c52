"""Measured numbers: of the whole split, at the frames' own size, however they are batched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from PIL import Image
from torch import Tensor

import segkit
from segkit.api import evaluate, predict
from segkit.engine.cache import Frames
from segkit.engine.evaluate import Evaluator, flatten
from segkit.engine.intake import Intake
from segkit.engine.scan import Scan
from segkit.engine.weighted_sum import WeightedSum
from segkit.errors import DataError, UserError
from segkit.kinds import IGNORE
from segkit.recipe import Weight
from segkit_std.losses.bce import BinaryCrossEntropyLoss
from segkit_std.metrics.accuracy import Accuracy
from segkit_std.metrics.iou import IoU

SIZES = [(37, 53), (37, 53), (45, 61), (64, 33), (37, 53), (45, 61), (33, 90)]  # height, width


def write_frames(folder: Path, sizes: Sequence[tuple[int, int]], seed: int) -> None:
    """Write frames with a bright sea below a slanted line, and masks with some pixels ignored."""
    rng = np.random.default_rng(seed)
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    for number, (height, width) in enumerate(sizes):
        rows, columns = np.indices((height, width))
        sea = rows > height * rng.uniform(0.3, 0.7) + (columns - width / 2) * rng.uniform(-0.2, 0.2)
        image = rng.normal(np.where(sea, 150, 100)[..., None], 25, (height, width, 3)).clip(0, 255).astype(np.uint8)
        mask = sea.astype(np.uint8)
        mask[: number + 1, ::2] = IGNORE
        mask[-1] = IGNORE
        Image.fromarray(image).save(folder / "images" / f"a.{number}.png")
        Image.fromarray(mask).save(folder / "masks" / f"a.{number}.png")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("frames")
    for seed, (split, sizes) in enumerate({"train": SIZES * 2, "val": SIZES[:3], "test": SIZES}.items()):
        write_frames(folder / split, sizes, seed)
    return folder


@pytest.fixture(scope="module")
def trained(root: Path, tmp_path_factory: pytest.TempPathFactory, _small_world: None) -> Path:
    """Give the folder of a run on frames of odd sizes."""
    base = tmp_path_factory.mktemp("trained")
    (base / "odd.yaml").write_text(
        f"classes: [sky, sea]\ndata: {{use: folder, root: {root}, size: [32, 64], mask_values: index}}\n"
        "model: {backbone: {use: plain, widths: [4, 8]}, norm: instance}\nloss: bce\noptimizer: {use: adam, lr: 2e-2}\n"
        "metrics: [iou, accuracy]\ntrain: {epochs: 8, batch_size: 4, precision: fp32}\n"
    )
    return segkit.run(base / "odd.yaml", [f"run.dir={base / 'run'}"]).folder


def numbers(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    """Count by hand, pixel by pixel, over all (prediction, mask) at their own size."""
    hits, predicted, true, right, valid = [0, 0], [0, 0], [0, 0], 0, 0
    for prediction, mask in pairs:
        assert prediction.shape == mask.shape
        for p, m in zip(prediction.ravel().tolist(), mask.ravel().tolist(), strict=True):
            if m == IGNORE:
                continue
            valid += 1
            right += p == m
            predicted[p] += 1
            true[m] += 1
            hits[m] += p == m
    iou = [hits[k] / (predicted[k] + true[k] - hits[k]) for k in range(2)]
    return {"iou_mean": sum(iou) / 2, "iou_sky": iou[0], "iou_sea": iou[1], "accuracy": right / valid}


def test_metrics_are_those_of_the_masks_that_predict_writes(trained: Path, root: Path, tmp_path: Path) -> None:
    assert predict(trained, [root / "test" / "images"], tmp_path) == 0
    pairs = [
        (np.asarray(Image.open(path)), np.asarray(Image.open(root / "test" / "masks" / path.name)))
        for path in sorted((tmp_path / "masks").iterdir())
    ]
    assert len(pairs) == len(SIZES)
    measured = json.loads((trained / "metrics.json").read_text())
    expected = numbers(pairs)
    assert expected["iou_mean"] > 0.6  # it has learned something: neither class alone
    assert measured["metrics"] == pytest.approx(expected, abs=1e-9)
    assert (measured["split"], measured["images"]) == ("test", 7)


def test_metrics_of_other_views_are_those_of_the_masks_that_predict_writes(
    trained: Path, root: Path, tmp_path: Path, cli: Any
) -> None:
    for number, views in enumerate(
        (["--scale", "1", "--scale", "1.5"], ["--flip"], ["--tile", "32x40", "--scale", "1.25"])
    ):
        out = tmp_path / str(number)
        assert cli("predict", trained, root / "test" / "images", "-o", out, *views).code == 0
        pairs = [
            (np.asarray(Image.open(path)), np.asarray(Image.open(root / "test" / "masks" / path.name)))
            for path in sorted((out / "masks").iterdir())
        ]
        measured = json.loads(cli("evaluate", trained, "--json", *views).out)
        assert (measured["split"], measured["images"]) == ("test", 7)
        assert measured["metrics"] == pytest.approx(numbers(pairs), abs=1e-9)
        assert measured["metrics"] != json.loads((trained / "metrics.json").read_text())["metrics"]


def test_the_same_view_twice_is_that_view(trained: Path) -> None:
    assert evaluate(trained, scales=[1.0, 1.0])["metrics"] == pytest.approx(evaluate(trained)["metrics"], abs=1e-6)


@pytest.mark.parametrize(
    ("views", "cause"),
    [(["--scale", "0"], "scales must be"), (["--scale", "0.1"], "32 pixels or more"), (["--tile", "4"], "--tile is")],
)
def test_views_that_cannot_be_are_refused(trained: Path, cli: Any, views: list[str], cause: str) -> None:
    outcome = cli("evaluate", trained, *views)
    assert outcome.code == 2
    assert cause in outcome.err
    assert "Traceback" not in outcome.err


def test_frames_that_cannot_be_read_are_left_out_of_other_views_too(trained: Path, root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "test", tmp_path / "data")
    expected = evaluate(trained, tmp_path / "data", flip=True)
    shutil.copy(tmp_path / "data" / "masks" / "a.0.png", tmp_path / "data" / "masks" / "b.png")
    (tmp_path / "data" / "images" / "b.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match="1 of 8 frames cannot be used"):
        evaluate(trained, tmp_path / "data", flip=True)
    run = tmp_path / "run"
    shutil.copytree(trained, run)
    (run / "recipe.yaml").write_text((run / "recipe.yaml").read_text().replace("on_error: fail", "on_error: skip"))
    assert evaluate(run, tmp_path / "data", flip=True) == expected


def test_evaluate_gives_what_the_run_wrote(trained: Path, cli: Any) -> None:
    outcome = cli("evaluate", trained, "--json")
    assert outcome.code == 0
    assert json.loads(outcome.out) == json.loads((trained / "metrics.json").read_text())
    table = cli("evaluate", trained).out
    assert table.startswith("test, 7 images:")
    assert f"accuracy             {json.loads(outcome.out)['metrics']['accuracy']:.4f}" in table


@pytest.mark.parametrize("batch_size", [1, 3, 14])
def test_the_batch_size_changes_nothing(trained: Path, tmp_path: Path, batch_size: int) -> None:
    for name in ("model.json", "model.safetensors"):
        (tmp_path / name).write_bytes((trained / name).read_bytes())
    recipe = (trained / "recipe.yaml").read_text()
    assert "batch_size: 4" in recipe
    (tmp_path / "recipe.yaml").write_text(recipe.replace("batch_size: 4", f"batch_size: {batch_size}"))
    expected = json.loads((trained / "metrics.json").read_text())
    assert evaluate(tmp_path)["metrics"] == pytest.approx(expected["metrics"], abs=1e-9)


def test_another_split_of_its_own_data(trained: Path, cli: Any) -> None:
    result = json.loads(cli("evaluate", trained, "--split", "train", "--json").out)
    assert (result["split"], result["images"]) == ("train", 14)
    best = max(float(row.split(",")[6]) for row in (trained / "metrics.csv").read_text().splitlines()[1:])
    header = (trained / "metrics.csv").read_text().splitlines()[0].split(",")
    assert header[6] == "val/iou_mean"
    validated = json.loads(cli("evaluate", trained, "--split", "val", "--json").out)
    assert validated["metrics"]["iou_mean"] == pytest.approx(best, abs=1e-9)  # these are the weights of the best epoch


def test_a_split_that_the_recipe_has_not_is_refused(trained: Path, cli: Any) -> None:
    outcome = cli("evaluate", trained, "--split", "holdout")
    assert outcome.code == 2
    assert "'holdout'" in outcome.err


def test_data_with_images_and_masks_is_taken_whole(trained: Path, root: Path, cli: Any) -> None:
    result = json.loads(cli("evaluate", trained, "--data", root / "test", "--json").out)
    assert result == json.loads((trained / "metrics.json").read_text())


def test_data_with_splits_is_taken_by_its_split(trained: Path, root: Path, cli: Any) -> None:
    assert json.loads(cli("evaluate", trained, "--data", root, "--json").out)["images"] == len(SIZES)
    assert json.loads(cli("evaluate", trained, "--data", root, "--split", "val", "--json").out)["images"] == 3


def test_data_that_is_none_is_refused(trained: Path, tmp_path: Path, cli: Any) -> None:
    outcome = cli("evaluate", trained, "--data", tmp_path)
    assert outcome.code == 2
    assert str(tmp_path) in outcome.err
    assert "Traceback" not in outcome.err


def test_what_is_no_run_cannot_be_measured(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no run folder"):
        evaluate(tmp_path)


class OddFrames(Frames):
    """Random frames at network size, with masks of several own sizes."""

    def __init__(self) -> None:
        super().__init__(Scan(ids=[str(n) for n in range(7)], metas=[{"number": n} for n in range(7)]))
        rng = np.random.default_rng(0)
        self.images = torch.from_numpy(rng.integers(0, 256, (7, 1, 8, 10), dtype=np.uint8))
        self.masks = torch.from_numpy(rng.choice(np.array([0, 1, IGNORE], np.uint8), (7, 8, 10), p=[0.5, 0.3, 0.2]))
        self.own = [torch.from_numpy(rng.choice(np.array([0, 1, IGNORE], np.uint8), size)) for size in SIZES]

    def batch(self, rows: Sequence[int]) -> tuple[Tensor, Tensor]:
        return self.images[list(rows)], self.masks[list(rows)]

    def own_mask(self, row: int) -> Tensor:
        return self.own[row]


class Seen:
    """A metric that keeps what it is given."""

    higher_is_better = None

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.shapes: list[tuple[int, ...]] = []
        self.numbers: list[int] = []

    def update(self, logits: Tensor, target: Tensor, meta: Sequence[Any]) -> None:
        assert logits.shape[-2:] == target.shape[-2:]
        assert (len(logits), target.dtype) == (len(meta), torch.int64)
        self.shapes += [tuple(one.shape) for one in target]
        self.numbers += [one["number"] for one in meta]

    def compute(self) -> dict[str, float]:
        return {"count": float(len(self.numbers)), "undefined": float("nan")}


def measured(batch_size: int, metrics: Any) -> dict[str, float]:
    fabric = Fabric(devices=1, accelerator="cpu", precision="32-true")
    loss = WeightedSum([(BinaryCrossEntropyLoss(), Weight.of(1.0))])
    evaluator = Evaluator(fabric, OddFrames(), Intake([0.5], [0.25]), metrics, loss, batch_size)
    return evaluator(lambda images: images * 0.7)


def test_loss_and_metrics_are_those_of_the_whole_split() -> None:
    frames = OddFrames()
    results = [measured(size, {"iou": IoU(), "accuracy": Accuracy()}) for size in (1, 2, 3, 7, 100)]
    z = ((frames.images.double() / 255 - 0.5) / 0.25 * 0.7)[:, 0]
    keep, truth = frames.masks != IGNORE, (frames.masks == 1).double()
    costs = torch.log1p(torch.exp(z)) - truth * z
    assert results[0]["loss"] == pytest.approx(float(costs[keep].mean()), rel=1e-6)
    for result in results[1:]:
        assert result == pytest.approx(results[0], rel=1e-6)


def test_metrics_get_each_frame_at_its_own_size_with_its_own_meta() -> None:
    for batch_size in (1, 4, 7):
        seen = Seen()
        assert measured(batch_size, {"seen": seen}).keys() == {"loss", "seen_count"}  # NaN is left out
        assert seen.shapes == SIZES
        assert seen.numbers == list(range(7))


def test_a_part_of_a_split_can_be_measured() -> None:
    seen = Seen()
    fabric = Fabric(devices=1, accelerator="cpu", precision="32-true")
    metrics: Any = {"seen": seen}
    evaluator = Evaluator(fabric, OddFrames(), Intake([0.5], [0.25]), metrics)
    assert evaluator(lambda images: images, at_most=5) == {"seen_count": 5.0}
    assert evaluator(lambda images: images) == {"seen_count": 7.0}  # begun anew


def test_metrics_sum_up_where_the_logits_are() -> None:
    metric, fabric = IoU(), SimpleNamespace(device=torch.device("meta"))
    metrics: Any = {"iou": metric}
    Evaluator(cast(Fabric, fabric), OddFrames(), Intake([0.5], [0.25]), metrics)
    assert metric.confusion.device.type == "meta"


def test_names_of_what_a_metric_computes() -> None:
    assert flatten("dice", torch.tensor(0.5)) == {"dice": 0.5}
    assert flatten("iou", {"mean": torch.tensor(0.25), "sea": 1}) == {"iou_mean": 0.25, "iou_sea": 1.0}
    assert flatten("iou", {"mean": float("nan")}) == {}
    assert flatten("iou", {"mean": float("nan")}, keep_nan=True).keys() == {"iou_mean"}

"""What every loss reaches on real frames in the same few steps of a small U-Net: the test's mean IoU.

    python benches/losses_on_frames.py DATA [--seeds 0 1 2] [--only dice boundary] [--write docs/losses.md]

DATA holds train/, val/ and test/ with images/ and masks/ in each, of sky (0) and ground (1). A loss that speaks of
boundaries or lines alone joins ``bce`` under a schedule: its weight rises from 0 over the first two epochs. With
--write the table replaces what stands in that file between the two comments in MARKERS.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

import segkit

WITH_BCE = {"boundary": 1.0, "boundary_dou": 1.0, "hausdorff": 1.0, "horizon_line": 0.3}  # and the weight in the end
MARKERS = ("<!-- losses_on_frames: begin -->", "<!-- losses_on_frames: end -->")
RECIPE = (
    "data.size=[128, 128]",
    "model.backbone.widths=[8, 16, 32, 64, 96]",
    "train.batch_size=8",
    "train.precision=fp32",
    "train.channels_last=true",
)


def losses(only: list[str]) -> dict[str, str]:
    """Give what each row is called, and the value of the recipe's key ``loss``; bce, which the others face, first."""
    names = sorted(component.name for component in segkit.components("loss"))
    chosen = [name for name in names if not only or name in only or name == "bce"]
    rows = {name: name for name in sorted(chosen, key=lambda name: name != "bce") if name not in WITH_BCE}
    scheduled = "[{{use: bce}}, {{use: {name}, weight: [[0, 0.0], [2, {weight}]]}}]"
    joined = {name: weight for name, weight in WITH_BCE.items() if name in chosen}
    return rows | {
        f"bce + {weight:g} {name}": scheduled.format(name=name, weight=weight) for name, weight in joined.items()
    }


def reached(loss: str, data: Path, steps: int, seed: int) -> float:
    """Train once and give the test's mean IoU."""
    with TemporaryDirectory() as folder:
        overrides = [
            f"data.root={data}",
            f"loss={loss}",
            f"train.steps={steps}",
            f"seed={seed}",
            f"run.dir={Path(folder) / 'run'}",
            *RECIPE,
        ]
        return float(segkit.run("horizon_uav", overrides).metrics["iou_mean"])


def lines(arguments: argparse.Namespace) -> Iterator[str]:
    """Give the table's lines, each as soon as it is known."""
    columns = ["loss", *(f"seed {seed}" for seed in arguments.seeds), "mean IoU", "against bce"]
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"
    baseline = None
    for name, loss in losses(arguments.only).items():
        values = [reached(loss, arguments.data, arguments.steps, seed) for seed in arguments.seeds]
        baseline = mean(values) if baseline is None else baseline
        numbers = " | ".join(f"{value:.4f}" for value in values)
        yield f"| `{name}` | {numbers} | {mean(values):.4f} | {mean(values) - baseline:+.4f} |"


def write(path: Path, table: str) -> None:
    """Put the table between the markers of a file."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(MARKERS[0])
    _, end, after = rest.partition(MARKERS[1])
    if not (begin and end):
        raise SystemExit(f"{path} must hold the lines {MARKERS[0]} and {MARKERS[1]}: add them where the table belongs")
    path.write_text(f"{before}{begin}\n{table}\n{end}{after}", encoding="utf-8")


def main() -> None:
    """Read the command line, run and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path, help="folder with train/, val/ and test/")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--only", nargs="*", default=[], metavar="LOSS", help="bce and these; all by default")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table between the markers of this file")
    arguments = parser.parse_args()
    table = []
    for line in lines(arguments):
        print(line, flush=True)
        table.append(line)
    if arguments.write:
        write(arguments.write, "\n".join(table))


if __name__ == "__main__":
    main()

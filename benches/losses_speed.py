"""Time and peak memory of every loss beside the same loss of other libraries: forward and backward on a CPU.

    python benches/losses_speed.py [--only dice lovasz] [--rounds 30] [--threads 2]

Contenders of a case take turns (A B C, A B C, ...) on the same batches, so that what else the machine does hits all
alike. The ratios are ours over the fastest peer's: of the medians, of the minima, which say more on a machine that is
shared, and of the memory. By default the peers get the easier task: the target holds no ignored pixel, and they are not
asked to leave any out, as segkit always does.

Memory is what the resident set of a process of its own grows by, at its highest, in one forward and backward: the
kernel's own count (Linux: VmHWM, reset through clear_refs), so that the scratch space of a sort and the arrays of scipy
are in it. There malloc maps every block of 1 MiB or more for itself, so that what a loss frees is gone before the next.
"""

from __future__ import annotations

import argparse
import ctypes
import re
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter

import torch
from loss_peers import CASES, Case, Loss
from torch import Tensor

import segkit

IGNORE = 255
OURS = "segkit"


def cases(only: Sequence[str]) -> list[Case]:
    """Give the cases of the registered losses; a loss that no peer has is a case of its own."""
    names = [component.name for component in segkit.components("loss") if not only or component.name in only]
    known = [case for case in CASES if case.loss in names]
    alone = sorted(set(names) - {case.loss for case in known})
    return known + [Case(name, channels) for name in alone for channels in (1, 3)]


def contenders(case: Case, ignored: float) -> dict[str, Loss]:
    """Give ours and its peers, by name."""
    classes = ("background", "foreground", "other")[: max(case.channels, 2)]
    ours = segkit.build("loss", case.loss, case.options, classes=classes, class_counts=[1] * len(classes))
    peers = {name: make(IGNORE if ignored else None) for name, make in case.peers.items()}
    return {OURS: ours} | {name: loss for name, loss in peers.items() if loss is not None}


def batches(channels: int, size: int, ignored: float, count: int = 3) -> list[tuple[Tensor, Tensor]]:
    """Make batches of eight frames: slanted bands of classes, logits of a half-trained network, a strip ignored."""
    torch.manual_seed(0)
    rows, columns = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    made = []
    for _ in range(count):
        tilt, shift = torch.rand(2, 8, 1, 1) * 0.4 - 0.2
        share = rows / size + tilt * (columns / size - 0.5) + shift
        target = (share * max(channels, 2)).long().clamp(0, max(channels, 2) - 1)
        truth = torch.stack([(target == k).float() for k in range(max(channels, 2))], dim=1)
        logits = 4 * (truth[:, 1:] - 0.5 if channels == 1 else truth) + torch.randn(8, channels, size, size)
        target[:, : round(ignored * size)] = IGNORE
        made.append((logits.requires_grad_(), target))
    return made


def step(loss: Loss, logits: Tensor, target: Tensor) -> None:
    """Go forward and backward once."""
    logits.grad = None
    loss(logits, target).backward()


def times(losses: dict[str, Loss], given: Sequence[tuple[Tensor, Tensor]], rounds: int) -> dict[str, list[float]]:
    """Give the milliseconds of each contender in each round, in turns."""
    taken: dict[str, list[float]] = {name: [] for name in losses}
    for turn in range(rounds + 2):
        for name, loss in losses.items():
            start = perf_counter()
            step(loss, *given[turn % len(given)])
            taken[name].append(1000 * (perf_counter() - start))
    return {name: values[2:] for name, values in taken.items()}  # the first two warm up


def peak_memory(index: int, name: str, arguments: argparse.Namespace) -> float:
    """Give by how many MiB this process, one of its own, grows at its highest in one forward and backward."""
    mmap_threshold = -3  # M_MMAP_THRESHOLD of malloc.h
    malloc = ctypes.CDLL(None)
    malloc.mallopt(mmap_threshold, 1 << 20)
    torch.set_num_threads(arguments.threads)
    case = cases(arguments.only)[index]  # by its number, for its functions cannot be sent from process to process
    loss = contenders(case, arguments.ignored)[name]
    ((logits, target),) = batches(case.channels, arguments.size, arguments.ignored, count=1)
    step(loss, logits, target)  # loads what is loaded once
    logits.grad = None
    malloc.malloc_trim(0)
    before = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    step(loss, logits, target)
    return (_status("VmHWM") - before) / 1024


def _status(key: str) -> int:
    found = re.search(rf"{key}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    if found is None:
        raise RuntimeError(f"/proc/self/status must tell {key}: run this on Linux")
    return int(found[1])


def table(arguments: argparse.Namespace) -> None:
    """Print the table, a row as soon as it is measured."""
    print("| loss | K | contender | median ms | min ms | peak MiB | median, ours / fastest peer | min | memory |")
    print("|---|---|---|---|---|---|---|---|---|")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
        for index, case in enumerate(cases(arguments.only)):
            losses = contenders(case, arguments.ignored)
            given = batches(case.channels, arguments.size, arguments.ignored)
            taken = times(losses, given, arguments.rounds)
            memory = {name: other.submit(peak_memory, index, name, arguments).result() for name in losses}
            speed = {name: median(values) for name, values in taken.items()}
            least = {name: min(values) for name, values in taken.items()}
            for name in losses:
                ratios = [_ratio(values) if name == OURS else "" for values in (speed, least, memory)]
                numbers = [f"{speed[name]:.1f}", f"{least[name]:.1f}", f"{memory[name]:.1f}"]
                print("|", " | ".join([case.title, str(case.channels), name, *numbers, *ratios]), "|", flush=True)


def _ratio(values: dict[str, float]) -> str:
    peers = [value for name, value in values.items() if name != OURS]
    return f"**{values[OURS] / min(peers):.2f}**" if peers else ""


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", nargs="*", default=[], metavar="LOSS", help="these losses; all by default")
    parser.add_argument("--rounds", type=int, default=30, help="timed steps of each contender")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--size", type=int, default=256, help="height and width")
    parser.add_argument(
        "--ignored", type=float, default=0.0, help="share of ignored pixels; above 0, peers that can are told to ignore"
    )
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"torch {torch.__version__}, {arguments.threads} threads, batch 8, {arguments.size}x{arguments.size}\n")
    table(arguments)


if __name__ == "__main__":
    main()

"""How much faster a training step in bfloat16 on a CPU is with segkit.engine.depthwise than with torch alone.

    python benches/depthwise.py [BACKBONE ...] [--size 192] [--batch 16]

A step is a way forward and backward through all levels of a timm backbone, channels last; both ways take turns.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import time

import torch
from torch import nn

import segkit
from segkit.engine.depthwise import QuickDepthwise

BACKBONES = ("tf_efficientnet_lite0", "mobilenetv2_100", "mobilenetv3_large_100", "convnext_atto", "resnet18")
TURNS = 7


def step_seconds(backbone: nn.Module, images: torch.Tensor, how: contextlib.AbstractContextManager[object]) -> float:
    """Time one step."""
    begun = time.perf_counter()
    with torch.autocast("cpu", dtype=torch.bfloat16), how:
        maps = backbone(images)
    sum(level.float().mean() for level in maps).backward()
    return time.perf_counter() - begun


def main() -> None:
    """Print a line for each backbone: milliseconds a step either way, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("backbones", nargs="*", default=BACKBONES)
    parser.add_argument("--size", type=int, default=192)
    parser.add_argument("--batch", type=int, default=16)
    given = parser.parse_args()
    images = torch.rand(given.batch, 3, given.size, given.size).to(memory_format=torch.channels_last)
    for name in given.backbones:
        backbone = segkit.build("backbone", "timm", {"name": name}, in_channels=3).to(memory_format=torch.channels_last)
        ways = {"torch": contextlib.nullcontext(), "quick": QuickDepthwise()}
        times: dict[str, list[float]] = {way: [] for way in ways}
        for turn in range(TURNS):
            for way, how in ways.items():
                seconds = step_seconds(backbone, images, how)
                times[way] += [seconds] if turn else []
        slow, quick = (1000 * statistics.median(times[way]) for way in ways)
        print(f"{name:<24} torch {slow:6.0f} ms, quick {quick:6.0f} ms: {slow / quick:.2f} times as fast", flush=True)


if __name__ == "__main__":
    main()

"""Which frames a step sees, and its random numbers: pure functions of (seed, epoch) and (seed, step, rank)."""

from __future__ import annotations

import hashlib

import torch


def seed_for(*key: int | str) -> int:
    """Give a seed of 63 bits for a key, such as ``(seed, "step", step, rank)``; equal on every machine."""
    digest = hashlib.blake2b(repr(key).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def epoch_order(seed: int, epoch: int, frames: int) -> list[int]:
    """Give the order of the training frames in an epoch."""
    generator = torch.Generator().manual_seed(seed_for(seed, "order", epoch))
    order: list[int] = torch.randperm(frames, generator=generator).tolist()
    return order


def steps_per_epoch(frames: int, images_per_step: int, drop_last: bool) -> int:
    """Give S = ceil(N / B), or floor when the incomplete last batch is dropped."""
    return frames // images_per_step if drop_last else -(-frames // images_per_step)


def rows_of_rank(rows: list[int], rank: int, world: int) -> tuple[list[int], bool]:
    """Give one rank's share of a global batch, every world-th row, and whether its last row only fills the share up.

    Every rank gets equally many rows, since all of them must take part in every backward pass; a row that fills up is
    to be ignored by the loss.
    """
    mine = rows[rank::world]
    lacks = len(mine) < -(-len(rows) // world)
    return (mine + rows[:1] if lacks else mine), lacks

"""Files that are either whole or not there: checkpoints to resume from, weights to use."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from segkit.errors import UserError

LAST = Path("checkpoints") / "last.pt"


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path to write to, which is renamed to ``path`` when the writing is done and thrown away when it fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    work = Path(name)
    try:
        yield work
        work.chmod(0o644)
        work.replace(path)
    finally:
        work.unlink(missing_ok=True)


def save_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Write numbers, text, lists, dicts and tensors."""
    with whole_file(path) as work:
        torch.save(dict(state), work)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint as plain data and tensors; nothing in it is ever executed.

    Raises:
        UserError: When it cannot be read so.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises half a dozen types for a damaged file
        raise UserError(f"{path} cannot be read as a checkpoint: {error}", "begin the run anew") from error
    return state


def save_weights(model: nn.Module, path: Path) -> None:
    """Write safetensors: contiguous, tied tensors once, no metadata, so that equal weights give equal bytes."""
    seen: dict[Any, str] = {}
    tensors: dict[str, Tensor] = {}
    for name, tensor in model.state_dict().items():
        if tensor.numel() == 0 or seen.setdefault(_memory(tensor), name) == name:
            # A copy in any case: safetensors refuses views of one memory, such as a row beside its table.
            tensors[name] = tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
    with whole_file(path) as work:
        save_file(tensors, work)


def load_weights(model: nn.Module, path: Path) -> None:
    """Read weights into a model; a tied tensor may stand in the file once.

    Raises:
        UserError: When the file is not these weights.
    """
    try:
        tensors = load_file(path)
    except Exception as error:  # safetensors has an error of its own in Rust; a missing file is an OSError
        raise UserError(f"{path} cannot be read: {error}", "give a run folder that holds model.safetensors") from error
    own = model.state_dict()
    for name, tensor in own.items():
        if name not in tensors:
            twin = next((n for n, t in own.items() if n in tensors and _memory(t) == _memory(tensor)), None)
            if twin is not None:
                tensors[name] = tensors[twin]
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        raise UserError(f"{path} holds the weights of another model: {error}", "use the run that wrote it") from error


def _memory(tensor: Tensor) -> tuple[int, torch.Size, tuple[int, ...]]:
    """Give what only tied tensors have in common."""
    return tensor.data_ptr(), tensor.shape, tensor.stride()


def write_json(path: Path, data: Any) -> None:
    """Write JSON for people and programs: indented, keys in their order, no NaN."""
    with whole_file(path) as work:
        work.write_text(json.dumps(data, indent=2, allow_nan=False) + "\n")

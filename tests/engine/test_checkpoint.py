"""Files that are whole or not there, weights that come back, and checkpoints that execute nothing."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from segkit.engine.checkpoint import (
    LAST,
    load_checkpoint,
    load_weights,
    save_checkpoint,
    save_weights,
    whole_file,
    write_json,
)
from segkit.errors import UserError


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_a_file_is_replaced_when_its_writing_is_done(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    with whole_file(path) as work:
        work.write_text("first")
        assert not path.exists()
    with whole_file(path) as work:
        work.write_text("second")
        assert path.read_text() == "first"
    assert path.read_text() == "second"
    assert names(path.parent) == ["file.txt"]
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_the_old_file_stays_when_writing_fails(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")

    def write_half() -> None:
        with whole_file(path) as work:
            work.write_text("half")
            raise error

    with pytest.raises(error):
        write_half()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file.txt"]


def test_a_checkpoint_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "last.pt", {"step": 1})
    with pytest.raises((pickle.PicklingError, AttributeError)):
        save_checkpoint(tmp_path / "last.pt", {"step": 2, "bad": lambda: None})
    assert load_checkpoint(tmp_path / "last.pt") == {"step": 1}
    assert names(tmp_path) == ["last.pt"]


def test_json_holds_no_nan_and_keeps_the_order_of_keys(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"z": 1, "a": [0.5, None]})
    assert list(json.loads((tmp_path / "a.json").read_text()).items()) == [("z", 1), ("a", [0.5, None])]
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"z": float("nan")})
    assert json.loads((tmp_path / "a.json").read_text())["z"] == 1


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(5, 5)
        self.second = nn.Linear(5, 5)
        self.second.weight = self.first.weight


def test_tied_tensors_are_written_once_and_come_back_in_both_places(tmp_path: Path) -> None:
    model, other = Tied(), Tied()
    save_weights(model, tmp_path / "w.safetensors")
    assert set(load_file(tmp_path / "w.safetensors")) == {"first.weight", "first.bias", "second.bias"}
    load_weights(other, tmp_path / "w.safetensors")
    assert torch.equal(other.second.weight, model.first.weight)
    assert other.second.weight is other.first.weight


class Views(nn.Module):
    """Buffers that share memory and are not the same tensor."""

    def __init__(self) -> None:
        super().__init__()
        square = torch.arange(9.0).reshape(3, 3)
        self.register_buffer("square", square)
        self.register_buffer("turned", square.T)
        self.register_buffer("row", square[0])
        self.register_buffer("empty", torch.zeros(0, 3))
        self.register_buffer("nothing", torch.zeros(0, 3))


def test_views_of_one_memory_are_written_each_as_it_is(tmp_path: Path) -> None:
    model = Views()
    save_weights(model, tmp_path / "w.safetensors")
    saved = load_file(tmp_path / "w.safetensors")
    assert saved.keys() == model.state_dict().keys()
    assert all(torch.equal(saved[name], value) for name, value in model.state_dict().items())
    load_weights(Views(), tmp_path / "w.safetensors")


def test_memory_layout_and_order_of_making_change_no_byte(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.Conv2d(6, 2, 1))
    save_weights(model, tmp_path / "a")
    save_weights(model, tmp_path / "b")
    save_weights(model.to(memory_format=torch.channels_last), tmp_path / "c")
    one, two, three = ((tmp_path / name).read_bytes() for name in "abc")
    assert one == two == three
    assert b"__metadata__" not in one


def test_weights_that_are_not_contiguous_come_back_as_they_were(tmp_path: Path) -> None:
    model = nn.Linear(4, 6)
    model.weight = nn.Parameter(torch.randn(4, 6).T)
    assert not model.weight.is_contiguous()
    save_weights(model, tmp_path / "w")
    other = nn.Linear(4, 6)
    load_weights(other, tmp_path / "w")
    assert torch.equal(other.weight, model.weight)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64, torch.float16])
def test_weights_keep_their_type(tmp_path: Path, dtype: torch.dtype) -> None:
    save_weights(nn.Linear(2, 2).to(dtype), tmp_path / "w")
    assert load_file(tmp_path / "w")["weight"].dtype == dtype


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    save_weights(nn.Linear(2, 3), tmp_path / "w")
    for other in (nn.Linear(2, 2), nn.Linear(2, 3, bias=False), nn.Sequential(nn.Linear(2, 3))):
        with pytest.raises(UserError, match="holds the weights of another model"):
            load_weights(other, tmp_path / "w")


@pytest.mark.parametrize("content", [None, b"", b"no weights at all"])
def test_a_file_that_holds_no_weights_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "w").write_bytes(content)
    with pytest.raises(UserError, match="w cannot be read"):
        load_weights(nn.Linear(2, 2), tmp_path / "w")


class Bomb:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> Any:
        return Path.touch, (self.target,)


def bombs(target: Path, path: Path) -> list[Any]:
    return [
        lambda: torch.save({"step": 1, "model": Bomb(target)}, path),
        lambda: path.write_bytes(pickle.dumps(Bomb(target))),
        lambda: torch.save(Bomb(target), path, _use_new_zipfile_serialization=False),
    ]


@pytest.mark.parametrize("number", range(3))
def test_a_checkpoint_that_would_execute_something_is_refused(tmp_path: Path, number: int) -> None:
    target, path = tmp_path / "executed", tmp_path / "last.pt"
    bombs(target, path)[number]()
    with pytest.raises(UserError, match="cannot be read as a checkpoint"):
        load_checkpoint(path)
    assert not target.exists()


def test_such_a_checkpoint_in_a_run_folder_ends_the_resume(run: Any, cli: Any, tmp_path: Path) -> None:
    folder = run("run", "train.steps=1").folder
    target = tmp_path / "executed"
    torch.save({"step": 1, "model": Bomb(target)}, folder / LAST)
    outcome = cli("run", "--resume", folder)
    assert outcome.code == 2
    assert "cannot be read as a checkpoint" in outcome.err
    assert "Traceback" not in outcome.err
    assert not target.exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half a file"])
def test_a_damaged_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "last.pt").write_bytes(content)
    with pytest.raises(UserError, match="begin the run anew"):
        load_checkpoint(tmp_path / "last.pt")


def test_a_checkpoint_of_another_model_is_refused(run: Any, cli: Any) -> None:
    one, two = run("one", "train.steps=1").folder, run("two", "train.steps=1", "model.backbone.widths=[4, 6]").folder
    (one / LAST).write_bytes((two / LAST).read_bytes())
    outcome = cli("run", "--resume", one)
    assert outcome.code == 2
    assert "Traceback" not in outcome.err

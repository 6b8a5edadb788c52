"""A logger that keeps its contract, and others that break it in one way each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path


class Healthy:
    """A line of JSON an epoch."""

    def __init__(self, run_dir: Path) -> None:
        self.file = run_dir / "log.jsonl"

    def log(self, values: Mapping[str, float], step: int) -> None:
        with self.file.open("a") as file:
            file.write(json.dumps({"step": step, **values}) + "\n")

    def resume(self, step: int) -> None:
        if self.file.exists():
            lines = self.file.read_text().splitlines()
            self.file.write_text("".join(line + "\n" for line in lines if json.loads(line)["step"] <= step))


class CannotResume(Healthy):
    """Takes for granted that there is something to go on from."""

    def resume(self, step: int) -> None:
        self.file.read_text()


class NoResume:
    """Has no way to go on."""

    def __init__(self, run_dir: Path) -> None:
        self.log = Healthy(run_dir).log


class Elsewhere(Healthy):
    """Writes where the process works."""

    def __init__(self, run_dir: Path) -> None:
        super().__init__(Path())


class FiniteOnly(Healthy):
    """Refuses NaN."""

    def log(self, values: Mapping[str, float], step: int) -> None:
        json.dumps(dict(values), allow_nan=False)


class FixedNames(Healthy):
    """Knows these names alone."""

    def log(self, values: Mapping[str, float], step: int) -> None:
        super().log({name: values[name] for name in ("epoch", "train/loss", "val/loss")}, step)


class Talks(Healthy):
    """Says on standard output what it logs."""

    def log(self, values: Mapping[str, float], step: int) -> None:
        print(step, dict(values))  # noqa: T201 - that is the fault


class TakesOut(Healthy):
    """Takes the epoch out of the values that it is given."""

    def log(self, values: Mapping[str, float], step: int) -> None:
        values.pop("epoch")

"""What is told by names alone costs no torch; the lists of what is installed cost not even OmegaConf."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("torch", "torchvision", "timm", "kornia", "torchmetrics", "lightning_fabric", "matplotlib")

SCRIPT = """
import sys
from segkit.cli.main import main
code = 0
try:
    main()
except SystemExit as end:
    code = end.code
print("\\nloaded:", *[name for name in {names!r} if name in sys.modules])
sys.exit(code)
"""


def loaded(names: tuple[str, ...], *arguments: object) -> tuple[int, list[str], str]:
    """Run the command line in a fresh interpreter; give its exit code, which modules it imported, standard error."""
    command = [sys.executable, "-c", SCRIPT.format(names=names), *map(str, arguments)]
    done = subprocess.run(command, env={**os.environ}, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout.rpartition("loaded:")[2].split(), done.stderr


BAD = """
data: {use: synthetic_horizn, size: [0, 0]}
model: {backbone: plan}
loss: bse
metrics: [iuo]
train: {epocs: 3, monitor: val/x}
"""


@pytest.mark.parametrize("verb", ["check", "run"])
def test_wrong_names_are_told_without_torch(verb: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(BAD)
    code, modules, err = loaded(HEAVY, verb, path, "optimizer=adm", "run.dirr=x")
    assert (code, modules) == (2, [])
    assert err.count("did you mean") == 7
    assert "Traceback" not in err


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["list", "loss", "--json"], ["plugins"]])
def test_lists_cost_neither_torch_nor_omegaconf(arguments: list[str]) -> None:
    code, modules, err = loaded((*HEAVY, "omegaconf", "numpy"), *arguments)
    assert (code, modules, err) == (0, [], "")


def test_importing_segkit_costs_no_torch() -> None:
    script = f"import segkit, sys; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == []

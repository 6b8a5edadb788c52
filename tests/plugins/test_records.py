"""A run keeps the version of every distribution that it used; whoever goes on with it is told what changed."""

from __future__ import annotations

import json
import logging
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from segkit.catalog import Catalog, Plugin
from segkit.engine.folder import check_installed, recorded_distributions, tell_other_versions
from segkit.engine.model_file import ModelCard, distributions_of
from segkit.errors import PluginError, UserError

Python = Callable[..., subprocess.CompletedProcess[str]]

# Each distribution lends one component of ours under a name of its own.
LENT = {
    "acme-data": ("dataset", "synthetic_horizon"),
    "acme-norm": ("norm", "group"),
    "acme-loss": ("loss", "dice"),
    "acme-metric": ("metric", "iou"),
    "acme-logger": ("logger", "csv"),
    "acme-callback": ("callback", "best"),
}
SOURCE = """
import dataclasses
from segkit_horizon import plugin as horizon
from segkit_std import plugin as std

@hookimpl
def segkit_components():
    for spec in (*std.segkit_components(), *horizon.segkit_components()):
        if (spec.kind, spec.name) == ("KIND", "NAME"):
            yield dataclasses.replace(spec, name="lent")
"""
RECIPE = """
classes: [sky, sea]
data: {use: acme-data:lent, counts: [8, 4, 4], size: [32, 64]}
model: {backbone: {use: plain, widths: [4, 8]}, norm: {use: acme-norm:lent, groups: 2}}
loss: [acme-loss:lent]
metrics: [{use: acme-metric:lent}]
loggers: [acme-logger:lent]
callbacks: [acme-callback:lent]
train: {steps: 2, batch_size: 4, precision: fp32, monitor: val/loss}
"""


# Several commands in one process, each through the command line's own main.
COMMANDS = """
import contextlib, io, json, logging, sys
from segkit.cli.main import main
outcomes = []
for arguments in json.loads(sys.argv[1]):
    sys.argv, out, err, code = ["segkit", *arguments], io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
    logging.getLogger("segkit").handlers.clear()
    outcomes.append({"code": code, "out": out.getvalue(), "err": err.getvalue()})
print(json.dumps(outcomes))
"""


def commands(python: Python, site: Path, *commands: list[str]) -> list[dict[str, Any]]:
    """Run commands with the packages of a folder; give what each came to and said."""
    done = python(site, "-c", COMMANDS, json.dumps(commands))
    assert done.returncode == 0, done.stderr
    outcomes: list[dict[str, Any]] = json.loads(done.stdout)
    return outcomes


def catalog(**versions: str) -> Catalog:
    return Catalog((), tuple(Plugin(name, version, "ok", "", "", ()) for name, version in versions.items()))


def test_what_is_lacking_is_named_with_its_version_all_at_once(tmp_path: Path) -> None:
    recorded = {"segkit": "0.1.0", "Acme.Loss": "1.2", "my_losses": "file-0123abcd", "here": "1"}
    with pytest.raises(PluginError) as caught:
        check_installed(tmp_path, recorded, catalog(segkit="0.2.0", Here="2"))
    first, second = caught.value.faults
    assert first.cause == f"{tmp_path} was trained with Acme.Loss 1.2, which is not installed"
    assert first.remedy == "pip install 'Acme.Loss==1.2'"
    assert second.cause == f"{tmp_path} was trained with my_losses file-0123abcd, which is not installed"
    assert second.remedy == "name the file with --plugin my_losses.py"
    check_installed(tmp_path, {"Acme.Loss": "1.2"}, catalog(acme_loss="7"))


def test_each_other_version_is_a_line_of_warning(caplog: pytest.LogCaptureFixture) -> None:
    recorded = {"segkit": "0.1.0", "Acme.Loss": "1.2", "same": "3", "unused_now": "1"}
    with caplog.at_level(logging.WARNING, "segkit"):
        tell_other_versions(recorded, {"segkit": "0.2.0", "acme-loss": "1.10", "same": "3"})
    assert [record.getMessage() for record in caplog.records] == [
        "trained with segkit 0.1.0, but 0.2.0 is installed: results may differ",
        "trained with Acme.Loss 1.2, but 1.10 is installed: results may differ",
    ]


def test_a_run_that_was_stopped_before_it_wrote_them_has_none(tmp_path: Path) -> None:
    assert recorded_distributions(tmp_path) == {}


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"distributions": 3}', "\xff"])
def test_a_record_that_cannot_be_read_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "environment.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match=r"environment\.json cannot be read"):
        recorded_distributions(tmp_path)


def test_a_network_needs_only_the_distributions_that_it_names() -> None:
    model = {
        "use": "encoder_decoder",
        "backbone": {"use": "Acme.Nets:tiny", "widths": [4, 8]},
        "heads": [{"use": "zeta:head", "activation": {"use": "deep:act"}}],
    }
    used = {"segkit": "1", "acme-nets": "2", "zeta": "3", "deep": "4", "a-logger": "5"}
    card = ModelCard(("sky", "sea"), "", (32, 64), 3, (0.0,), (1.0,), "fp32", False, model, used)
    assert distributions_of(card) == {"segkit": "1", "acme-nets": "2", "zeta": "3", "deep": "4"}


@pytest.mark.slow
def test_what_a_run_used_is_kept_and_compared(
    tmp_path: Path, install: Callable[..., Path], python: Python, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEGKIT_CACHE", str(tmp_path / "cache"))
    for name, (kind, lent) in LENT.items():
        source = SOURCE.replace("KIND", kind).replace("NAME", lent)
        install(name, source, site="then")
        for site, version in (("now", "2.0"), ("less", "1.0")):
            if site == "now" or name not in ("acme-logger", "acme-loss"):
                install(name, source, site=site, version=version)
    recipe, folder = tmp_path / "recipe.yaml", tmp_path / "run"
    recipe.write_text(RECIPE)

    [trained] = commands(python, tmp_path / "then", ["run", str(recipe), f"run.dir={folder}"])
    assert trained["code"] == 0, trained["err"]
    used = json.loads((folder / "environment.json").read_text())["distributions"]
    assert {name: used.get(name) for name in LENT} == dict.fromkeys(LENT, "1.0")
    assert used.keys() == {*LENT, "segkit"}
    assert json.loads((folder / "model.json").read_text())["distributions"] == used

    Image.new("RGB", (64, 32)).save(tmp_path / "image.png")
    evaluate, resume = ["evaluate", str(folder), "--json"], ["run", "--resume", str(folder)]
    predict = ["predict", str(folder), str(tmp_path / "image.png"), "-o", str(tmp_path / "out")]
    evaluated, resumed, predicted = commands(python, tmp_path / "now", evaluate, resume, predict)
    assert [done["code"] for done in (evaluated, resumed, predicted)] == [0, 0, 0]
    assert json.loads(evaluated["out"])["images"] == 4
    for name in LENT:
        assert evaluated["err"].count(f"trained with {name} 1.0, but 2.0 is installed: results may differ\n") == 1
    assert "trained with acme-loss 1.0, but 2.0 is installed" in (folder / "log.txt").read_text()
    said = [line for line in predicted["err"].splitlines() if line.startswith("trained with")]
    assert said == ["trained with acme-norm 1.0, but 2.0 is installed: results may differ"]

    lacking, without_the_loss = commands(python, tmp_path / "less", evaluate, predict)
    assert lacking["code"] == 2
    assert f"{folder} was trained with acme-loss 1.0, which is not installed" in lacking["err"]
    assert "pip install 'acme-logger==1.0'" in lacking["err"]
    assert (without_the_loss["code"], without_the_loss["err"].count("trained with")) == (0, 0)

    [without_the_norm] = commands(python, tmp_path / "nothing", predict)
    assert without_the_norm["code"] == 2
    assert f"{folder} was trained with acme-norm 1.0, which is not installed" in without_the_norm["err"]

"""The key ``postprocess`` of a recipe: one component, or none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segkit.assembly import Assembly
from segkit.recipe import Recipe, dump

PutTogether = Callable[..., Assembly]
Write = Callable[..., Path]

HORIZON = "postprocess: {use: horizon, estimator: least_squares, camera_height_m: 3}\n"
DEFAULTS: dict[str, Any] = {
    "use": "horizon",
    "estimator": "robust",
    "smooth": False,
    "focal_px": None,
    "center": None,
    "distortion": None,
    "camera_height_m": None,
    "below": None,
}


def described(assembly: Assembly) -> Any:
    return assembly.describe()["postprocess"]


@pytest.mark.parametrize("text", ["", "postprocess: null\n", "postprocess:\n", "postprocess: ~\n"])
def test_a_recipe_may_have_none(text: str, base: str, put_together: PutTogether) -> None:
    assembly = put_together(base + text)
    assert assembly.postprocess is None
    assert described(assembly) is None
    assert "postprocess" not in {part.component.kind for part in assembly.parts()}


def test_a_name_is_short_for_a_component_without_options(base: str, read: Callable[..., Recipe]) -> None:
    long = read(f"{base}postprocess: {{use: horizon}}\n")
    assert read(f"{base}postprocess: horizon\n") == long
    assert long.postprocess is not None
    assert (long.postprocess.kind, long.postprocess.use, long.postprocess.options) == ("postprocess", "horizon", {})


def test_every_option_is_written_out(base: str, put_together: PutTogether) -> None:
    assert described(put_together(f"{base}postprocess: horizon\n")) == DEFAULTS
    written = put_together(base + HORIZON)
    assert described(written) == DEFAULTS | {"estimator": "least_squares", "camera_height_m": 3.0}
    assert [part.component.kind for part in written.parts()].count("postprocess") == 1


@pytest.mark.parametrize("text", ["", "postprocess: horizon\n", HORIZON])
def test_a_resolved_recipe_resolves_to_itself(text: str, base: str, put_together: PutTogether) -> None:
    first = put_together(base + text)
    again = put_together(dump(first.describe()), name="runs/1/recipe.yaml")
    assert again.describe() == first.describe()


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("postprocess=null", None),
        ("postprocess=", None),
        ("postprocess=horizon", DEFAULTS | {"estimator": "least_squares", "camera_height_m": 3.0}),  # the same: merged
        ("postprocess.estimator=robust", DEFAULTS | {"camera_height_m": 3.0}),
        (
            "postprocess={use: horizon, smooth: true}",
            DEFAULTS | {"estimator": "least_squares", "camera_height_m": 3.0, "smooth": True},
        ),
    ],
)
def test_an_override_merges_it_replaces_it_or_takes_it_away(
    override: str, expected: Any, base: str, put_together: PutTogether
) -> None:
    assert described(put_together(base + HORIZON, override)) == expected


def test_an_extending_recipe_may_add_it_and_take_it_away(base: str, put_together: PutTogether, write: Write) -> None:
    write(base, "plain.yaml")
    write(f"extends: plain.yaml\n{HORIZON}", "with.yaml")
    write("extends: with.yaml\npostprocess: null\n", "without.yaml")
    added = described(put_together("extends: with.yaml\n"))
    assert (added["use"], added["camera_height_m"]) == ("horizon", 3.0)
    assert described(put_together("extends: without.yaml\n")) is None
    merged = described(put_together("extends: with.yaml\npostprocess: {estimator: robust}\n"))
    assert (merged["estimator"], merged["camera_height_m"]) == ("robust", 3.0)


@pytest.mark.parametrize(
    ("text", "cause", "remedy"),
    [
        ("postproces: horizon", "postproces: unknown key", "did you mean 'postprocess'?"),
        ("postprocess: horzon", "postprocess.use: unknown postprocess 'horzon'", "did you mean 'horizon'?"),
        ("postprocess: {smooth: true}", "postprocess: the postprocess's name is missing", "write use: horizon"),
        ("postprocess: {}", "postprocess: the postprocess's name is missing", "write use: horizon"),
        (
            "postprocess: [horizon]",
            "postprocess: expected the postprocess's name or {use: name, ...}",
            "write its name",
        ),
        ("postprocess: 3", "expected the postprocess's name or {use: name, ...}, not 3", "write its name"),
        (
            "postprocess: {use: horizon, estimater: robust}",
            "postprocess.estimater: postprocess 'horizon' has no such option",
            "did you mean 'estimator'?",
        ),
        ("postprocess: {use: horizon, task: sea}", "postprocess.task: postprocess 'horizon' has no such", "known: "),
        (
            "postprocess: {use: horizon, estimator: best}",
            "postprocess.estimator: expected robust or least_squares, not 'best'",
            "write a value of that type",
        ),
        ("postprocess: {use: horizon, smooth: 1}", "postprocess.smooth: expected bool, not 1", "write a value of that"),
        ("postprocess: {use: horizon, focal_px: -1}", "focal_px must be above 0, not -1.0", "mend its options"),
        ("postprocess: {use: horizon, below: [ground]}", "postprocess 'horizon' of segkit", "mend its options"),
        (
            "augment: [{use: hflip, p: 2.0}]\npostprocess: {use: horizon, focal_px: -1}",
            "postprocess 'horizon' of segkit",
            "mend its options",
        ),
    ],
)
def test_a_fault_is_told_with_its_line_before_a_frame_is_read(
    text: str, cause: str, remedy: str, base: str, cli: Callable[..., Any], write: Write
) -> None:
    path = write(base + text)
    shown = cli("check", path)
    assert shown.code == 2, shown.err
    told, help_ = shown.faults[-1]
    assert told.startswith(f"{path}:{(base + text).count(chr(10)) + 1}: ")
    assert cause in told
    assert remedy in help_
    assert len(shown.faults) == text.count("\n") + 1


def test_checking_a_recipe_that_names_it_makes_it(base: str, cli: Callable[..., Any], write: Write) -> None:
    assert cli("check", write(base + HORIZON)).code == 0

"""``pytest --segkit-dist NAME``: what is collected, what is refused, and what it costs to have it installed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from segkit.testing.pytest_plugin import CONTRACTS

RunPytest = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.slow

LIST = ("--collect-only", "-q")
VARIANTS = """
def pytest_segkit_options(component):
    if component.kind == "activation":
        yield {"gain": 2.0}
        yield {"gain": 0.5}
"""


@pytest.fixture(scope="module", autouse=True)
def _two_distributions(distribute: Callable[..., None], sample: Callable[..., dict[str, object]]) -> None:
    distribute("Few-Samples", [sample("activation", "Healthy"), sample("optimizer", "Healthy")])
    distribute("sunk-samples", [sample("no_such_kind", "Healthy")])


def contracts(done: subprocess.CompletedProcess[str]) -> set[str]:
    """The kinds whose contract was collected."""
    assert done.returncode == 0, done.stdout + done.stderr
    return {line.partition(".py::")[0].removeprefix("test_") for line in done.stdout.splitlines() if ".py::" in line}


def test_the_contracts_of_the_kinds_that_are_there_are_collected_and_no_others(run_pytest: RunPytest) -> None:
    done = run_pytest("--segkit-dist", "few_samples", *LIST)  # names are compared as pip compares them
    assert contracts(done) == {"activation", "component", "optimizer"}
    assert "[healthy]" in done.stdout


def test_two_distributions_can_be_tested_at_once(run_pytest: RunPytest) -> None:
    done = run_pytest("--segkit-dist", "few-samples", "--segkit-dist", "segkit", *LIST)
    assert {"activation", "loss", "optimizer"} < contracts(done)
    assert "[healthy]" in done.stdout
    assert "[relu]" in done.stdout


@pytest.mark.parametrize("arguments", [(), (str(CONTRACTS),)], ids=["nothing asked for", "contracts asked for"])
def test_without_a_distribution_no_contract_is_collected(run_pytest: RunPytest, arguments: tuple[str, ...]) -> None:
    done = run_pytest(*arguments, *LIST)
    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED
    assert ".py::" not in done.stdout


def test_a_contract_can_be_asked_for_alone(run_pytest: RunPytest) -> None:
    test = f"{CONTRACTS / 'test_optimizer.py'}::test_it_moves_every_parameter"
    done = run_pytest("--segkit-dist", "few-samples", test, *LIST)
    assert [line for line in done.stdout.splitlines() if ".py::" in line] == [
        "test_optimizer.py::test_it_moves_every_parameter[healthy]"
    ]


def test_the_authors_own_tests_run_beside_the_contracts(run_pytest: RunPytest) -> None:
    conftest = "import pathlib\npathlib.Path('test_own.py').write_text('def test_mine(): pass')\n"
    done = run_pytest("--segkit-dist", "few-samples", *LIST, conftest=conftest)
    assert "test_own.py::test_mine" in done.stdout
    assert "activation" in contracts(done)


def test_a_conftest_adds_options_to_be_tried(run_pytest: RunPytest) -> None:
    test = f"{CONTRACTS / 'test_activation.py'}::test_no_pixel_looks_at_another"
    done = run_pytest("--segkit-dist", "few-samples", ".", test, "-v", conftest=VARIANTS)
    assert done.returncode == 0, done.stdout + done.stderr
    for subject in ("healthy", "healthy[gain=2.0]", "healthy[gain=0.5]"):
        assert f"test_no_pixel_looks_at_another[{subject}] PASSED" in done.stdout
    assert "3 passed" in done.stdout


def test_options_that_do_not_exist_fail_with_the_components_name(run_pytest: RunPytest) -> None:
    test = f"{CONTRACTS / 'test_activation.py'}::test_no_pixel_looks_at_another"
    done = run_pytest("--segkit-dist", "few-samples", ".", test, conftest=VARIANTS.replace('"gain"', '"gian"'))
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "activation 'Few-Samples:healthy' has no such option" in done.stdout
    assert "did you mean 'gain'" in done.stdout


def test_an_unknown_distribution_is_a_usage_error_that_names_what_there_is(run_pytest: RunPytest) -> None:
    done = run_pytest("--segkit-dist", "nonsense")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "no plugin's distribution is called 'nonsense'" in done.stderr
    assert "segkit" in done.stderr.partition("'nonsense'")[2]
    assert "Few-Samples" in done.stderr
    assert "did you mean 'Few-Samples'" in run_pytest("--segkit-dist", "few-sample").stderr


def test_a_broken_distribution_is_a_usage_error_with_its_cause(run_pytest: RunPytest) -> None:
    done = run_pytest("--segkit-dist", "sunk-samples")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "sunk-samples is broken: " in done.stderr
    assert "unknown kind 'no_such_kind'" in done.stderr


def test_pytest_costs_no_torch_more_for_having_it_installed() -> None:
    heavy = "{'torch', 'numpy', 'omegaconf'}"
    code = f"import sys, segkit.testing.pytest_plugin; sys.exit(' '.join({heavy} & {{*sys.modules}}) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")

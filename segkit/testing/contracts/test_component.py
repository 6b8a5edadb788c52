"""What a component of any kind promises: it is found, imports, and says what it is and what can be set."""

from __future__ import annotations

import inspect
from importlib.metadata import packages_distributions

from segkit.assemble import load
from segkit.kinds import KINDS
from segkit.options import REQUIRED, signature_of
from segkit.testing.subject import Subject


def test_its_bare_name_finds_it(subject: Subject) -> None:
    assert subject.component.state == "ok", subject.component.cause


def test_its_summary_is_a_sentence(subject: Subject) -> None:
    assert subject.component.spec.summary.endswith(".")


def test_it_imports_and_has_a_docstring(subject: Subject) -> None:
    assert inspect.getdoc(load(subject.component))


def test_it_says_what_each_option_does(subject: Subject) -> None:
    spec = subject.component.spec
    package = spec.path.partition(":")[0].partition(".")[0]
    owners = packages_distributions().get(package, [subject.component.distribution])
    if subject.component.distribution not in owners:
        return  # another library's callable, with that library's documentation
    options = signature_of(load(subject.component), spec).options.values()
    assert [option.name for option in options if not option.doc] == []


def test_it_needs_no_option_but_a_place_for_data(subject: Subject) -> None:
    options = signature_of(load(subject.component), subject.component.spec).options.values()
    assert [option.name for option in options if option.default is REQUIRED] in ([], ["root"])


def test_it_passes_on_only_what_its_kind_is_given(subject: Subject) -> None:
    assert set(subject.component.spec.passes) <= set(KINDS[subject.component.kind].engine_values)

"""The documents name what there is, and lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from segkit.catalog import OWN, VERBS
from segkit.discovery import catalog
from segkit.recipe import shipped

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_inside_the_project_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_page_of_losses_names_all_of_them() -> None:
    named = set(re.findall(r"`(\w+)`", (ROOT / "docs" / "losses.md").read_text().partition("## On real frames")[0]))
    assert {c.name for c in catalog().components if c.kind == "loss" and c.distribution == OWN} <= named


def test_the_readme_names_every_verb_and_every_recipe() -> None:
    text = (ROOT / "README.md").read_text()
    verbs = re.search(r"## The verbs\n\n`([^`]+)`", text)
    assert verbs is not None
    assert set(verbs[1].split(", ")) == set(VERBS)
    assert {name for name in shipped() if f"`{name}`" not in text} == set()

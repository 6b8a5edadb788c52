"""Where a public data set is to be had: what a data set's callable may carry as ``source``. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Archive:
    """A file that anyone may download.

    Attributes:
        url: Its address.
        sha256: Its checksum, as somebody published it who had the file; 64 hexadecimal digits.
    """

    url: str
    sha256: str


@dataclass(frozen=True)
class Source:
    """How to obtain a data set.

    Attributes:
        title: Its full name.
        licence: What it may be used for.
        page: The address of its page.
        paper: Who published it: authors, year, arXiv or DOI.
        steps: What to do by hand, up to the folder that ``root`` names.
        archives: The files that hold all of it, of which the checksums are known; none where steps are needed.
    """

    title: str
    licence: str
    page: str
    paper: str
    steps: str
    archives: tuple[Archive, ...] = ()

    def __str__(self) -> str:
        rows = (("licence", self.licence), ("page", self.page), ("paper", self.paper), ("steps", self.steps))
        return "\n".join([self.title, *(f"  {name + ':':<9}{text}" for name, text in rows)])

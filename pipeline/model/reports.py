"""The pages of the reports as values: what is shown in words, where it leads, and what it was made from.

    rows of the catalogue ─rules/report_*─▶ Page(path, made_from, build) ─world/report_pages─▶ _Reports/….html

A template only lays out: every number it shows is a word already, every link a `Link`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pipeline.model.library import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Words, and what they were made from."""

    text: str
    path: str = ""
    """A page, file or folder, relative to the library; empty: words only."""
    title: str = ""
    """What a pointer that rests on it is told."""
    anchor: str = ""
    """An element of that page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that lies in the library."""

    path: str
    says: str
    """What it shows, for who cannot see it."""
    leads_to: str = ""
    """What a click opens, relative to the library; empty: the picture itself."""


class Shown(Protocol):
    """What every page's value has, whatever else its template asks for."""

    @property
    def title(self) -> str:
        """In the tab, and at the top."""

    @property
    def as_of(self) -> str:
        """The night up to which the page tells, in words; empty where it speaks of one night."""

    @property
    def crumbs(self) -> tuple[Link, ...]:
        """The pages above this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page, before it is rendered."""

    path: str
    """Relative to the library: made by `record_places.report_page`."""
    template: str
    """`report/rig.html.j2`; it sees the value as `page`."""
    made_from: object
    """Everything `build` looks at, as plain data: while it is equal, the page is not rendered again."""
    build: Callable[[], Shown]
    """Makes the page's value; not called while the page is as it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What pages look at besides the rows of the catalogue. A page names in `made_from` what it took from here."""

    configuration: Configuration
    pictures: Mapping[str, str] = field(default_factory=dict)
    """Name of a set to its picture in `_Reports/pictures`, relative to the library."""

"""What a library that existed before us turned out to be, before anything of it is registered.

folders ─▶ Found ─headers and paths─▶ Candidate (what it is, where it stands) or Unclear (why not) ─▶ Reading
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from pipeline.model.frames import Frame, Problem
from pipeline.model.survey import Found
from pipeline.model.verdicts import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A frame that was understood."""

    found: Found
    """As its folder lists it; `original` is relative to what the reading is relative to."""
    frame: Frame
    owner: str
    """The rig or camera it is filed under."""
    night: date
    address: str
    """Where it would lie in the store."""
    state: State
    """What its folders say of it."""

    @property
    def path(self) -> str:
        """Where it lies."""
        return self.found.original


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """A file that looks like a frame and was not understood."""

    path: str
    why: str
    """Half a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A packed file: listed, never unpacked."""

    path: str
    frames: int | None = None
    """How many frames it names inside; None: its list could not be read."""


@dataclass(slots=True, kw_only=True)
class Reading:
    """All that lies below a folder."""

    candidates: list[Candidate] = field(default_factory=list)
    copies: list[tuple[Candidate, str]] = field(default_factory=list)
    """Further files of an exposure that counts once, each with the path that counts."""
    unclear: list[Unclear] = field(default_factory=list)
    archives: list[Archive] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)
    """What is none of ours to register, by what it is: `masters`, `processed pictures`, `other files`."""
    problems: list[Problem] = field(default_factory=list)
    """Folders that could not be read, links that were not followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LikeNames:
    """Spellings that may mean one thing: said, never joined."""

    what: str
    """`target`, `filter`, `rig`."""
    names: Sequence[str]
    frames: Sequence[int]
    """How many frames bear each."""

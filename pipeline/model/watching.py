"""What was seen when the person's folders were looked into, and what is to be written down because of it.

    world/watching ─Observation─▶ rules/absorbing ─Absorption─▶ stages/blinked writes decisions, then the ledger

An observation holds no opinion: a link is there, elsewhere, or nowhere; a marker lies in a folder; a verdict file
holds these bytes. What that means is for the rules to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from pipeline.model.frames import Problem
from pipeline.model.records import About, LedgerEntry, LinkFact


class Sight(StrEnum):
    """What was seen of one delivered link."""

    THERE = "there"
    """Where the ledger has it: in its own place, or where it was last seen to have moved to."""
    BACK = "back"
    """In its own place, though the ledger has it as absent or moved on."""
    FOUND = "found"
    """Somewhere else in the library."""
    ABSENT = "absent"
    """Nowhere in the library."""
    REPLACED = "replaced"
    """Another file lies under its name, and it is nowhere else."""
    UNSURE = "unsure"
    """Not in its place, and a folder in which it may lie could not be listed."""


SEEN = frozenset({Sight.THERE, Sight.BACK, Sight.FOUND})
"""The sights of a link that is somewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One delivered link, looked for."""

    link: LinkFact
    sight: Sight
    at: str = ""
    """Where it is, relative to the library."""
    home: bool = True
    """True: the folder it was delivered to is still there."""
    quiet: bool = True
    """Of an absence: nothing has changed around it for the settle time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A file by which a person says: I have looked."""

    path: str
    mtime_ns: int
    put_ns: int
    """When it was put there at the earliest: copied files keep the time of what they were copied from."""
    text: str = ""
    """What is written in it, on one line; kept as the reason."""
    who: str = ""
    """Whose file it is, where the system says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenVerdict:
    """A verdict file that lies somewhere it is looked for."""

    path: str
    """Relative to the library; absolute where it lies among the downloads."""
    size: int
    mtime_ns: int
    data: bytes
    sha256: str
    folder: str | None = None
    """The folder of a set it lies in; None where verdicts of any set may lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """The folders of one rig's or camera's open nights, at one moment."""

    owner: str
    looks: tuple[Look, ...] = ()
    markers: tuple[Marker, ...] = ()
    folders: frozenset[str] = frozenset()
    """The folders in which markers were looked for, and which are there."""
    verdicts: tuple[SeenVerdict, ...] = ()
    away: Mapping[str, int] = field(default_factory=dict)
    """Folders that are gone or empty as a whole, to how many delivered frames lay there."""
    unread: tuple[str, ...] = ()
    """Sentences about folders that could not be listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """A decision to be written down; it gets its name and its moment when it is."""

    kind: str
    about: About
    subject: str
    owner: str
    night: date
    values: Mapping[str, object] = field(default_factory=dict)
    why: str = ""
    who: str = ""
    undoes: str | None = None
    """The decision it takes back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """Frames that vanished together: the person is asked, and nothing is judged."""

    set_id: str
    folder: str
    """From where."""
    stored: tuple[str, ...]
    of: int
    """How many of the set were seen before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absorption:
    """What an observation comes to."""

    when: datetime | None = None
    """The moment its words and its ledger lines bear: the same one, so that none is later than what it tells of."""
    sayings: tuple[Saying, ...] = ()
    entries: Mapping[date, tuple[LedgerEntry, ...]] = field(default_factory=dict)
    """By the night whose journal they belong to."""
    gone: tuple[Gone, ...] = ()
    problems: tuple[Problem, ...] = ()
    """Sentences for `doit status`: what was not understood, refused, or waits."""

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to write down."""
        return not self.sayings and not any(self.entries.values())
